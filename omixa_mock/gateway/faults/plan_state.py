"""Plans at work: which of their outcomes each call took, and what is left of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from msgspec import Struct

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.contract import random_fraction

from .catalogue import Fault
from .plan import Plan, describe_plan

__all__ = ["PlanState", "PlannedOutcome", "describe_plan_state"]


class PlannedOutcome(Struct, frozen=True):
    """What goes wrong with one call.

    Attributes:
        fault: What does; `ok` where nothing does.
        run: The plan that says so; None where the call itself asked for it, or nothing goes wrong.
        place: Which of the plan's outcomes it is, counted over all rounds.
    """

    fault: Fault
    run: PlanState | None = None
    place: int = 0


@dataclass(slots=True)
class PlanState:
    """A plan at work.

    Attributes:
        plan: What is planned.
        number: 1 for the first plan of its workspace; what chances are drawn from.
        seen: How many calls came that it means.
        fired: How many of them it took.
        tripped: What its predicate raised; empty for most.
        returned: The places of turns that were given back, lowest first.
    """

    plan: Plan
    number: int = 1
    seen: int = 0
    fired: int = 0
    predicate_error: str = ""
    returned: list[int] = field(default_factory=list, compare=False, repr=False)

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

    def matches(self, call: Call) -> bool:
        """Whether a valid call is one that the plan is about."""
        try:
            return self.plan.matcher.matches(call)
        except Exception as error:  # noqa: BLE001  # a test's own function may raise anything; the verdict tells it
            self.predicate_error = f"{type(error).__name__}: {error}"[:200]
            return False

    def should_fire(self, *random_scope: object) -> bool:
        """See a call that the plan is about; says whether it is the plan's turn.

        Args:
            *lot: What its chances are drawn from: the seed, and whose calls they are.
        """
        self.seen += 1
        if self.exhausted or self.seen <= self.plan.skipped:
            return False
        return (
            self.plan.probability == 1
            or random_fraction(*random_scope, "plan", self.number, self.seen) < self.plan.probability
        )

    def take(self) -> PlannedOutcome:
        """The turn of the call that is due: one that was given back, or the next."""
        place = heappop(self.returned) if self.returned else self.fired
        self.fired += 1
        return PlannedOutcome(self.plan.outcomes[place % len(self.plan.outcomes)], self, place)

    def give_back(self, turn: PlannedOutcome) -> None:
        """Take a turn back, for the next call."""
        self.fired -= 1
        heappush(self.returned, turn.place)


def describe_plan_state(run: PlanState) -> dict[str, Any]:
    """A plan and what it has met, as JSON."""
    return {
        "plan": describe_plan(run.plan),
        "number": run.number,
        "seen": run.seen,
        "fired": run.fired,
        "state": run.state,
        "tripped": run.predicate_error,
    }
