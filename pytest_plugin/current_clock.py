"""Clock of the running test, for gateways that outlive it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omixa_mock.gateway import Call

if TYPE_CHECKING:
    from omixa_mock.trials.clock import CallClock

__all__ = ["CurrentClock"]


class CurrentClock:
    """Clock of the running test.

    Attributes:
        clock: The clock; None for a test that does not measure its client, as most.
    """

    def __init__(self) -> None:
        self.clock: CallClock | None = None

    def start(self, call: Call) -> None:
        """Note that a call begins now."""
        if self.clock is not None:
            self.clock.start(call)

    def end(self, call: Call) -> None:
        """Note that a call has ended now."""
        if self.clock is not None:
            self.clock.end(call)
