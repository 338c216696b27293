"""Planned faults: what goes wrong with the calls of a workspace, in which order, how often.

Plans are values. Each takes a fault, or several in sequence, and says which
valid calls it means: the next one, unless told otherwise.

    Plan((read_fault("reset"),)).after_capture().times(2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from omixa_mock.gateway.contract import SettingError
from omixa_mock.gateway.http import short

from .catalogue import Fault, Moment
from .matching import ANY, Matcher, Predicate, read_matcher

__all__ = ["Plan", "describe_plan", "is_covered"]

OUTCOMES_MAX = 10_000
SKIPPED_MAX = 10_000_000
# How many outcomes of a sequence are told; the rest is counted.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What calls get, in order, in place of an undisturbed response.

    Attributes:
        outcomes: The faults of one round; `ok` lets a call through.
        rounds: How often they begin again; None for ever.
        skipped: How many calls that it means pass before its turn comes.
        matcher: Which calls it means.
        chance: How probable it is that such a call is struck.
    """

    outcomes: tuple[Fault, ...]
    rounds: int | None = 1
    skipped: int = 0
    matcher: Matcher = ANY
    probability: float = 1.0
    # Whether anybody said how often: once is not the same as "once, as nobody said otherwise".
    said: bool = field(default=False, compare=False, repr=False)

    def times(self, number: int | None) -> Plan:
        """The same, so often; None for ever.

        Raises:
            SettingError: The number is less than 1, or none.
        """
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise SettingError(f"times = {short(number)} is not accepted; accepted: 1 or more, or None for ever")
        if len(self.outcomes) * (number or 1) > OUTCOMES_MAX:
            raise SettingError(
                f"A plan has at most {OUTCOMES_MAX:,} outcomes; {len(self.outcomes)} × {short(number)} came. "
                "For ever is times = None"
            )
        return replace(self, rounds=number, said=True)

    def for_ever(self) -> Plan:
        """The same, for every call that it means."""
        return self.times(None)

    def after(self, number: int) -> Plan:
        """The same, once so many of the calls that it means have passed.

        Raises:
            SettingError: The number is less than 0, or none.
        """
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= SKIPPED_MAX:
            raise SettingError(
                f"after = {short(number)} is not accepted; accepted: 0 to {SKIPPED_MAX:,} calls that pass before"
            )
        return replace(self, skipped=number)

    def when(self, predicate: Predicate | Mapping[str, Any] | None = None, /, **fields: Any) -> Plan:
        """The same, for calls alone that have these fields too, and of which the predicate is true.

        Raises:
            SettingError: A call has no such field, or there are two predicates.
        """
        added = read_matcher(predicate, fields)
        if added.predicate and self.matcher.predicate:
            raise SettingError("when has a predicate already. Say both in one function")
        both = {**self.matcher.fields, **added.fields}
        return replace(self, matcher=Matcher(both, added.predicate or self.matcher.predicate))

    def with_probability(self, probability: float) -> Plan:
        """The same, striking a call with this probability, drawn from the setting `seed`; for ever unless told times.

        Raises:
            SettingError: The probability is not between 0 and 1.
        """
        if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 < probability <= 1:
            raise SettingError(f"probability = {short(probability)} is not accepted; accepted: more than 0, up to 1")
        return replace(self, probability=float(probability), rounds=self.rounds if self.said else None)

    def before_capture(self) -> Plan:
        """The same, striking while the money is held: the hold is given back, and nothing is charged."""
        return self._at("before_capture")

    def after_capture(self) -> Plan:
        """The same, striking when the charge stands: the images are made and paid for, and the response is lost."""
        return self._at("after_capture")

    def _at(self, moment: Moment) -> Plan:
        return replace(self, outcomes=tuple(fault.at(moment) for fault in self.outcomes))

    def __str__(self) -> str:
        same = len(set(self.outcomes)) == 1
        outcomes = str(self.outcomes[0]) if same else ", ".join(map(str, self.outcomes[:SHOWN]))
        outcomes += f", … ({len(self.outcomes)} outcomes)" if not same and len(self.outcomes) > SHOWN else ""
        rounds = len(self.outcomes) * self.rounds if same and self.rounds else self.rounds
        often = ["for ever"] if rounds is None else [f"times={rounds}"] if same or rounds > 1 else []
        often += [f"after={self.skipped}"] if self.skipped else []
        often += [f"when {self.matcher}"] if self.matcher else []
        often += [f"probability={self.probability:g}"] if self.probability < 1 else []
        return f"{outcomes} ({', '.join(often)})" if often else outcomes

    @property
    def total(self) -> int | None:
        """How many calls it takes; None where there is no end."""
        return None if self.rounds is None else len(self.outcomes) * self.rounds


def is_covered(plan: Plan, by: Plan) -> bool:
    """Whether a plan would never have its turn behind another."""
    endless = by.rounds is None and not by.skipped and by.probability == 1 and not by.matcher.predicate
    wanted = plan.matcher.fields
    return endless and all(name in wanted and wanted[name] == each for name, each in by.matcher.fields.items())


def describe_plan(plan: Plan) -> dict[str, Any]:
    """A plan as JSON, which can be planned again as it is; a predicate is left out."""
    return {
        "fail": [str(fault) for fault in plan.outcomes],
        "times": plan.rounds,
        "after": plan.skipped,
        "when": {name: plain(value) for name, value in plan.matcher.fields.items()},
        "probability": plan.probability,
    }


def plain(value: Any) -> Any:
    """A wanted value as JSON; a matcher of the test's own as Python shows it."""
    try:
        orjson.dumps(value)
    except TypeError:
        return short(value)
    return value
