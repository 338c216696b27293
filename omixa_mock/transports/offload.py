"""Where a server does what is heavy: in a thread of its own, so that its loop goes on with what others want."""

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
    """The next step of a journey, taken in a thread of its own: the loop goes on with what others want.

    Returns:
        The step, or None where the journey has ended without another one.
    """
    job = offload_thread(os.getpid()).submit(next, flow, None)
    coming = asyncio.wrap_future(job)
    try:
        return await asyncio.shield(coming)
    except asyncio.CancelledError:
        job.cancel()  # where it has not begun
        while not coming.done():  # a journey that is under way cannot be closed
            with suppress(asyncio.CancelledError):
                await asyncio.wait([coming])
        raise


@lru_cache(maxsize=1)
def offload_thread(_: int) -> ThreadPoolExecutor:
    """Where a process does what is heavy; the child of a fork has none of its parent's threads.

    One at a time: what many large bodies take together must not fill the memory.
    """
    from concurrent.futures import ThreadPoolExecutor  # most servers get no large body

    return ThreadPoolExecutor(1, "omixa-mock heavy")
