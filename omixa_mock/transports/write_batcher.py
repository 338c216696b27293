"""Responses that leave together, once the loop has gone through what came together.

To wake a client that sleeps takes the kernel as long as to send to it; whom the first response has woken is awake for
the others. By themselves uvicorn and uvloop send each response as it is made.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

__all__ = ["ALONE", "PATIENCE", "WriteBatcher"]

# Seconds that a response waits for others at the most.
PATIENCE = 0.002
# How many responses leave at once after one that waited in vain: a turn of the loop takes as long as a tenth of a call,
# which is too much where nobody else is there.
ALONE = 32


class WriteBatcher:
    """What a server has to send, of all its connections.

    Args:
        call_soon: Has the server's loop call something at the end of its turn.
    """

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._call_soon = call_soon
        self._waiting: deque[tuple[asyncio.Transport, bytes]] = deque()
        self._since = 0.0
        self._together = self._alone = 0

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send bytes by the end of this turn of the loop, after all that was put in before."""
        if self._alone:
            self._alone -= 1
            transport.write(data)
            return
        now = perf_counter()
        if not self._together:
            self._since = now
            self._call_soon(self._end_turn)
        self._together += 1
        self._waiting.append((transport, data))
        if now - self._since > PATIENCE:
            self._since = now
            self.flush()

    def flush(self) -> None:
        """Send all that waits."""
        try:
            while self._waiting:
                transport, data = self._waiting.popleft()
                if not transport.is_closing():
                    transport.write(data)
        finally:
            if self._waiting:  # one could not be sent; the others are
                self._call_soon(self.flush)

    def _end_turn(self) -> None:
        if self._together == 1:
            self._alone = ALONE
        self._together = 0
        self.flush()
