"""Clock that notes when calls begin and end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from omixa_mock.gateway import Call

__all__ = ["CallClock", "Span"]

Span: TypeAlias = tuple[float | None, float | None]


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

    def spans(self, calls: Sequence[Call]) -> tuple[Span, ...]:
        """Return the times at which each of some calls began and ended; None for a time that was not noted."""
        with self._lock:
            begun = (self._began.get(id(call), (call, None))[1] for call in calls)
            return tuple((began, self._ended.get(id(call))) for call, began in zip(calls, begun, strict=True))
