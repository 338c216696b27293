"""`serve()`: a fake gateway on a socket, in a thread of this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from starlette.types import ASGIApp

from omixa_mock.configuration import read_host, read_token
from omixa_mock.gateway import Gateway, KeyPolicy
from omixa_mock.gateway.calls import JOURNAL_BYTES
from omixa_mock.gateway_setup import set_up_gateway
from omixa_mock.mock import OmixaMockServer
from omixa_mock.profile import ProfilePath, settings_of
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address, listen, new_event_loop

__all__ = ["run_in_thread", "serve"]


@contextmanager
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    keys: KeyPolicy = "any",
    settings: Mapping[str, Any] | None = None,
    profile: ProfilePath | None = None,
    faults: Sequence[Any] = (),
    journal_bytes: int | str = JOURNAL_BYTES,
    control_token: str | None = None,
    allow_hosts: Sequence[str] = (),
    cors_origins: Sequence[str] = (),
    inspector: bool = True,
) -> Iterator[OmixaMockServer]:
    """Run a fake gateway on a socket, in a thread, during the block.

        with omixa_mock.serve() as mock:
            httpx.get(f"{mock.base_url}/models", headers={"Authorization": f"Bearer {mock.api_key}"})

    The server listens when the block begins, and has stopped when it ends: open connections are
    aborted, even those that hang.

    Args:
        host: Address to listen on.
        port: 0 for a free one.
        keys: The keys that open a workspace: `any`, only `issued` ones, or a list of keys.
        settings: Changes to `Settings`, by name.
        profile: TOML file whose `[settings]` apply below `settings`, for instance of `omixa-mock verify --profile`.
        faults: Faults planned in every workspace: plans, or text such as `no_route=0.1`.
        journal_bytes: How many bytes of large bodies the journals keep together, for instance `"16MB"`.
        control_token: The token for the control routes; required if `host` is not loopback.
        allow_hosts: Host names that control calls may use besides loopback ones.
        cors_origins: Origins of web pages that may call the API.
        inspector: True for the inspector, the page at `/__omixa/`, while there are control routes.

    Raises:
        SettingError: A setting, profile or journal_bytes is unknown or not accepted; host or control_token are empty.
        OSError: The address cannot be bound.
        RuntimeError: The server's thread died while the block ran.
    """
    gateway, client, api_key = set_up_gateway(
        shipped_contract(), keys, settings_of(profile, settings), faults, journal_bytes
    )
    control = ControlPolicy(read_host(host), read_token(control_token), allow_hosts, inspector)
    with run_in_thread(build_app(gateway, control, cors_origins), gateway, Address(host, port)) as url:
        yield OmixaMockServer(url, api_key, client, gateway)


@contextmanager
def run_in_thread(app: ASGIApp, gateway: Gateway, address: Address) -> Iterator[str]:
    """Run an application in a thread during the block, and yield its URL."""
    thread = ServerThread(app, gateway, address)
    url = thread.launch()
    try:
        yield url
    finally:
        thread.halt()


class ServerThread:
    """Thread that a server runs in; an exception that ends it early is raised by `halt`."""

    def __init__(self, app: ASGIApp, gateway: Gateway, address: Address) -> None:
        self._thread = threading.Thread(target=self._run, name=f"omixa-mock {address.host}", daemon=True)
        self._app = app
        self._terms = gateway.workspaces.terms
        self._address = address
        self._url: Future[str] = Future()
        self._loop = new_event_loop()
        self._stop = asyncio.Event()
        self._death: BaseException | None = None

    def launch(self) -> str:
        """Start, and return the URL once the server listens; raise the exception that prevented it."""
        self._thread.start()
        try:
            return self._url.result()
        except BaseException:
            self.halt()
            raise

    def halt(self) -> None:
        """Stop, and wait for the end; raise if the thread had died before."""
        if not self._loop.is_closed():
            # The loop may close between check and call: then the thread is ending by itself.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._death is not None:
            msg = f"the server at {self._url.result()} died while it was in use"
            raise RuntimeError(msg) from self._death

    def _run(self) -> None:
        """Serve until `halt` is called."""
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(listen(self._app, self._terms, self._address, stop=self._stop, ready=self._url.set_result))
        except BaseException as error:  # noqa: BLE001  # the other thread raises it
            if self._url.done():
                self._death = error
            else:
                self._url.set_exception(error)
