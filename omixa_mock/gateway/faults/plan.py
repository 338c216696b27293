"""Fault plans: which faults are injected into which calls, in which sequence, how often.

Plans are immutable values. A plan holds one fault, or a sequence of them, and a
matcher for valid calls. By default it fires once, at the next valid call.

    Plan((read_fault("reset"),)).after_capture().times(2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from omixa_mock.gateway.contract import SettingError
from omixa_mock.gateway.http import abbreviate

from .catalogue import Fault, Moment
from .matching import ANY, Matcher, Predicate, read_matcher

__all__ = ["Plan", "describe_plan", "is_covered"]

OUTCOMES_MAX = 10_000
SKIPPED_MAX = 10_000_000
# The number of outcomes that are listed; the rest is counted.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan of the faults for a sequence of calls.

    Attributes:
        outcomes: The faults of one round; `ok` lets a call through.
        rounds: The number of rounds; None for ever.
        skipped: The number of matching calls that pass before it fires.
        matcher: The matcher of its calls.
        probability: The probability that it fires at a matching call.
        times_given: True if the number of rounds was given explicitly.
    """

    outcomes: tuple[Fault, ...]
    rounds: int | None = 1
    skipped: int = 0
    matcher: Matcher = ANY
    probability: float = 1.0
    # An explicit `times(1)` differs from the default of once: a probability makes only the default endless.
    times_given: bool = field(default=False, compare=False, repr=False)

    def times(self, number: int | None) -> Plan:
        """Return the plan with a number of rounds; None for ever.

        Raises:
            SettingError: The number is not an integer of at least 1, or there are too many outcomes.
        """
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise SettingError(
                f"times = {abbreviate(number)} is not accepted; accepted: 1 or more, or null (None in Python) for ever"
            )
        if len(self.outcomes) * (number or 1) > OUTCOMES_MAX:
            raise SettingError(
                f"A plan has at most {OUTCOMES_MAX:,} outcomes; {len(self.outcomes)} × {abbreviate(number)} "
                "were given. For ever is times = None"
            )
        return replace(self, rounds=number, times_given=True)

    def for_ever(self) -> Plan:
        """Return the plan, firing at every matching call without end."""
        return self.times(None)

    def after(self, number: int) -> Plan:
        """Return the plan, firing after `number` matching calls have passed.

        Raises:
            SettingError: The number is not an integer of at least 0, or it is too large.
        """
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= SKIPPED_MAX:
            raise SettingError(
                f"after = {abbreviate(number)} is not accepted; accepted: 0 to {SKIPPED_MAX:,} calls that pass before"
            )
        return replace(self, skipped=number)

    def when(self, predicate: Predicate | Mapping[str, Any] | None = None, /, **fields: Any) -> Plan:
        """Return the plan, restricted to calls with these fields and for which the predicate is true.

        Raises:
            SettingError: A condition is not accepted, or there are two predicates.
        """
        added = read_matcher(predicate, fields)
        if added.predicate and self.matcher.predicate:
            raise SettingError("when has a predicate already. Combine both in one function")
        both = {**self.matcher.fields, **added.fields}
        return replace(self, matcher=Matcher(both, added.predicate or self.matcher.predicate))

    def with_probability(self, probability: float) -> Plan:
        """Return the plan, firing with a probability, drawn from the setting `seed`; for ever unless `times` was given.

        Raises:
            SettingError: The probability is not between 0 and 1.
        """
        if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 < probability <= 1:
            raise SettingError(
                f"probability = {abbreviate(probability)} is not accepted; accepted: more than 0, up to 1"
            )
        return replace(self, probability=float(probability), rounds=self.rounds if self.times_given else None)

    def before_capture(self) -> Plan:
        """Return the plan, firing while the money is held: the hold is released, and nothing is charged."""
        return self._at("before_capture")

    def after_capture(self) -> Plan:
        """Return the plan, firing after the charge: the images are made and paid for, and the response is lost."""
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
        """Return the number of calls at which it fires; None for no end."""
        return None if self.rounds is None else len(self.outcomes) * self.rounds


def is_covered(plan: Plan, by: Plan) -> bool:
    """Return True if a plan would never fire behind another one."""
    endless = by.rounds is None and not by.skipped and by.probability == 1 and not by.matcher.predicate
    fields = plan.matcher.fields
    return endless and all(name in fields and fields[name] == value for name, value in by.matcher.fields.items())


def describe_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON, which can be planned again; a predicate is left out."""
    return {
        "fail": [str(fault) for fault in plan.outcomes],
        "times": plan.rounds,
        "after": plan.skipped,
        "when": {name: plain(value) for name, value in plan.matcher.fields.items()},
        "probability": plan.probability,
    }


def plain(value: Any) -> Any:
    """Return a value if it is valid JSON, otherwise its abbreviated repr."""
    try:
        orjson.dumps(value)
    except TypeError:
        return abbreviate(value)
    return value
