"""Byte budget for the large bodies that the journals of one gateway keep."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import count
from threading import Lock
from weakref import ref

from .call import LIGHT, Call

__all__ = ["JOURNAL_BYTES", "BodyByteBudget"]

JOURNAL_BYTES = 256 * 1024 * 1024


class BodyByteBudget:
    """Byte budget for the bodies of all calls in the journals of a gateway.

    When it is exceeded, the bodies of the oldest calls are dropped; their records stay, marked as `Call.shed`.
    A call that no journal keeps any more is not counted.

    Args:
        bytes_max: The maximum number of bytes in all journals together.
    """

    def __init__(self, bytes_max: int = JOURNAL_BYTES) -> None:
        self.bytes_max = bytes_max
        # Not a plain dictionary: finding its oldest entry takes linear time after removals.
        self._large: OrderedDict[int, tuple[ref[Call], int]] = OrderedDict()
        self._numbers = count()
        # Numbers of calls that were garbage-collected. Collection may happen at any line, even while the lock is held.
        self._gone: deque[int] = deque()
        self._bytes = 0
        # Many threads may file calls.
        self._lock = Lock()

    @property
    def spent(self) -> int:
        """Return the number of bytes that are kept."""
        with self._lock:
            self._settle()
            return self._bytes

    def spend(self, call: Call) -> None:
        """Count the bytes of a call, and drop the bodies of the oldest calls if there are too many."""
        if call.received <= LIGHT and (call.sent is None or len(call.sent.body) <= LIGHT):
            return
        with self._lock:
            self._enter(call)
            self._settle()
            while self._bytes > self.bytes_max and len(self._large) > 1:
                self._drop_oldest()

    def _enter(self, call: Call) -> None:
        number, gone, size = next(self._numbers), self._gone, call.size
        self._large[number] = ref(call, lambda _: gone.append(number)), size
        self._bytes += size

    def _settle(self) -> None:
        """Subtract the bytes of calls that were garbage-collected."""
        while self._gone:
            _, size = self._large.pop(self._gone.popleft(), (None, 0))
            self._bytes -= size

    def _drop_oldest(self) -> None:
        _, (reference, size) = self._large.popitem(last=False)
        self._bytes -= size
        call = reference()
        if call is not None:
            call.shed_bytes()
