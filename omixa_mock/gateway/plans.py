"""Planned failures: what the next calls of a workspace get in place of their pictures.

A plan's turn comes after a request was found valid; a call that is refused
before that leaves it unused.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .keys import CHALLENGE, redact
from .problems import ErrorRow, Problem
from .settings import SettingError

__all__ = ["OK", "Plan", "PlannedRun", "describe_run", "read_plan", "refuse_as_planned"]

OK = "ok"
Outcome = str | int


@dataclass(frozen=True, slots=True)
class Plan:
    """What calls get, in order.

    Attributes:
        outcomes: Names of errors, or `ok` where a call goes through.
        for_ever: Whether the outcomes begin again when they are used up.
    """

    outcomes: tuple[str, ...]
    for_ever: bool = False

    def __str__(self) -> str:
        if self.for_ever:
            return f"{', '.join(self.outcomes)}, for ever"
        same = len(set(self.outcomes)) == 1
        return f"{self.outcomes[0]} (times={len(self.outcomes)})" if same else ", ".join(self.outcomes)


@dataclass(slots=True)
class PlannedRun:
    """A plan at work: how many calls it has met."""

    plan: Plan
    fired: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing left of the plan."""
        return not self.plan.for_ever and self.fired >= len(self.plan.outcomes)

    def take(self) -> str:
        """The outcome for the call whose turn it is."""
        outcome = self.plan.outcomes[self.fired % len(self.plan.outcomes)]
        self.fired += 1
        return outcome


def read_plan(what: Outcome | Sequence[Outcome], times: int | None, errors: Mapping[str, ErrorRow]) -> Plan:
    """A plan from an error's name or status, or from a sequence of them.

    Args:
        what: For instance `"no_route"`, `503`, or `["no_route", "no_route", "ok"]`.
        times: How often; None for ever.
        errors: The error table.

    Raises:
        SettingError: Something is unknown or not accepted.
    """
    if isinstance(times, bool) or (times is not None and (not isinstance(times, int) or times < 1)):
        raise SettingError(f"times = {short(times)} is not accepted; accepted: 1 or more, or None for ever")
    listed = what if isinstance(what, list | tuple) else [what]
    if not listed:
        raise SettingError('A plan needs an outcome or more, for instance ["no_route", "ok"]')
    if len(listed) * (times or 1) > OUTCOMES_MAX:
        raise SettingError(
            f"A plan has at most {OUTCOMES_MAX:,} outcomes; {len(listed)} × {short(times or 1)} came. "
            "For ever is times = None"
        )
    outcomes = tuple(read_outcome(each, errors) for each in listed)
    return Plan(outcomes * (times or 1), for_ever=times is None)


OUTCOMES_MAX = 10_000


def short(value: Any) -> str:
    """A value that may be anybody's JSON, for a message."""
    text = redact(repr(value))
    return text if len(text) <= 80 else f"{text[:80]}…"


def read_outcome(what: Any, errors: Mapping[str, ErrorRow]) -> str:
    """The name of an outcome that is given by name or status."""
    plannable = {name: errors[name] for name in PLANNABLE}
    by_status = {row.status: name for name, row in plannable.items()}
    if what == OK or (isinstance(what, str) and what in plannable):
        return str(what)
    if isinstance(what, int) and what in by_status:
        return by_status[what]
    near = difflib.get_close_matches(str(what)[:80], [*plannable, OK], 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    accepted = ", ".join(f"{name} ({row.status})" for name, row in plannable.items())
    raise SettingError(f"There is no failure {short(what)}; there are: {accepted}, and ok.{hint}")


# The documented errors [docs/errors].
PLANNABLE = ("invalid_key", "insufficient_balance", "model_not_allowed", "invalid_request", "no_route")
MESSAGES: Mapping[str, str] = {
    "invalid_key": "Missing or invalid API key.",
    # The one text that a page shows.
    "insufficient_balance": "Insufficient wallet balance.",
    "model_not_allowed": "This key is not allowed to use the requested model.",
    "invalid_request": "Payload validation failed.",
    "no_route": "No healthy route is currently available.",
}


def refuse_as_planned(outcome: str) -> None:
    """Refuse a call for which a plan has another outcome than `ok`.

    Raises:
        Problem: The planned one, marked by `X-Omixa-Mock-Fault`.
    """
    if outcome != OK:
        demanded = CHALLENGE if outcome == "invalid_key" else ()
        raise Problem(outcome, MESSAGES[outcome], headers=(*demanded, ("x-omixa-mock-fault", outcome)), planned=True)


def describe_run(run: PlannedRun) -> dict[str, Any]:
    """A plan and what it has met, as JSON."""
    return {"outcomes": list(run.plan.outcomes), "for_ever": run.plan.for_ever, "fired": run.fired}
