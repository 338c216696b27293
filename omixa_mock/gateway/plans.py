"""Planned faults: what goes wrong with the calls of a workspace, in which order, how often.

Plans are values. Each takes a fault, or several in sequence, and says which
valid calls it means: the next one, unless told otherwise.

    Plan((read_fault("reset"),)).after_capture().times(2)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .conditions import ANY, Condition, Predicate, read_condition
from .durations import chance_of
from .faults import OK, Fault, Moment
from .journal import Call
from .keys import short
from .settings import SettingError

__all__ = ["Plan", "PlannedRun", "describe_plan", "describe_run"]

OUTCOMES_MAX = 10_000
# How many outcomes of a sequence are told; the rest is counted.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What calls get, in order, in place of an undisturbed reply.

    Attributes:
        outcomes: The faults of one round; `ok` lets a call through.
        rounds: How often they begin again; None for ever.
        skipped: How many calls that it means pass before its turn comes.
        condition: Which calls it means.
        chance: How probable it is that such a call is struck.
    """

    outcomes: tuple[Fault, ...]
    rounds: int | None = 1
    skipped: int = 0
    condition: Condition = ANY
    chance: float = 1.0

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
        return replace(self, rounds=number)

    def for_ever(self) -> Plan:
        """The same, for every call that it means."""
        return self.times(None)

    def after(self, number: int) -> Plan:
        """The same, once so many of the calls that it means have passed.

        Raises:
            SettingError: The number is less than 0, or none.
        """
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise SettingError(f"after = {short(number)} is not accepted; accepted: 0 or more calls that pass before")
        return replace(self, skipped=number)

    def when(self, predicate: Predicate | Mapping[str, Any] | None = None, /, **fields: Any) -> Plan:
        """The same, for calls alone that have these fields, or of which the predicate is true.

        Raises:
            SettingError: A call has no such field.
        """
        return replace(self, condition=read_condition(predicate, fields))

    def with_probability(self, chance: float) -> Plan:
        """The same, striking a call with this probability, drawn from the setting `seed`; for ever unless told times.

        Raises:
            SettingError: The probability is not between 0 and 1.
        """
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 < chance <= 1:
            raise SettingError(f"probability = {short(chance)} is not accepted; accepted: more than 0, up to 1")
        return replace(self, chance=float(chance), rounds=None if self.rounds == 1 else self.rounds)

    def before_capture(self) -> Plan:
        """The same, striking while the money is held: the hold is given back, and nothing is charged."""
        return self._at("before_capture")

    def after_capture(self) -> Plan:
        """The same, striking when the charge stands: the pictures are made and paid for, and the reply is lost."""
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
        often += [f"when {self.condition}"] if self.condition else []
        often += [f"probability={self.chance:g}"] if self.chance < 1 else []
        return f"{outcomes} ({', '.join(often)})" if often else outcomes

    @property
    def total(self) -> int | None:
        """How many calls it takes; None where there is no end."""
        return None if self.rounds is None else len(self.outcomes) * self.rounds

    @property
    def takes_all(self) -> bool:
        """Whether it leaves no call to those that were planned after it."""
        return self.rounds is None and not self.skipped and not self.condition and self.chance == 1


@dataclass(slots=True)
class PlannedRun:
    """A plan at work.

    Attributes:
        plan: What is planned.
        number: 1 for the first plan of its workspace; what chances are drawn from.
        seen: How many calls came that it means.
        fired: How many of them it took.
        tripped: What its predicate raised; empty for most.
    """

    plan: Plan
    number: int = 1
    seen: int = 0
    fired: int = 0
    tripped: str = ""

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing left of the plan."""
        return self.plan.total is not None and self.fired >= self.plan.total

    @property
    def state(self) -> str:
        """`never fired`, `partly used`, `exhausted`, or `for ever` where it fired and has no end."""
        if self.exhausted:
            return "exhausted"
        if not self.fired:
            return "never fired"
        return "for ever" if self.plan.total is None else "partly used"

    def means(self, call: Call) -> bool:
        """Whether a valid call is one that the plan is about."""
        try:
            return self.plan.condition.holds(call)
        except Exception as error:  # noqa: BLE001  # a test's own function may raise anything; the verdict tells it
            self.tripped = f"{type(error).__name__}: {error}"[:200]
            return False

    def notice(self, *lot: object) -> bool:
        """See a call that the plan is about; says whether it is the plan's turn.

        Args:
            *lot: What its chances are drawn from: the seed, and whose calls they are.
        """
        self.seen += 1
        if self.exhausted or self.seen <= self.plan.skipped:
            return False
        return self.plan.chance == 1 or chance_of(*lot, "plan", self.number, self.seen) < self.plan.chance

    def take(self) -> Fault:
        """The outcome for the call whose turn it is."""
        outcome = self.plan.outcomes[self.fired % len(self.plan.outcomes)]
        self.fired += 1
        return outcome

    @property
    def left(self) -> tuple[Fault, ...]:
        """The faults of its first round that have struck no call yet."""
        return tuple(fault for fault in self.plan.outcomes[self.fired :] if fault != OK)


def describe_plan(plan: Plan) -> dict[str, Any]:
    """A plan as JSON, which can be planned again as it is; a predicate is left out."""
    return {
        "fail": [str(fault) for fault in plan.outcomes],
        "times": plan.rounds,
        "after": plan.skipped,
        "when": dict(plan.condition.fields),
        "probability": plan.chance,
    }


def describe_run(run: PlannedRun) -> dict[str, Any]:
    """A plan and what it has met, as JSON."""
    return {
        "plan": describe_plan(run.plan),
        "number": run.number,
        "seen": run.seen,
        "fired": run.fired,
        "state": run.state,
        "tripped": run.tripped,
    }
