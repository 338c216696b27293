"""Time and aiohttp in process: limits that pass at once, waits, clients that leave, and clocks that stand still."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any

import aiohttp
import freezegun
import pytest
import uvloop

import omixa_mock
from omixa_mock.interceptors import ClientHasNoTimeout

OmixaMock = omixa_mock.OmixaMock
Timeout = aiohttp.ClientTimeout
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
AUTH = {"authorization": "Bearer omx_live_any"}
UNLIMITED = Timeout(total=None)
LIMITS = {"sock_read": Timeout(total=None, sock_read=5), "total": Timeout(total=5)}
LIMITED = pytest.mark.parametrize("timeout", LIMITS.values(), ids=LIMITS)
LATE = pytest.mark.parametrize("fault", ["hang", "hang_after_capture", "delay:6s", "drip:60m"])


async def generate(
    session: aiohttp.ClientSession, url: str = "https://www.omixa.cloud/api/v1", **options: Any
) -> bytes:
    """Request an image, and return the body of the response."""
    async with session.post(f"{url}/images/generations", json=REQUEST, headers=AUTH, **options) as response:
        return await response.read()


def run(call: Callable[[aiohttp.ClientSession], Awaitable[Any]], timeout: Timeout = UNLIMITED) -> Any:
    """Run a call with a session of its own."""

    async def main() -> Any:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            return await call(session)

    return asyncio.run(main())


def summary(mock: OmixaMock) -> list[tuple[bool, bool]]:
    """Return for each call if its client left, and if it was charged."""
    assert mock.wallet.held == 0
    return [(call.client_left, call.charged) for call in mock.calls]


async def leave_a_hang(session: aiohttp.ClientSession) -> None:
    """Make a call, and cancel it once its flow waits."""
    task = asyncio.create_task(generate(session))
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


def new_eager_loop() -> asyncio.AbstractEventLoop:
    """Return a loop whose tasks begin at once, if this Python has them."""
    loop = asyncio.new_event_loop()
    loop.set_task_factory(getattr(asyncio, "eager_task_factory", None))
    return loop


LOOPS = {"asyncio": asyncio.new_event_loop, "eager": new_eager_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def quick() -> Iterator[None]:
    """Fail a test in which a time limit passes for real: each is five seconds or longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 4


# A wait that is longer than a time limit


@LIMITED
@LATE
@pytest.mark.usefixtures("quick")
def test_limit_passes_at_once(mock: OmixaMock, timeout: Timeout, fault: str) -> None:
    mock.fail(fault)
    with pytest.raises(aiohttp.SocketTimeoutError if timeout.sock_read else TimeoutError):
        run(generate, timeout)
    assert (mock.last.waited, mock.last.client_left) == (5, True)


@LIMITED
@pytest.mark.usefixtures("quick")
def test_call_that_timed_out_before_its_charge_releases_its_hold(mock: OmixaMock, timeout: Timeout) -> None:
    mock.fail("hang")
    with pytest.raises(TimeoutError):
        run(generate, timeout)
    assert [entry.kind for entry in mock.ledger] == ["balance", "hold", "release"]


@LIMITED
@pytest.mark.usefixtures("quick")
def test_call_that_timed_out_is_charged_by_a_setting(mock: OmixaMock, timeout: Timeout) -> None:
    mock.configure(client_leaves="capture", latency=60)
    with pytest.raises(TimeoutError):
        run(generate, timeout)
    assert summary(mock) == [(True, True)]


@LIMITED
@pytest.mark.usefixtures("quick")
def test_client_that_timed_out_may_retry(mock: OmixaMock, timeout: Timeout) -> None:
    async def retry(session: aiohttp.ClientSession) -> None:
        with pytest.raises(TimeoutError):
            await generate(session)
        await generate(session)

    mock.fail("hang")
    run(retry, timeout)
    assert summary(mock) == [(True, False), (False, True)]


@pytest.mark.usefixtures("quick")
def test_default_limit_of_a_session_counts(mock: OmixaMock) -> None:
    mock.fail("hang")
    with pytest.raises(TimeoutError):
        run(generate, aiohttp.client.DEFAULT_TIMEOUT)
    assert mock.last.waited == 300


