"""What the journals of one gateway may keep of large bodies: bytes that nobody reads again must not fill the memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import count
from threading import Lock
from weakref import ref

from .call import LIGHT, Call

__all__ = ["JOURNAL_BYTES", "BodyByteBudget"]

JOURNAL_BYTES = 256 * 1024 * 1024


class BodyByteBudget:
    """The bytes of large bodies, in the order in which their calls were filed.

    What is too much is dropped from the oldest calls, which go on telling all else, and say so (`Call.shed`).
    A call that no journal keeps any more costs nothing.

    Args:
        bytes_max: How many bytes are kept, of all journals together.
    """

    def __init__(self, bytes_max: int = JOURNAL_BYTES) -> None:
        self.bytes_max = bytes_max
        # A plain dictionary looks for its oldest entry among all that were removed before.
        self._heavy: OrderedDict[int, tuple[ref[Call], int]] = OrderedDict()
        self._places = count()
        # Places of calls that are gone. A collection may come upon one at any line, also where the lock is held.
        self._gone: deque[int] = deque()
        self._bytes = 0
        # Calls may come from many threads.
        self._lock = Lock()

    @property
    def spent(self) -> int:
        """How many bytes are kept now."""
        with self._lock:
            self._settle()
            return self._bytes

    def spend(self, call: Call) -> None:
        """Count the bytes of a call that was filed, and drop those of the oldest calls that are too many now."""
        if call.received <= LIGHT and (call.response is None or len(call.response.body) <= LIGHT):
            return
        with self._lock:
            self._enter(call)
            self._settle()
            while self._bytes > self.bytes_max and len(self._heavy) > 1:
                self._drop_oldest()

    def _enter(self, call: Call) -> None:
        place, gone, size = next(self._places), self._gone, call.size
        self._heavy[place] = ref(call, lambda _: gone.append(place)), size
        self._bytes += size

    def _settle(self) -> None:
        """Take back what was spent on calls that are gone."""
        while self._gone:
            _, size = self._heavy.pop(self._gone.popleft(), (None, 0))
            self._bytes -= size

    def _drop_oldest(self) -> None:
        _, (found, size) = self._heavy.popitem(last=False)
        self._bytes -= size
        call = found()
        if call is not None:
            call.shed_bytes()
