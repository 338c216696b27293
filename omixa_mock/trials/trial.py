"""Trial: one case of a client, with its outcomes."""

from __future__ import annotations

from dataclasses import dataclass

from .cases import Case
from .evidence import Evidence
from .outcomes import FAILURES, Outcome, find_outcomes

__all__ = ["Trial", "make_trial"]


@dataclass(frozen=True, slots=True)
class Trial:
    """Result of one case.

    Attributes:
        case: What the client met.
        outcomes: What it did, failures first.
        calls: The number of its calls.
        charges: The number of calls that were charged.
        seconds: The duration.
        last_words: The last line that it wrote to standard error, or its exception.
    """

    case: Case
    outcomes: tuple[Outcome, ...]
    calls: int
    charges: int
    seconds: float
    last_words: str = ""

    @property
    def failures(self) -> list[Outcome]:
        """Return the outcomes that cost money, time or a wrong file."""
        return [outcome for outcome in self.outcomes if outcome.name in FAILURES]

    @property
    def summary(self) -> str:
        """Return what the client did, in a few words."""
        first = self.outcomes[0]
        calls = "1 call" if self.calls == 1 else f"{self.calls} calls"
        return f"made {calls}, {self.charges} charged; {first.name}: {first.evidence}"


def make_trial(evidence: Evidence) -> Trial:
    """Return the trial that some evidence shows."""
    return Trial(
        evidence.case,
        find_outcomes(evidence),
        len(evidence.calls),
        len(evidence.charged),
        evidence.seconds,
        evidence.last_words,
    )
