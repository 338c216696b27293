"""Outcomes of a trial, each with the evidence for it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from omixa_mock.gateway import Call

from .evidence import Evidence

__all__ = ["FAILURES", "OUTCOMES", "TIMING", "Outcome", "find_outcomes"]

# What costs money, time or a wrong file, and what is only worth knowing.
FAILURES = ("paid again", "hung", "swallowed")
TIMING = ("no backoff", "Retry-After ignored")
NOTES = ("retried in vain", *TIMING, "ended loudly", "recovered")
OUTCOMES = (*FAILURES, *NOTES)
# A repeated request cannot succeed. [docs/errors: 401, 402, 403, 422]
FINAL = frozenset({401, 402, 403, 422})
BUSY = frozenset({429, 503})
AT_ONCE = 0.1
# Clocks and sleeps are not exact.
TOLERANCE = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a client did, and how that was seen.

    Attributes:
        name: One of `OUTCOMES`.
        evidence: One sentence.
    """

    name: str
    evidence: str

    @property
    def is_failure(self) -> bool:
        """Return True if the outcome costs money, time or a wrong file."""
        return self.name in FAILURES


def find_outcomes(evidence: Evidence) -> tuple[Outcome, ...]:
    """Return the outcomes of a trial, failures first."""
    return tuple(outcome for find in FINDERS for outcome in find(evidence))


def find_second_payment(evidence: Evidence) -> Iterator[Outcome]:
    """Yield an outcome if more than one call was charged."""
    count = len(evidence.charged)
    if count > 1:
        total = sum(call.charge for call in evidence.charged)
        yield Outcome("paid again", f"{count} calls were charged, together {total:.6f} USD")


def find_end(evidence: Evidence) -> Iterator[Outcome]:
    """Yield how the client ended: hung, swallowed, ended loudly or recovered."""
    if evidence.exit_code is None:
        before = "" if evidence.calls else ", before it made a call: give a longer --timeout if it only starts slowly"
        yield Outcome("hung", evidence.hang_reason or f"it was ended by force after {evidence.seconds:.0f} s{before}")
    elif evidence.exit_code != 0:
        yield Outcome("ended loudly", evidence.last_words or describe_exit(evidence.exit_code))
    elif evidence.output_flaw:
        yield Outcome("swallowed", f"it ended as a success, and {evidence.output_flaw}")
    elif evidence.output_flaw is None and not evidence.delivered:
        yield Outcome("swallowed", "it ended as a success, and no call brought a usable image")
    else:
        yield Outcome("recovered", f"it ended as a success after {describe_count(evidence.calls)}")


def describe_exit(exit_code: int) -> str:
    """Return an exit code in words."""
    try:
        return f"ended by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exit code {exit_code}"
    except ValueError:
        return f"ended by signal {-exit_code}"


def describe_count(calls: tuple[Call, ...]) -> str:
    """Return the number of calls in words."""
    return "1 call" if len(calls) == 1 else f"{len(calls)} calls"


def find_vain_retry(evidence: Evidence) -> Iterator[Outcome]:
    """Yield an outcome if a call followed a refusal that no repetition can change."""
    statuses = [str(call.status) for call in evidence.calls[:-1] if call.status in FINAL]
    if statuses:
        yield Outcome("retried in vain", f"another call followed {statuses[0]}")


def find_haste(evidence: Evidence) -> Iterator[Outcome]:
    """Yield outcomes if a call followed 429 or 503 too soon."""
    busy = [(call, gap) for call, gap in evidence.gaps if call.status in BUSY]
    at_once = [(call, gap) for call, gap in busy if gap < AT_ONCE]
    if at_once:
        yield Outcome("no backoff", f"another call followed {at_once[0][0].status} at once")
    asked = [(retry_after(call), gap) for call, gap in busy if retry_after(call)]
    early = [wait for wait, gap in asked if gap < wait * TOLERANCE]
    if early:
        yield Outcome("Retry-After ignored", f"another call came before the {early[0]:.0f} s of Retry-After")


def retry_after(call: Call) -> float:
    """Return the seconds of a response's Retry-After; 0 if there are none."""
    fields = call.sent.headers if call.sent else {}
    text = next((value for name, value in dict(fields).items() if name.lower() == "retry-after"), "")
    return float(text) if text.isdecimal() else 0.0


FINDERS: tuple[Callable[[Evidence], Iterator[Outcome]], ...] = (
    find_second_payment,
    find_end,
    find_vain_retry,
    find_haste,
)
