"""Write batcher: all responses are sent in sequence, at the end of their loop iteration or after a short delay."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import omixa_mock
from omixa_mock.transports import listen
from omixa_mock.transports import write_batcher as module
from omixa_mock.transports.protocol import GatewayProtocol
from omixa_mock.transports.write_batcher import MAX_DELAY, UNBATCHED_WRITES, WriteBatcher


class Loop:
    """Event loop whose iterations the test runs."""

    def __init__(self) -> None:
        self._soon: deque[Callable[[], None]] = deque()
        self.call_soon = self._soon.append

    def iterate(self) -> None:
        while self._soon:
            self._soon.popleft()()


class FakeTransport(asyncio.Transport):
    """Transport that records its writes, and may be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def batcher(loop: Loop) -> WriteBatcher:
    return WriteBatcher(loop.call_soon)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the clock; the test sets its time in seconds."""
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    return now


def test_responses_of_one_iteration_are_sent_together(batcher: WriteBatcher, loop: Loop) -> None:
    first, second = FakeTransport(), FakeTransport()
    batcher.put(first, b"1")
    batcher.put(second, b"2")
    before = [*first.written, *second.written]
    loop.iterate()
    assert (before, first.written, second.written) == ([], [b"1"], [b"2"])


def test_writes_after_a_batch_of_one_are_sent_at_once(batcher: WriteBatcher, loop: Loop) -> None:
    transport, sent_at_once = FakeTransport(), []
    for number in range(UNBATCHED_WRITES + 2):
        batcher.put(transport, b"%d" % number)
        sent_at_once.append(len(transport.written) == number + 1)
        loop.iterate()
    assert (sent_at_once, transport.written) == (
        [False, *[True] * UNBATCHED_WRITES, False],
        [b"%d" % number for number in range(UNBATCHED_WRITES + 2)],
    )


def test_batches_of_two_go_on(batcher: WriteBatcher, loop: Loop) -> None:
    first, second = FakeTransport(), FakeTransport()
    for _ in range(3):
        batcher.put(first, b"1")
        batcher.put(second, b"2")
        assert len(first.written) == len(second.written)
        loop.iterate()
    assert (first.written, second.written) == ([b"1"] * 3, [b"2"] * 3)


@pytest.mark.parametrize(("elapsed", "sent"), [(MAX_DELAY / 2, False), (MAX_DELAY * 2, True)])
def test_response_waits_no_longer_than_the_limit(
    batcher: WriteBatcher, clock: list[float], elapsed: float, *, sent: bool
) -> None:
    first, second = FakeTransport(), FakeTransport()
    batcher.put(first, b"1")
    clock[0] += elapsed
    batcher.put(second, b"2")
    assert (first.written, second.written) == (([b"1"], [b"2"]) if sent else ([], []))


def test_batch_sent_at_the_limit_was_no_batch_of_one(batcher: WriteBatcher, loop: Loop, clock: list[float]) -> None:
    transports = [FakeTransport() for _ in range(4)]
    for transport in transports[:3]:
        batcher.put(transport, b"1")
        clock[0] += MAX_DELAY * 0.7
    loop.iterate()
    batcher.put(transports[3], b"2")
    assert ([transport.written for transport in transports[:3]], transports[3].written) == ([[b"1"]] * 3, [])


def test_disconnected_client_gets_nothing_and_the_others_their_responses(batcher: WriteBatcher, loop: Loop) -> None:
    first, second = FakeTransport(), FakeTransport()
    batcher.put(first, b"1")
    batcher.put(second, b"2")
    first.closed = True
    loop.iterate()
    assert (first.written, second.written) == ([], [b"2"])


def test_disconnected_client_gets_nothing_after_a_batch_of_one(batcher: WriteBatcher, loop: Loop) -> None:
    transport = FakeTransport()
    batcher.put(transport, b"1")
    loop.iterate()
    transport.closed = True
    batcher.put(transport, b"2")
    assert transport.written == [b"1"]


def test_failing_write_does_not_lose_the_others(batcher: WriteBatcher, loop: Loop) -> None:
    class Broken(FakeTransport):
        def write(self, data: Any) -> None:
            raise RuntimeError(data)

    broken, second = Broken(), FakeTransport()
    batcher.put(broken, b"1")
    batcher.put(second, b"2")
    with pytest.raises(RuntimeError):
        loop.iterate()
    loop.iterate()
    assert second.written == [b"2"]


def test_end_of_file_from_the_client_flushes(batcher: WriteBatcher) -> None:
    # Over TLS the connection is closed next.
    protocol, transport = GatewayProtocol.__new__(GatewayProtocol), FakeTransport()
    protocol.batcher, protocol.cycle = batcher, None  # type: ignore[assignment]  # no request yet
    batcher.put(transport, b"1")
    protocol.eof_received()
    assert transport.written == [b"1"]


def test_stopping_server_flushes_before_it_aborts(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    flush, abort = WriteBatcher.flush, listen.abort

    def record_flush(batcher: WriteBatcher) -> None:
        events.append("flush")
        flush(batcher)

    async def record_abort(state: Any) -> None:
        events.append("abort")
        await abort(state)

    monkeypatch.setattr(WriteBatcher, "flush", record_flush)
    monkeypatch.setattr(listen, "abort", record_abort)
    with omixa_mock.serve():
        pass
    assert events == ["flush", "abort"]


def actions() -> st.SearchStrategy[list[object]]:
    """Return a strategy for a sequence of writes to three clients, loop iterations, flushes and pauses."""
    return st.lists(
        st.integers(0, 2) | st.sampled_from(["iterate", "flush"]) | st.floats(0, 2 * MAX_DELAY), max_size=60
    )


@pytest.fixture(scope="module")
def fake_clock() -> Iterator[list[float]]:
    with pytest.MonkeyPatch.context() as patched:
        now = [0.0]
        patched.setattr(module, "perf_counter", lambda: now[0])
        yield now


@given(actions=actions())
def test_every_client_gets_all_its_writes_in_sequence(fake_clock: list[float], actions: list[object]) -> None:
    loop = Loop()
    batcher, transports = WriteBatcher(loop.call_soon), [FakeTransport() for _ in range(3)]
    for number, action in enumerate(actions):
        match action:
            case "iterate":
                loop.iterate()
            case "flush":
                batcher.flush()
            case int(client):
                batcher.put(transports[client], b"%d" % number)
            case float(elapsed):
                fake_clock[0] += elapsed
    loop.iterate()
    sent = [
        [b"%d" % number for number, action in enumerate(actions) if action == client and isinstance(action, int)]
        for client in range(3)
    ]
    assert [transport.written for transport in transports] == sent
