"""Waits between the retries of a client's own layers, scaled by the setting `time_scale`.

A retry layer waits with `time.sleep` or `asyncio.sleep`. While a call with a scale is under way, both are replaced by
functions that scale the waits of that call alone; a context variable tells them apart.
`unscaled_time` is the time as it would be without all that.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["scaled_waits", "unscaled_time", "unscaled_waits"]

SCALE: ContextVar[float] = ContextVar("omixa_mock_time_scale", default=1.0)
LOCK = threading.Lock()
# The functions that are replaced, while there are calls with a scale.
ORIGINALS: dict[Any, Any] = {}
CALLS: list[object] = []
# The seconds by which the waits of this process were shortened.
SAVED = [0.0]


@contextmanager
def scaled_waits(scale: float) -> Iterator[None]:
    """Scale the waits of this task, or of this thread, in the block."""
    if scale == 1:
        yield
        return
    token, call = SCALE.set(scale), object()
    begin(call)
    try:
        yield
    finally:
        end(call)
        SCALE.reset(token)


@contextmanager
def unscaled_waits() -> Iterator[None]:
    """Leave the waits in the block as they are: a flow's own are scaled already."""
    token = SCALE.set(1.0)
    try:
        yield
    finally:
        SCALE.reset(token)


def unscaled_time() -> float:
    """Return the time in seconds from any start, later by the waits of clients that were shortened."""
    return time.monotonic() + SAVED[0]


def note_end(until: float) -> None:
    """Set the unscaled time to that at which a wait would have ended, unless it is later: waits at once count once."""
    with LOCK:
        SAVED[0] = max(SAVED[0], until - time.monotonic())


def begin(call: object) -> None:
    """Replace the functions, unless they are."""
    with LOCK:
        CALLS.append(call)
        if len(CALLS) == 1:
            for module, make in ((time, make_sleep), (asyncio, make_async_sleep)):
                ORIGINALS[module] = module.sleep
                module.sleep = make(module.sleep)  # type: ignore[attr-defined]  # a module's function


def end(call: object) -> None:
    """Restore the functions after the last call."""
    with LOCK:
        CALLS.remove(call)
        if not CALLS:
            for module, original in ORIGINALS.items():
                module.sleep = original
            ORIGINALS.clear()


def make_sleep(original: Any) -> Any:
    """Return the replacement of `time.sleep`."""

    def sleep(seconds: float) -> None:
        begun = unscaled_time()
        original(seconds * SCALE.get())
        note_end(begun + seconds)

    return sleep


def make_async_sleep(original: Any) -> Any:
    """Return the replacement of `asyncio.sleep`."""

    async def sleep(delay: float, result: Any = None) -> Any:
        begun = unscaled_time()
        # A wait that is cancelled counts as long as it was.
        value = await original(delay * SCALE.get(), result)
        note_end(begun + delay)
        return value

    return sleep
