"""Signals that end a server: Ctrl-C, SIGTERM, and the end of its terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable

__all__ = ["call_at_end_signals"]


def call_at_end_signals(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Have a function called in a loop by each signal that ends a server."""
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup has SIGHUP ignored, and it stays so.
        if number != signal.SIGHUP or signal.getsignal(number) == signal.SIG_DFL:
            loop.add_signal_handler(number, end)
