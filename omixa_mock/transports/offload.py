"""Offloading of expensive steps to a thread, so that the event loop can serve other requests."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from omixa_mock.gateway import Flow, Step

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["offload"]


async def offload(flow: Flow) -> Step | None:
    """Compute the next step of a flow in a thread.

    Returns:
        The step, or None if the flow has ended without another one.
    """
    job = offload_executor(os.getpid()).submit(next, flow, None)
    result = asyncio.wrap_future(job)
    try:
        return await asyncio.shield(result)
    except asyncio.CancelledError:
        job.cancel()  # if it has not begun
        while not result.done():  # a flow that is running cannot be closed
            with suppress(asyncio.CancelledError):
                await asyncio.wait([result])
        raise


@lru_cache(maxsize=1)
def offload_executor(_: int) -> ThreadPoolExecutor:
    """Return the executor of a process, by its id; the child of a fork has none of its parent's threads.

    It runs one job at a time: many large bodies at once must not fill the memory.
    """
    from concurrent.futures import ThreadPoolExecutor  # most servers get no large body

    return ThreadPoolExecutor(1, "omixa-mock offload")
