"""The two drivers of a journey: logic once, I/O twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omixa_mock.gateway import Body, ClientDisconnected, Flow, Offload, ReadBody, Step

__all__ = ["begin", "drive", "drive_async"]


def begin(flow: Flow, body: Body) -> Step:
    """The first step of a journey that is more than to read its body, which is all there."""
    step = next(flow)
    return flow.send(body if len(body) <= step.limit else None) if isinstance(step, ReadBody) else step


def drive(flow: Flow, perform: Callable[[Step], Body | None], step: Step | None = None) -> None:
    """Perform each step of a journey, from `step` on, and tell it what came of it."""
    try:
        step = step or next(flow)
        while True:
            try:
                outcome = perform(step)
            except ClientDisconnected as gone:
                step = flow.throw(gone)
            else:
                step = flow.send(outcome)
    except StopIteration:
        return
    finally:
        flow.close()


async def drive_async(
    flow: Flow,
    perform: Callable[[Step], Awaitable[Body | None]],
    step: Step | None = None,
    aside: Callable[[Flow], Awaitable[Step | None]] | None = None,
) -> None:
    """Perform each step of a journey in an event loop, and tell it what came of it.

    Args:
        journey: Of one request.
        perform: Performs a step.
        step: The one to begin with; None for the journey's first.
        aside: Takes a journey's next step, if there is one, when it steps aside; None where nobody else waits.
    """
    try:
        step = step or next(flow)
        while step is not None:
            try:
                if aside and isinstance(step, Offload):
                    step = await aside(flow)
                    continue
                outcome = await perform(step)
            except ClientDisconnected as gone:
                step = flow.throw(gone)
            else:
                step = flow.send(outcome)
    except StopIteration:
        return
    finally:
        # A cancelled task leaves here: closing lets the journey release its hold and write its journal.
        flow.close()
