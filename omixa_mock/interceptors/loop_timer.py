"""Timer of an event loop that a frozen clock cannot stop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import BuiltinFunctionType

__all__ = ["call_later"]


def call_later(loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
    """Call `callback` in the loop after a time, and return a function that cancels it.

    An event loop reads the clock. A test may have frozen it (freezegun replaces the functions of `time`); a thread then
    measures the time, as `threading` waits without the clock.
    """
    if isinstance(time.monotonic, BuiltinFunctionType):
        return loop.call_later(seconds, callback).cancel

    def call_back() -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(callback)

    timer = threading.Timer(seconds, call_back)
    timer.daemon = True
    timer.start()
    return timer.cancel
