"""Waits of clients: how long each waited before it left or got its response."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import cut, head_of
from omixa_mock.gateway.contract import read_duration

__all__ = ["explain_early_leaver", "explain_late_leaver", "read_seconds"]

# Clocks, threads and loops are not exact: a client with a timeout of 2 seconds is seen to leave after 2.003, and its
# own 2 seconds began a little before the gateway's.
TOLERANCE = 0.1


def read_seconds(value: float | str) -> float:
    """Return the seconds of a duration, given as a number or as text.

    Raises:
        ValueError: It is not a duration, or is drawn at random.
    """
    duration = read_duration(value)
    if duration.kind != "fixed":
        raise ValueError(f"{value!r} is drawn anew for each call; accepted here: one length, for instance 2 or '500ms'")
    return duration.seconds


def explain_late_leaver(calls: Sequence[Call], seconds: float, none: Callable[[], object]) -> str:
    """Return which client gave up after more than `seconds`, or that none gave up; empty if all gave up in time."""
    gone = [call for call in calls if call.client_left]
    if not gone:
        return f"Expected a client to give up within {seconds:g} s; none did.\n{describe_waits(calls, none)}"
    late = [call for call in gone if call.waited > seconds + TOLERANCE]
    return f"Expected every client to give up within {seconds:g} s.\n{describe_waits(late, none)}" if late else ""


def explain_early_leaver(calls: Sequence[Call], seconds: float, none: Callable[[], object]) -> str:
    """Return which client gave up before `seconds`, or that none waited so long; empty if one did and none left."""
    slack = min(TOLERANCE, seconds / 5)
    early = [call for call in calls if call.client_left and call.waited < seconds - slack]
    if early:
        return f"Expected no client to give up before {seconds:g} s.\n{describe_waits(early, none)}"
    if not any(call.waited >= seconds - slack for call in calls):
        return (
            f"Expected a client to wait {seconds:g} s; none was kept waiting so long. "
            f'Let one wait, for instance by fail("hang").\n{describe_waits(calls, none)}'
        )
    return ""


def describe_waits(calls: Sequence[Call], none: Callable[[], object]) -> str:
    """Return how long each of the newest calls waited, and how each wait ended; `none` if there are none."""
    if not calls:
        return str(none())
    endings = {True: "then the client left", False: "then the response came"}
    return cut("\n".join(f"{call.waited:.3f} s, {endings[call.client_left]}: {head_of(call)}" for call in calls[-5:]))
