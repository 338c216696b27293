"""Waits in process that a frozen clock cannot stop."""

from __future__ import annotations

import time
from types import BuiltinFunctionType

import anyio
import anyio.to_thread

from .retry_waits import unscaled_waits

__all__ = ["sleep_async"]


async def sleep_async(seconds: float) -> None:
    """Wait in the running event loop, asyncio's or trio's.

    An event loop reads the clock. A test may have frozen it (freezegun replaces the functions of `time`); the wait
    then happens in a thread, in which `time.sleep` is still the real one.
    """
    with unscaled_waits():
        if isinstance(time.monotonic, BuiltinFunctionType):
            await anyio.sleep(seconds)
        else:
            await anyio.to_thread.run_sync(time.sleep, seconds, abandon_on_cancel=True)
