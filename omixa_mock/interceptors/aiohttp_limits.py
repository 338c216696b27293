"""Time limits of one call of aiohttp, counted by planned times instead of measured ones."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["TimeLimits"]


class TimeLimits:
    """Time limits of one call: aiohttp's `sock_read`, from the last bytes on, and `total`.

    Planned times count, not measured ones: a busy machine changes no outcome.

    Args:
        timeout: The call's `ClientTimeout`.
        protocol: aiohttp's protocol of the connection.
        req: aiohttp's request.
    """

    def __init__(self, timeout: Any, protocol: Any, req: Any) -> None:
        self._read = timeout.sock_read or math.inf
        self._total = timeout.total if timeout.total and timeout.total > 0 else math.inf
        self._protocol = protocol
        self._timer = req._timer  # noqa: SLF001  # no public name
        self._since_bytes = self._elapsed = 0.0

    def remaining(self) -> float:
        """Return the seconds until the first limit."""
        return float(min(self._read - self._since_bytes, self._total - self._elapsed))

    def spend(self, seconds: float) -> None:
        """Count a wait."""
        self._since_bytes += seconds
        self._elapsed += seconds

    def restart(self) -> None:
        """Count bytes that the client has received."""
        self._since_bytes = 0.0

    def stop_clock(self) -> None:
        """Stop aiohttp's own timer of `sock_read`; the next bytes start it again."""
        self._protocol._drop_timeout()  # noqa: SLF001  # no public name

    def expire(self) -> None:
        """Let the limit pass that comes first, in the way in which aiohttp's own timer does."""
        if self._read - self._since_bytes <= self._total - self._elapsed:
            self._protocol._on_read_timeout()  # noqa: SLF001  # the callback of that timer
        else:
            self._timer.timeout()