@pytest.mark.usefixtures("quick")
def test_timeout_between_two_pieces_comes_after_the_head(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> int:
        async with session.post(f"{mock.base_url}/images/generations", json=REQUEST, headers=AUTH) as response:
            with pytest.raises(aiohttp.SocketTimeoutError):
                await response.read()
            return response.status

    mock.fail("drip:60m")
    assert run(call, LIMITS["sock_read"]) == 200


def test_waits_before_the_head_count_together(mock: OmixaMock) -> None:
    mock.configure(latency=0.03)
    mock.fail("delay:30ms")
    with pytest.raises(aiohttp.SocketTimeoutError):
        run(generate, Timeout(total=None, sock_read=0.05))
    assert mock.last.waited == pytest.approx(0.05)


# A wait within every limit


@pytest.mark.parametrize("timeout", [UNLIMITED, Timeout(total=None, sock_read=0.02), Timeout(total=60)])
@pytest.mark.parametrize("fault", ["delay:20ms", "delay_after_capture:20ms", "drip:20ms"])
def test_late_response_is_complete_and_not_early(mock: OmixaMock, timeout: Timeout, fault: str) -> None:
    expected = run(generate)
    mock.fail(fault)
    began = time.monotonic()
    assert (run(generate, timeout), time.monotonic() - began >= 0.02) == (expected, True)
    assert mock.last.waited == pytest.approx(0.02)


def test_pieces_arrive_one_after_another(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> int:
        async with session.post(f"{mock.base_url}/images/generations", json=REQUEST, headers=AUTH) as response:
            return len([chunk async for chunk in response.content.iter_any()])

    mock.fail("drip:30ms")
    assert run(call) > 2


def test_pauses_that_are_short_exceed_no_read_timeout(mock: OmixaMock) -> None:
    mock.fail("drip:90ms")
    assert run(generate, Timeout(total=None, sock_read=0.05))


# A client without a limit


@pytest.mark.parametrize("fault", ["hang", "hang_after_capture"])
def test_client_without_a_timeout_raises_after_the_limit_of_hangs(mock: OmixaMock, fault: str) -> None:
    mock.configure(hang_limit=0.05)
    mock.fail(fault)
    began = time.monotonic()
    with pytest.raises(ClientHasNoTimeout, match=r"Give the client one, for instance timeout=60\."):
        run(generate)
    assert time.monotonic() - began >= 0.05
    assert summary(mock) == [(True, fault == "hang_after_capture")]


def test_deadline_around_a_hang_counts_as_the_clients(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(0.1):
            await generate(session)

    mock.fail("hang")
    with pytest.raises(TimeoutError):
        run(call)
    assert (summary(mock), 0 < mock.last.waited < 2) == ([(True, False)], True)


def test_session_that_is_closed_during_a_call_leaves_it(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> None:
        task = asyncio.create_task(generate(session))
        for _ in range(20):  # iterations of the loop, until the flow hangs
            await asyncio.sleep(0)
        assert mock.wallet.held
        await session.close()
        with pytest.raises(aiohttp.ClientError):
            await task

    mock.fail("hang")
    run(call)
    assert summary(mock) == [(True, False)]


def test_loop_that_never_runs_again_leaves_no_hold(mock: OmixaMock) -> None:
    mock.fail("hang")
    loop = asyncio.new_event_loop()

    async def call() -> None:
        # The session is not closed by a task: the loop stops as soon as the call is cancelled.
        session = aiohttp.ClientSession(timeout=UNLIMITED)
        try:
            await asyncio.wait_for(generate(session), 0.02)
        finally:
            session._connector = None

    with pytest.raises(TimeoutError):
        loop.run_until_complete(call())
    loop.close()
    assert summary(mock) == [(True, False)]


# A client that leaves anywhere


@pytest.mark.parametrize("fault", ["ok", "delay:1ms", "drip:1ms", "hang", "truncated", "reset_after_capture"])
@pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)
def test_call_cancelled_at_any_await_leaves_nothing_behind(mock: OmixaMock, fault: str, new_loop: Any) -> None:
    complaints: list[Any] = []

    async def cancel_after(iterations: int) -> bool:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with aiohttp.ClientSession(timeout=UNLIMITED) as session:
            task = asyncio.create_task(generate(session))
            for _ in range(iterations):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled()

    mock.fail(fault, times=None)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        cancelled = [runner.run(cancel_after(iterations)) for iterations in range(25)]
    gc.collect()
    assert (complaints, mock.wallet.held, cancelled[0]) == ([], Decimal(0), True)


@pytest.mark.parametrize(("fault", "charged"), [("delay:60m", False), ("delay_after_capture:60m", True)])
def test_client_that_leaves_after_the_capture_was_charged(mock: OmixaMock, fault: str, *, charged: bool) -> None:
    mock.fail(fault)
    run(leave_a_hang)
    assert summary(mock) == [(True, charged)]


def test_client_that_leaves_while_it_writes_is_not_charged(mock: OmixaMock) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async def call(session: aiohttp.ClientSession) -> None:
        headers = AUTH | {"content-type": "application/json"}
        async with asyncio.timeout(0.02):
            await session.post(f"{mock.base_url}/images/generations", data=body(), headers=headers)

    with pytest.raises(TimeoutError):
        run(call)
    assert summary(mock) == [(True, False)]


# A clock that stands still


@pytest.fixture
def frozen() -> Iterator[None]:
    """Freeze every clock, that of the event loop included."""
    with freezegun.freeze_time("2024-05-01"):
        yield


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("fault", ["delay:10ms", "drip:10ms"])
def test_wait_under_a_frozen_clock_ends(mock: OmixaMock, fault: str) -> None:
    mock.fail(fault)
    assert run(generate)


@LIMITED
@LATE
@pytest.mark.usefixtures("frozen")
def test_limit_under_a_frozen_clock_passes(mock: OmixaMock, timeout: Timeout, fault: str) -> None:
    mock.fail(fault)
    with pytest.raises(TimeoutError):
        run(generate, timeout)
    assert mock.last.waited == 5


@pytest.mark.usefixtures("frozen")
def test_hang_under_a_frozen_clock_ends(mock: OmixaMock) -> None:
    mock.configure(hang_limit=0.02)
    mock.fail("hang")
    with pytest.raises(ClientHasNoTimeout):
        run(generate)


@pytest.mark.usefixtures("frozen")
def test_call_cancelled_under_a_frozen_clock_leaves_no_hold(mock: OmixaMock) -> None:
    mock.fail("hang")
    run(leave_a_hang)
    assert summary(mock) == [(True, False)]
