"""Clock that notes when calls begin and end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from omixa_mock.gateway import Call

__all__ = ["CallClock"]


@dataclass(slots=True)
class CallClock:
    """Times at which calls began and ended, in seconds from any start; noted from any thread.

    Attributes:
        now: Returns the time.
    """

    now: Callable[[], float] = time.monotonic
    # By identity; the call is kept, so that no other has the same.
    _began: dict[int, tuple[Call, float]] = field(default_factory=dict)
    _ended: dict[int, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, call: Call) -> None:
        """Note that a call begins now."""
        with self._lock:
            self._began[id(call)] = call, self.now()

    def end(self, call: Call) -> None:
        """Note that a call has ended now."""
        with self._lock:
            self._ended[id(call)] = self.now()

    def spans(self, calls: Sequence[Call]) -> tuple[tuple[float, float], ...]:
        """Return the times at which each of some calls began and ended; nothing if one of them was not noted."""
        with self._lock:
            numbers = [id(call) for call in calls]
            if not self._began.keys() & self._ended.keys() >= set(numbers):
                return ()
            return tuple((self._began[number][1], self._ended[number]) for number in numbers)
