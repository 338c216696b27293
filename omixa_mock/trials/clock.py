"""Clock that notes when calls end."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from omixa_mock.gateway import Call

__all__ = ["CallClock"]


@dataclass(slots=True)
class CallClock:
    """Times at which calls ended, in seconds from any start; noted from any thread."""

    _ended: dict[int, tuple[Call, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, call: Call) -> None:
        """Note that a call has ended now."""
        with self._lock:
            # By identity; the call is kept, so that no other has the same.
            self._ended[id(call)] = (call, time.monotonic())

    def times(self, calls: Sequence[Call]) -> tuple[float, ...]:
        """Return the time at which each of some calls ended; nothing if one of them has not ended."""
        with self._lock:
            ended = [self._ended.get(id(call)) for call in calls]
        return tuple(entry[1] for entry in ended if entry) if all(ended) else ()
