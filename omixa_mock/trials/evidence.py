"""Evidence of a trial: the calls, the clock, how the client ended, what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from omixa_mock.gateway import Call
from omixa_mock.gateway.http import GENERATE
from omixa_mock.mock import OmixaMock

from .cases import Case
from .clock import Span

__all__ = ["Evidence", "image_calls"]

API_PATH = f"/api/v1/{GENERATE}"


def image_calls(mock: OmixaMock) -> tuple[Call, ...]:
    """Return the calls to make images, when none is under way any more."""
    return tuple(call for call in mock.settle() if call.path == API_PATH)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of one trial.

    Attributes:
        case: What the client met.
        calls: The calls to make images, in the order in which they ended.
        spans: The times at which each call began and ended, in seconds; None for a time that is not known.
        seconds: The duration of the trial.
        exit_code: The client's exit code; 1 for an exception; None if the client was ended by force.
        last_words: The last line that the client wrote to standard error, or its exception.
        output_flaw: What is wrong with the files that the client wrote; empty if nothing is; None if nobody looked.
        hang_reason: Why the client would wait for ever; empty if it was ended after its time.
    """

    case: Case
    calls: tuple[Call, ...]
    spans: tuple[Span, ...]
    seconds: float
    exit_code: int | None
    last_words: str = ""
    output_flaw: str | None = None
    hang_reason: str = ""

    @property
    def charged(self) -> list[Call]:
        """Return the calls that were charged."""
        return [call for call in self.calls if call.charged]

    @property
    def delivered(self) -> list[Call]:
        """Return the calls that brought their client a usable image."""
        return [call for call in self.charged if not call.lost]

    @property
    def gaps(self) -> list[tuple[Call, float]]:
        """Return each call that was followed by another, with the seconds from its end to the next one's beginning."""
        pairs = zip(self.calls, pairwise(self.spans), strict=False)
        gaps = [
            (call, began - ended) for call, ((_, ended), (began, _)) in pairs if ended is not None and began is not None
        ]
        # A call that began before the other had its response does not follow it.
        return [(call, gap) for call, gap in gaps if gap >= 0]
