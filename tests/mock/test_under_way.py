"""Calls under way: what messages state about them, and how a test waits for them."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

import freezegun
import pytest
import trio

import omixa_mock
from omixa_mock import Call, OmixaAdvisory, OmixaMock, OmixaMockServer
from omixa_mock.mock import RemoteClient

UNDER_WAY = "\n1 call is under way: wait for it with settle(), in a running event loop with `await mock.asettle()`"


class Hanging:
    """Call that hangs at a server until its client leaves, and that server's mock.

    Attributes:
        mock: The mock.
    """

    def __init__(self, mock: OmixaMockServer) -> None:
        self.mock = mock
        parts = urlsplit(mock.url)
        self._connection = socket.create_connection((parts.hostname, parts.port))
        body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat"})
        head = (
            f"POST /api/v1/images/generations HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {mock.api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._connection.sendall(f"{head}{body}".encode())
        while not mock.plans[0].fired:
            time.sleep(0.001)

    def leave(self) -> None:
        """Disconnect the client, of which the server learns a moment later."""
        self._connection.close()


@pytest.fixture
def server() -> Iterator[OmixaMockServer]:
    with omixa_mock.serve() as mock:
        yield mock


@pytest.fixture
def hanging(server: OmixaMockServer) -> Iterator[Hanging]:
    server.fail("hang")
    call = Hanging(server)
    yield call
    call.leave()


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a wait in vain end after four sleeps."""
    monkeypatch.setattr("omixa_mock.mock.observations.SETTLING", 0.02)


# Statements


def expect_refusal_of_nothing(mock: OmixaMock) -> None:
    with mock.expect_refusal():
        pass


STATEMENTS: dict[str, tuple[Callable[[OmixaMock], object], str]] = {
    "last": (lambda mock: mock.last, "There is no last call: no call has ended."),
    "called": (lambda mock: mock.assert_called(), "Expected a call; no call has ended."),
    "called so": (lambda mock: mock.assert_called(n=2), "Expected a call with n=2; no call has ended."),
    "called once": (lambda mock: mock.assert_called_once(), "Expected a call; no call has ended."),
    "not called": (lambda mock: mock.assert_not_called(), "Expected no call, which is not known yet."),
    "not called so": (lambda mock: mock.assert_not_called(n=2), "Expected no such call, which is not known yet."),
    "refused": (
        expect_refusal_of_nothing,
        "Expected a call to be refused; none was.\nNo call ended",
    ),
}


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize(("state", "message"), STATEMENTS.values(), ids=STATEMENTS)
def test_call_under_way_is_not_passed_over(
    hanging: Hanging, state: Callable[[OmixaMock], object], message: str
) -> None:
    with pytest.raises(AssertionError) as raised:
        state(hanging.mock)
    begin, end = str(raised.value)[: len(message)], str(raised.value)[-len(UNDER_WAY) :]
    assert (begin, end) == (message, UNDER_WAY)


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize(("state", "message"), STATEMENTS.values(), ids=STATEMENTS)
def test_call_under_way_in_another_process_is_not_passed_over(
    hanging: Hanging, state: Callable[[OmixaMock], object], message: str
) -> None:
    mock = hanging.mock
    client = RemoteClient(mock.url, mock.api_key, omixa_mock.shipped_contract().field_names)
    with pytest.raises(AssertionError, match=r"\n1 call is under way: wait for it with settle") as raised:
        state(OmixaMock(mock.base_url, mock.api_key, client))
    assert str(raised.value).startswith(message)


def test_without_calls_the_gateway_was_not_called(server: OmixaMockServer) -> None:
    with pytest.raises(AssertionError, match=r"^There is no last call: the gateway was not called\.$"):
        _ = server.last


def test_several_calls_under_way_are_counted(server: OmixaMockServer) -> None:
    server.fail("hang", times=2)
    first, second = Hanging(server), Hanging(server)
    while server.plans[0].fired < 2:
        time.sleep(0.001)
    with pytest.raises(AssertionError, match=r"2 calls are under way: wait for them with settle"):
        _ = server.last
    first.leave()
    second.leave()


