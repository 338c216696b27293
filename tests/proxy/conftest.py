"""Fixtures for the tests of the proxy: one that runs in a thread, in front of a fake gateway."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

import omixa_mock
from omixa_mock.gateway import Settings, with_changes
from omixa_mock.proxy.bodies import Policy
from omixa_mock.proxy.observer import Observer
from omixa_mock.proxy.protocol import ProxyProtocol
from omixa_mock.proxy.setup import Proxy, ProxyOptions, set_up_proxy
from omixa_mock.transports.listen import Address, listen, new_event_loop

CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
GENERATE = "/api/v1/images/generations"


class RunningProxy(NamedTuple):
    """Proxy in a thread.

    Attributes:
        url: Its URL.
        observer: Its observer, to be looked at once it has ended.
        stop: Function that ends it, with all calls recorded.
    """

    url: str
    observer: Observer
    stop: Callable[[], None]


@contextmanager
def run_proxy(target: str, *, grace: float = 5.0, settings: Any = None, **options: Any) -> Iterator[RunningProxy]:
    """Run a proxy in a thread during the block."""
    if settings is not None:
        options["settings"] = with_changes(Settings(), settings)
    running = set_up_proxy(omixa_mock.shipped_contract(), ProxyOptions(target=target, **options))
    loop, stop, url = new_event_loop(), asyncio.Event(), Future[str]()
    thread = threading.Thread(target=serve, args=(running, loop, stop, url, grace), daemon=True)
    thread.start()

    def end() -> None:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
            thread.join()

    try:
        yield RunningProxy(url.result(10), running.observer, end)
    finally:
        end()
        if running.observer.har:
            running.observer.har.close()


def serve(running: Proxy, loop: Any, stop: asyncio.Event, url: Future[str], grace: float) -> None:
    async def drain() -> None:
        await running.app.drain(grace)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(
            listen(
                running.app,
                running.terms,
                Address(),
                stop=stop,
                ready=url.set_result,
                protocol_class=ProxyProtocol,
                drain=drain,
            )
        )


@pytest.fixture
def start() -> Iterator[Callable[..., RunningProxy]]:
    """Return a function that starts a proxy in front of a URL; it ends after the test."""
    with ExitStack() as stack:
        yield lambda target, **options: stack.enter_context(run_proxy(target, **options))


@pytest.fixture
def upstream() -> Iterator[omixa_mock.OmixaMockServer]:
    with omixa_mock.serve(settings={"time_scale": 0.025}) as server:
        yield server


@pytest.fixture
def har(tmp_path: Path) -> Path:
    return tmp_path / "recorded.har"


def entries_of(path: Path) -> list[Any]:
    """Return the entries of a HAR."""
    entries: list[Any] = orjson.loads(path.read_bytes())["log"]["entries"]
    return entries


__all__ = ["CAT", "GENERATE", "Decimal", "Policy", "RunningProxy", "entries_of", "run_proxy"]
