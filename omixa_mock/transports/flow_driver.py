"""Drivers of a flow, sync and async: the logic once, the I/O twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omixa_mock.gateway import Body, ClientDisconnected, Flow, Offload, ReadBody, Step

__all__ = ["begin", "drive", "drive_async"]


def begin(flow: Flow, body: Body) -> Step:
    """Return the first step of a flow after it has read its whole body."""
    step = next(flow)
    return flow.send(body if len(body) <= step.limit else None) if isinstance(step, ReadBody) else step


def drive(flow: Flow, perform: Callable[[Step], Body | None], step: Step | None = None) -> None:
    """Perform each step of a flow, and send it the outcome.

    Args:
        flow: The flow of one request.
        perform: Performs a step.
        step: The step to begin with; None for the flow's first.
    """
    try:
        step = step or next(flow)
        while True:
            try:
                outcome = perform(step)
            except ClientDisconnected as disconnected:
                step = flow.throw(disconnected)
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
    offload: Callable[[Flow], Awaitable[Step | None]] | None = None,
) -> None:
    """Perform each step of a flow in an event loop, and send it the outcome.

    Args:
        flow: The flow of one request.
        perform: Performs a step.
        step: The step to begin with; None for the flow's first.
        offload: Computes the flow's next step, if there is one, when it yields `Offload`; None if no other request
            waits for the loop.
    """
    try:
        step = step or next(flow)
        while step is not None:
            try:
                if offload and isinstance(step, Offload):
                    step = await offload(flow)
                    continue
                outcome = await perform(step)
            except ClientDisconnected as disconnected:
                step = flow.throw(disconnected)
            else:
                step = flow.send(outcome)
    except StopIteration:
        return
    finally:
        # A cancelled task leaves here: closing lets the flow release its hold and write its journal.
        flow.close()
