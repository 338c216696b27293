"""Threads that a test left behind at work: their later calls are that test's, and nobody else's.

A thread that waits for work, as those of a pool or of a server do, is not left behind: it may work for the next test.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from weakref import WeakKeyDictionary, WeakSet

__all__ = ["LeakedThreads", "threads_alive"]

# The functions in which a thread waits for work, each with its module.
IDLE = frozenset(
    {
        ("concurrent.futures.thread", "_worker"),
        ("multiprocessing.pool", "worker"),
        ("queue", "get"),
        ("selectors", "select"),
        ("socket", "accept"),
        ("trio._core._thread_cache", "_work"),
    }
)
# Packages whose frames surround each job of a thread.
MACHINERY = frozenset({"anyio", "asyncio", "concurrent", "multiprocessing", "socketserver", "trio", "uvicorn"})
THREAD_CODES = frozenset({"_bootstrap", "_bootstrap_inner"})


class LeakedThreads:
    """Threads at work after the test that started them, with the name of that test."""

    def __init__(self) -> None:
        # A job is known by its outermost frame. It is kept while it runs: a later one may have the same address.
        self._jobs: WeakKeyDictionary[threading.Thread, tuple[str, FrameType]] = WeakKeyDictionary()

    def add(self, test: str, before: WeakSet[threading.Thread]) -> None:
        """Add the threads that a test started and left at work.

        Args:
            test: The name of the test.
            before: The threads that were alive when it began.
        """
        self.forget_finished()
        started = [thread for thread in threading.enumerate() if thread not in before]
        frames = sys._current_frames() if started else {}  # noqa: SLF001  # no other access to the stacks of threads
        for thread in started:
            job = find_job(frames.get(thread.ident or 0))
            if job is not None:
                self._jobs.setdefault(thread, (test, job))

    def forget_finished(self) -> None:
        """Forget the jobs that have ended."""
        if self._jobs:
            frames = sys._current_frames()  # noqa: SLF001  # as above
            for thread, (_, job) in list(self._jobs.items()):
                stack = list(stack_of(frames.get(thread.ident or 0)))
                if not any(frame is job for frame in stack) or waits_for_work(stack):
                    del self._jobs[thread]

    def test_of_this_thread(self) -> str:
        """Return the test that left the current thread behind; empty if none did."""
        if not self._jobs:
            return ""
        test, job = self._jobs.get(threading.current_thread(), ("", None))
        at_work = any(frame is job for frame in stack_of(sys._getframe()))  # noqa: SLF001  # as above
        return test if at_work else ""


def threads_alive() -> WeakSet[threading.Thread]:
    """Return the threads that are alive now."""
    return WeakSet(threading.enumerate())


def find_job(frame: FrameType | None) -> FrameType | None:
    """Return the outermost frame of what a thread is doing; None if it waits for work.

    Args:
        frame: The innermost frame of the thread.
    """
    stack = list(stack_of(frame))
    if waits_for_work(stack):
        return None
    return next((frame for frame in reversed(stack) if not is_machinery(frame)), None)


def stack_of(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames of a stack, innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def waits_for_work(stack: list[FrameType]) -> bool:
    """Return True if a thread waits for work, with a lock or without."""
    innermost = next((frame for frame in stack if module_of(frame) != "threading"), None)
    return innermost is not None and (module_of(innermost), innermost.f_code.co_name) in IDLE


def is_machinery(frame: FrameType) -> bool:
    """Return True if a frame belongs to the start of a thread, a pool or a loop."""
    is_start = frame.f_code.co_name in THREAD_CODES or frame.f_code is threading.Thread.run.__code__
    module = module_of(frame)
    return (module == "threading" and is_start) or module.partition(".")[0] in MACHINERY


def module_of(frame: FrameType) -> str:
    """Return the name of a frame's module."""
    return str(frame.f_globals.get("__name__", ""))
