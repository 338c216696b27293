"""Responses leave with the turn of the loop that made them: all of them, in order, and none much later."""

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
from omixa_mock.transports.write_batcher import ALONE, PATIENCE, WriteBatcher


class Loop:
    """A loop that takes a turn when it is told to."""

    def __init__(self) -> None:
        self._soon: deque[Callable[[], None]] = deque()
        self.call_soon = self._soon.append

    def turn(self) -> None:
        while self._soon:
            self._soon.popleft()()


class Peer(asyncio.Transport):
    """A client's end, which may be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.got.append(data)

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def box(loop: Loop) -> WriteBatcher:
    return WriteBatcher(loop.call_soon)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, in seconds; it goes when it is told to."""
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    return now


def test_responses_of_one_turn_leave_together(box: WriteBatcher, loop: Loop) -> None:
    one, other = Peer(), Peer()
    box.put(one, b"1")
    box.put(other, b"2")
    before = [*one.got, *other.got]
    loop.turn()
    assert (before, one.got, other.got) == ([], [b"1"], [b"2"])


def test_response_that_waited_in_vain_lets_the_next_ones_leave_at_once(box: WriteBatcher, loop: Loop) -> None:
    peer, left = Peer(), []
    for number in range(ALONE + 2):
        box.put(peer, b"%d" % number)
        left.append(len(peer.got) == number + 1)
        loop.turn()
    assert (left, peer.got) == ([False, *[True] * ALONE, False], [b"%d" % number for number in range(ALONE + 2)])


def test_responses_that_meet_others_go_on_waiting_for_them(box: WriteBatcher, loop: Loop) -> None:
    one, other = Peer(), Peer()
    for _ in range(3):
        box.put(one, b"1")
        box.put(other, b"2")
        assert len(one.got) == len(other.got)
        loop.turn()
    assert (one.got, other.got) == ([b"1"] * 3, [b"2"] * 3)


@pytest.mark.parametrize(("passed", "gone"), [(PATIENCE / 2, False), (PATIENCE * 2, True)])
def test_response_waits_no_longer_than_it_has_patience(
    box: WriteBatcher, clock: list[float], passed: float, *, gone: bool
) -> None:
    one, other = Peer(), Peer()
    box.put(one, b"1")
    clock[0] += passed
    box.put(other, b"2")
    assert (one.got, other.got) == (([b"1"], [b"2"]) if gone else ([], []))


def test_those_who_lost_patience_were_not_alone(box: WriteBatcher, loop: Loop, clock: list[float]) -> None:
    peers = [Peer() for _ in range(4)]
    for peer in peers[:3]:
        box.put(peer, b"1")
        clock[0] += PATIENCE * 0.7
    loop.turn()
    box.put(peers[3], b"2")
    assert ([peer.got for peer in peers[:3]], peers[3].got) == ([[b"1"]] * 3, [])


def test_client_that_left_meanwhile_gets_nothing_and_the_others_theirs(box: WriteBatcher, loop: Loop) -> None:
    one, other = Peer(), Peer()
    box.put(one, b"1")
    box.put(other, b"2")
    one.closed = True
    loop.turn()
    assert (one.got, other.got) == ([], [b"2"])


def test_client_that_cannot_be_sent_to_takes_nobody_elses(box: WriteBatcher, loop: Loop) -> None:
    class Broken(Peer):
        def write(self, data: Any) -> None:
            raise RuntimeError(data)

    broken, other = Broken(), Peer()
    box.put(broken, b"1")
    box.put(other, b"2")
    with pytest.raises(RuntimeError):
        loop.turn()
    loop.turn()
    assert other.got == [b"2"]


def test_client_that_sends_nothing_more_gets_what_waits_for_it(box: WriteBatcher) -> None:
    # Over TLS its connection is closed thereupon.
    protocol, peer = GatewayProtocol.__new__(GatewayProtocol), Peer()
    protocol.batcher = box
    box.put(peer, b"1")
    protocol.eof_received()
    assert peer.got == [b"1"]


def test_server_that_stops_sends_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    flush, abort = WriteBatcher.flush, listen.abort

    def flushing(box: WriteBatcher) -> None:
        done.append("flush")
        flush(box)

    async def aborting(state: Any) -> None:
        done.append("abort")
        await abort(state)

    monkeypatch.setattr(WriteBatcher, "flush", flushing)
    monkeypatch.setattr(listen, "abort", aborting)
    with omixa_mock.serve():
        pass
    assert done == ["flush", "abort"]


def acts() -> st.SearchStrategy[list[object]]:
    """Which of three clients is sent something, when the loop turns, and what time passes in between."""
    return st.lists(st.integers(0, 2) | st.sampled_from(["turn", "flush"]) | st.floats(0, 2 * PATIENCE), max_size=60)


@pytest.fixture(scope="module")
def flowing() -> Iterator[list[float]]:
    with pytest.MonkeyPatch.context() as patched:
        now = [0.0]
        patched.setattr(module, "perf_counter", lambda: now[0])
        yield now


@given(acts=acts())
def test_every_client_gets_all_of_its_own_in_order(flowing: list[float], acts: list[object]) -> None:
    loop = Loop()
    box, peers = WriteBatcher(loop.call_soon), [Peer() for _ in range(3)]
    for number, act in enumerate(acts):
        match act:
            case "turn":
                loop.turn()
            case "flush":
                box.flush()
            case int(who):
                box.put(peers[who], b"%d" % number)
            case float(passed):
                flowing[0] += passed
    loop.turn()
    sent = [
        [b"%d" % number for number, act in enumerate(acts) if act == who and isinstance(act, int)] for who in range(3)
    ]
    assert [peer.got for peer in peers] == sent
