"""State of one pytest run: the gateways of its tests, the tripwire, the checks at their end.

Imported at the first use of a fixture; every heavy import is behind it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2s
from itertools import count
from typing import Any

import pytest

from omixa_mock.gateway import (
    ISSUED_PREFIX,
    Call,
    Flow,
    Gateway,
    KeyPolicy,
    Request,
    SettingError,
    Settings,
    with_changes,
)
from omixa_mock.gateway.http import label_key
from omixa_mock.interception import BASE_URL
from omixa_mock.interceptors import TRIPWIRE, current_test
from omixa_mock.mock import (
    LocalClient,
    NotAFake,
    OmixaMock,
    OmixaMockServer,
    RemoteClient,
    WorkspaceClient,
    bypass_proxies,
)
from omixa_mock.server import run_in_thread
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address

from .checks import Checks
from .current_clock import CurrentClock
from .late_calls import LateCalls
from .leaked_threads import LeakedThreads, threads_alive
from .markers import MarkerOptions, read_markers
from .mocks import ADVISORIES, keep_mock, set_environment
from .options import ITEM, option
from .startup import (
    configure,
    explain_blocked_sockets,
    read_seed,
    read_settings,
    start_interception_or_fail,
    touch,
)

__all__ = ["PluginSession"]

SESSION_FIXTURE = "omixa_mock_session"
DEFAULTS = Settings()


class PluginSession:
    """State that the tests of a run share.

    Attributes:
        gateway: The session's gateway, with the server's workspaces and the tombstones of all tests.
        shared: URL of a fake that other runs use too; empty if the run has its own.
        tripwire: The tripwire, armed during the run.
        checks: The checks at the end of tests.
        current_clock: The clock of the running test.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        # Two runs may share one fake: their keys and names must differ.
        self._run = os.urandom(3).hex()
        self._issued = count(1)
        self._stack = ExitStack()
        self.current_clock = CurrentClock()
        self._url = ""
        # The newest client of each fake that answers at the shared URL.
        self._remotes: dict[str, RemoteClient] = {}
        self._changes = read_settings(config)
        self._settings = with_changes(DEFAULTS, self._changes)
        # People have a base URL at hand.
        self.shared = option(config, "url").rstrip("/").removesuffix("/api/v1")
        self.gateway = self._build_gateway(self._settings, "issued")
        # One for all tests in process: a key that an app has cached is still valid in the next test.
        self._in_process = f"{ISSUED_PREFIX}{self._worker}_{blake2s(self._run.encode(), digest_size=8).hexdigest()}"
        # The fixtures that keys belong to, by the label of the key.
        self._names: dict[str, str] = {}
        self._threads = LeakedThreads()
        self._late = LateCalls(self.gateway, self._threads)
        # Active to the end of the run: a late call is refused under its test's name.
        self._stack.push(start_interception_or_fail(self._late.answer))
        self.tripwire = TRIPWIRE
        self.checks = Checks(config, self.tripwire)
        self._arm()

    def _arm(self) -> None:
        self.tripwire.current = self._current
        self._stack.callback(setattr, self.tripwire, "current", current_test)
        self.tripwire.arm()
        self._stack.callback(self.tripwire.disarm)

    def _current(self) -> str:
        item = self._config.stash.get(ITEM, None)
        return self._threads.test_of_this_thread() or (current_test() if item is None else item.nodeid)

    def _build_gateway(self, settings: Settings, keys: KeyPolicy) -> Gateway:
        start, end = self.current_clock.start, self.current_clock.end
        return Gateway(shipped_contract(), settings, keys=keys, now=time.time, on_start=start, on_call=end)

    def close(self) -> None:
        """Stop the server, and restore every library."""
        self._stack.close()

    # Mocks of tests

    @contextmanager
    def intercept(self, node: pytest.Item, patch: pytest.MonkeyPatch) -> Iterator[OmixaMock]:
        """Yield a mock in this process, for one test."""
        options, key = read_markers(node), self._in_process
        settings = with_changes(DEFAULTS, self._changes_for(options))
        gateway = self._build_gateway(settings, "shared")

        def answer(request: Request) -> Flow:
            # Every key belongs to this test, except the key of a server's test that is over.
            return self._late.answer(request, own=key) or gateway.handle(request)

        self._threads.forget_finished()
        before = threads_alive()
        gateway.workspaces.open(key)
        client, initial = LocalClient(gateway, key), {"settings": options.settings, **options.workspace}
        configure(node, client, initial)
        mock = OmixaMock(BASE_URL, key, client, gateway, initial)
        with start_interception_or_fail(
            answer,
            everywhere=True,
            advise=node.stash.setdefault(ADVISORIES, []).append,
            time_scale=lambda: client.settings.time_scale,
        ):
            set_environment(patch, mock, openai=options.openai)
            keep_mock(node, mock)
            yield mock
            self._threads.add(node.nodeid, before)
        self.gateway.workspaces.add_tombstone(key, node.nodeid)

    @contextmanager
    def serve(self, node: Any, patch: pytest.MonkeyPatch | None = None) -> Iterator[OmixaMockServer]:
        """Yield a mock at the session's server; without `patch` it sets no variables."""
        options, key = read_markers(node), self._issue(node)
        with explain_blocked_sockets():
            url = self.shared or self._start()
            touch(url)
            client = self._open_client(url, key)
        settings = self._workspace_changes(options)
        initial = {"settings": {**settings, **options.settings}, **options.workspace}
        configure(node, client, initial)
        mock = OmixaMockServer(url, key, client, None if self.shared else self.gateway, initial)
        if patch is not None:
            set_environment(patch, mock, openai=options.openai, more=bypass_proxies(url))
        keep_mock(node, mock)
        try:
            yield mock
        finally:
            self._close(client, key, node.nodeid or SESSION_FIXTURE)

    @contextmanager
    def serve_session(self, session: pytest.Session) -> Iterator[OmixaMockServer]:
        """Yield a mock at the session's server for the whole session, which sets no variables."""
        with self.serve(session) as mock:
            self._names[label_key(mock.api_key)] = SESSION_FIXTURE
            yield mock
            self.checks.check_session_calls(mock, SESSION_FIXTURE)

    def _changes_for(self, options: MarkerOptions) -> Mapping[str, Any]:
        """Return the changes to `Settings` that a test's gateway begins with; a marker's profile replaces the run's."""
        return self._changes if options.profile is None else {**read_seed(self._config), **options.profile}

    def _workspace_changes(self, options: MarkerOptions) -> Mapping[str, Any]:
        """Return the same changes for a workspace of a server that has settings of its own."""
        seed, changes = {"seed": self._settings.seed}, self._changes_for(options)
        if self.shared or options.profile is None:
            return {**seed, **(changes if self.shared else {})}
        undone = {name: getattr(DEFAULTS, name) for name in self._changes}
        return {**undone, **changes}

    def _close(self, client: WorkspaceClient, key: str, name: str) -> None:
        """Close the workspace of a key: later calls get 401 under a name."""
        if isinstance(client, RemoteClient):
            # The control route accepts 200 characters.
            client.close(f"{name[:150]}{self._tag}")
        else:
            self.gateway.workspaces.release(key)
            self.gateway.workspaces.close(key, name)

    def _open_client(self, url: str, key: str) -> WorkspaceClient:
        if not self.shared:
            self.gateway.workspaces.open(key)
            return LocalClient(self.gateway, key, self._names)
        try:
            client = RemoteClient(
                url, key, shipped_contract().field_names, option(self._config, "control_token") or None
            )
        except (NotAFake, SettingError) as error:
            message = str(error).replace("--control-token.", "--control-token as --omixa-mock-control-token.")
            raise pytest.fail.Exception(f"--omixa-mock-url: {message}", pytrace=False) from None
        self._remotes[client.instance] = client
        return client

    def _start(self) -> str:
        if not self._url:
            app = build_app(self.gateway, ControlPolicy())
            self._url = self._stack.enter_context(run_in_thread(app, self.gateway, Address()))
        return self._url

    def _issue(self, node: Any) -> str:
        # A test that is run again has another key: a late call of the first run is not the second's.
        text = f"{self._run} {next(self._issued)} {node.nodeid}"
        return f"{ISSUED_PREFIX}{self._worker}_{blake2s(text.encode(), digest_size=8).hexdigest()}"

    @property
    def _tag(self) -> str:
        return f" in run {self._run}"

    def left_over(self) -> dict[str, list[str]]:
        """Return the lines that belong to no running test, by the title of their section."""
        return {
            "omixa-mock: calls that came after their test": self._late.lines(self._unmatched_elsewhere(), self._tag),
            f"omixa-mock: calls under {SESSION_FIXTURE}'s key that no test adopted": self.checks.unadopted,
            "omixa-mock: attempts to reach Omixa for real, outside of any test": list(map(str, self.tripwire.attempts)),
        }

    def _unmatched_elsewhere(self) -> Iterator[Call]:
        for client in self._remotes.values():
            # A fake that has ended meanwhile has no journal.
            with suppress(NotAFake, SettingError):
                yield from client.unmatched()
