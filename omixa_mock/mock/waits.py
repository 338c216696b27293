"""How long clients waited before they gave up: what a test asks of their deadlines."""

from __future__ import annotations

from collections.abc import Sequence

from omixa_mock.gateway import Call
from omixa_mock.gateway.contract import read_duration

from .descriptions import cut, head_of

__all__ = ["find_early_leaver", "find_late_leaver", "read_seconds"]

# Clocks, threads and loops are not exact: a client that gives up after 2 seconds is seen to leave after 2.003, and
# its own 2 seconds began a little before the gateway's.
TOLERANCE = 0.1


def read_seconds(what: float | str) -> float:
    """The seconds of a duration, given as a number or as text.

    Raises:
        ValueError: It is none, or one that is drawn.
    """
    duration = read_duration(what)
    if duration.kind != "fixed":
        raise ValueError(f"{what!r} is drawn anew for each call; accepted here: one length, for instance 2 or '500ms'")
    return duration.seconds


def find_late_leaver(calls: Sequence[Call], seconds: float) -> str:
    """Why it is not so that a client gave up, and each that did within `seconds`; empty where it is."""
    gone = [call for call in calls if call.client_left]
    if not gone:
        return f"Expected a client to give up within {seconds:g} s; none did.\n{tell_waits(calls)}"
    late = [call for call in gone if call.waited > seconds + TOLERANCE]
    return f"Expected every client to give up within {seconds:g} s.\n{tell_waits(late)}" if late else ""


def find_early_leaver(calls: Sequence[Call], seconds: float) -> str:
    """Why it is not so that a client waited `seconds`, and none left before; empty where it is."""
    slack = min(TOLERANCE, seconds / 5)
    early = [call for call in calls if call.client_left and call.waited < seconds - slack]
    if early:
        return f"Expected no client to give up before {seconds:g} s.\n{tell_waits(early)}"
    if not any(call.waited >= seconds - slack for call in calls):
        return (
            f"Expected a client to wait {seconds:g} s; none was kept waiting so long. "
            f'Let one wait, for instance by fail("hang").\n{tell_waits(calls)}'
        )
    return ""


def tell_waits(calls: Sequence[Call]) -> str:
    """How long each of the newest calls waited, and what ended that."""
    if not calls:
        return "The gateway was not called."
    ends = {True: "then the client left", False: "then the response came"}
    return cut("\n".join(f"{call.waited:.3f} s, {ends[call.client_left]}: {head_of(call)}" for call in calls[-5:]))