def test_ended_call_does_not_hide_one_under_way(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(hanging.mock), "calls", (Call("GET", "/", {}, number=1),))
    with pytest.raises(AssertionError, match=r"^No call had n=2\.[\s\S]*\n1 call is under way"):
        hanging.mock.assert_called(n=2)


# Waiting


def test_settle_waits_until_the_server_has_learned_that_the_client_left(hanging: Hanging) -> None:
    hanging.leave()
    assert [(call.status, call.client_left) for call in hanging.mock.settle()] == [(None, True)]


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize("method", ["settle", "asettle"])
def test_wait_in_vain_is_an_advisory_with_the_number_of_calls(hanging: Hanging, method: str) -> None:
    with pytest.warns(OmixaAdvisory, match=rf"^{method}\(\) gave up after 0\.02 s: 1 call is under way\.") as caught:
        assert settled(getattr(hanging.mock, method)()) == ()
    assert caught[0].filename == __file__


def settled(result: Any) -> Any:
    """Return the result of a method, which may be async."""
    if not isinstance(result, Coroutine):
        return result

    async def wait() -> Any:
        return await result

    return asyncio.run(wait())


LOOPS: dict[str, Callable[[Callable[[], Awaitable[Any]]], Any]] = {
    "asyncio": lambda main: asyncio.run(as_coroutine(main)),
    "trio": trio.run,
}


async def as_coroutine(main: Callable[[], Awaitable[Any]]) -> Any:
    return await main()


@pytest.fixture(params=LOOPS)
def run_loop(request: pytest.FixtureRequest) -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    """Run an async function in an event loop."""
    return LOOPS[request.param]


def test_settle_in_a_running_loop_returns_at_once_and_names_asettle(
    hanging: Hanging, run_loop: Callable[..., Any]
) -> None:
    async def main() -> float:
        before = time.perf_counter()
        with pytest.warns(OmixaAdvisory, match=r"^1 call is under way: .*Write `await mock\.asettle\(\)`"):
            assert hanging.mock.settle() == ()
        return time.perf_counter() - before

    assert run_loop(main) < 0.5


def test_settle_in_a_running_loop_warns_of_nothing_once_all_calls_have_ended(
    hanging: Hanging, run_loop: Callable[..., Any]
) -> None:
    hanging.leave()
    hanging.mock.settle()

    async def main() -> int:
        return len(hanging.mock.settle())

    assert run_loop(main) == 1


def test_asettle_does_not_block_its_loop() -> None:
    """The loop has yet to close the client's connection."""

    async def main() -> list[tuple[int | None, bool]]:
        with omixa_mock.serve() as mock:
            mock.fail("hang")
            call = await asyncio.to_thread(Hanging, mock)
            asyncio.get_running_loop().call_later(0.02, call.leave)
            return [(ended.status, ended.client_left) for ended in await mock.asettle()]

    assert asyncio.run(main()) == [(None, True)]


def test_asettle_waits_in_trio(hanging: Hanging) -> None:
    async def main() -> int:
        hanging.leave()
        return len(await hanging.mock.asettle())

    assert trio.run(main) == 1


@pytest.mark.acceptance
@pytest.mark.parametrize("method", ["settle", "asettle"])
def test_frozen_clock_does_not_stop_a_wait(hanging: Hanging, method: str) -> None:
    hanging.leave()
    with freezegun.freeze_time("2026-01-01"):
        assert len(settled(getattr(hanging.mock, method)())) == 1


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize("method", ["settle", "asettle"])
def test_frozen_clock_does_not_keep_a_wait_from_giving_up(hanging: Hanging, method: str) -> None:
    with freezegun.freeze_time("2026-01-01"), pytest.warns(OmixaAdvisory, match="gave up"):
        assert settled(getattr(hanging.mock, method)()) == ()


def test_sleep_that_a_test_replaced_is_not_used(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    hanging.leave()
    assert len(hanging.mock.settle()) == 1
