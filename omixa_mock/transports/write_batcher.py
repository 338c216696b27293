"""Batching of writes: the responses made in one iteration of the event loop are sent together at its end.

Waking a sleeping client takes the kernel as long as sending to it. A client that the first response has woken is
awake for the others. By themselves, uvicorn and uvloop send each response as it is made.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

__all__ = ["MAX_DELAY", "UNBATCHED_WRITES", "WriteBatcher"]

# The longest time in seconds that a response waits for others.
MAX_DELAY = 0.002
# The number of writes that are sent at once after a batch of one. An iteration of the loop takes a tenth of the time
# of a call, which is too much for a single client.
UNBATCHED_WRITES = 32


class WriteBatcher:
    """Queue of a server's writes, of all its connections.

    Args:
        call_soon: Schedules a function for the end of the event loop's iteration.
    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._call_soon = call_soon
        self._queue: deque[tuple[asyncio.Transport, bytes]] = deque()
        self._queued_at = 0.0
        self._batch_size = self._unbatched = 0

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send bytes by the end of this iteration of the loop, after all that was put in before."""
        if self._unbatched:
            self._unbatched -= 1
            if not transport.is_closing():
                transport.write(data)
            return
        now = perf_counter()
        if not self._batch_size:
            self._queued_at = now
            self._call_soon(self._end_iteration)
        self._batch_size += 1
        self._queue.append((transport, data))
        if now - self._queued_at > MAX_DELAY:
            self._queued_at = now
            self.flush()

    def flush(self) -> None:
        """Send all queued bytes."""
        try:
            while self._queue:
                transport, data = self._queue.popleft()
                if not transport.is_closing():
                    transport.write(data)
        finally:
            if self._queue:  # one write failed; the others are still sent
                self._call_soon(self.flush)

    def _end_iteration(self) -> None:
        if self._batch_size == 1:
            self._unbatched = UNBATCHED_WRITES
        self._batch_size = 0
        self.flush()
