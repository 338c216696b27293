"""What the journals of one gateway may keep of large bodies: bytes that nobody reads again must not fill the memory."""

from __future__ import annotations

from collections import deque
from threading import Lock

from .journal import Call

__all__ = ["JOURNAL_BYTES", "LIGHT", "Budget"]

JOURNAL_BYTES = 256 * 1024 * 1024
# A body this small is part of its record, and goes with it.
LIGHT = 4 * 1024


class Budget:
    """The bytes of large bodies, in the order in which their calls were filed.

    What is too much is dropped from the oldest calls, which go on telling all else, and say so (`Call.shed`).

    Args:
        bytes_max: How many bytes are kept, of all journals together.
    """

    def __init__(self, bytes_max: int = JOURNAL_BYTES) -> None:
        self.bytes_max = bytes_max
        self._heavy: deque[tuple[Call, int]] = deque()
        self._bytes = 0
        # Calls may come from many threads.
        self._lock = Lock()

    def spend(self, call: Call) -> None:
        """Count the bytes of a call that was filed, and drop those of the oldest calls that are too many now."""
        if call.received <= LIGHT and (call.reply is None or len(call.reply.body) <= LIGHT):
            return
        with self._lock:
            self._heavy.append((call, call.size))
            self._bytes += call.size
            while self._bytes > self.bytes_max and len(self._heavy) > 1:
                oldest, size = self._heavy.popleft()
                oldest.shed_bytes()
                self._bytes -= size
