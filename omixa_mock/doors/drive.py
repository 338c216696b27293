"""The two drivers of a journey: logic once, I/O twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omixa_mock.gateway import Body, ClientGone, Compute, Journey, Step

__all__ = ["drive", "drive_async"]


def drive(journey: Journey, perform: Callable[[Step], Body | None]) -> None:
    """Perform each step of a journey, and tell it what came of it; what is to be computed, here and now."""
    try:
        step = next(journey)
        while True:
            try:
                if isinstance(step, Compute):
                    step.run()
                outcome = None if isinstance(step, Compute) else perform(step)
            except ClientGone as gone:
                step = journey.throw(gone)
            else:
                step = journey.send(outcome)
    except StopIteration:
        return
    finally:
        journey.close()


async def drive_async(
    journey: Journey, perform: Callable[[Step], Awaitable[Body | None]], step: Step | None = None
) -> None:
    """Perform each step of a journey in an event loop, from `step` on, and tell it what came of it."""
    try:
        step = step or next(journey)
        while True:
            try:
                outcome = await perform(step)
            except ClientGone as gone:
                step = journey.throw(gone)
            else:
                step = journey.send(outcome)
    except StopIteration:
        return
    finally:
        # A cancelled task leaves here: closing lets the journey release its hold and write its journal.
        journey.close()
