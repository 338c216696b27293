"""Plan state: the outcomes that a plan has given to calls, and those that are left."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from msgspec import Struct

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.contract import random_fraction
from omixa_mock.gateway.http import redact_json

from .catalogue import Fault
from .plan import Plan, describe_plan

__all__ = ["PlanState", "PlannedOutcome", "describe_plan_state"]


class PlannedOutcome(Struct, frozen=True):
    """The planned outcome of one call.

    Attributes:
        fault: The fault to inject; `ok` for none.
        state: The state of its plan; None if the call itself requested the fault, or there is none.
        index: The index of the outcome in its plan, counted over all rounds.
    """

    fault: Fault
    state: PlanState | None = None
    index: int = 0


@dataclass(slots=True)
class PlanState:
    """State of a plan in a workspace.

    Attributes:
        plan: The plan.
        number: 1 for the first plan of its workspace; a part of the random seed.
        seen: The number of matching calls.
        fired: The number of outcomes that were given to calls.
        predicate_error: The latest exception of the predicate, as text; usually empty.
        returned: The indices of outcomes that were given back, a heap.
    """

    plan: Plan
    number: int = 1
    seen: int = 0
    fired: int = 0
    predicate_error: str = ""
    returned: list[int] = field(default_factory=list, compare=False, repr=False)

    @property
    def exhausted(self) -> bool:
        """Return True if no outcome is left."""
        return self.plan.total is not None and self.fired >= self.plan.total

    @property
    def state(self) -> str:
        """Return `never fired`, `partly used`, `exhausted`, or `for ever` if it fired and has no end."""
        if self.exhausted:
            return "exhausted"
        if not self.fired:
            return "never fired"
        return "for ever" if self.plan.total is None else "partly used"

    def matches(self, call: Call) -> bool:
        """Return True if a valid call matches the plan; a predicate that raises does not match."""
        try:
            return self.plan.matcher.matches(call)
        except Exception as error:  # noqa: BLE001  # a test's predicate may raise anything; reported by the strictness check
            self.predicate_error = f"{type(error).__name__}: {error}"[:200]
            return False

    def should_fire(self, *random_scope: object) -> bool:
        """Count a matching call, and return True if the plan is due to fire.

        Args:
            *random_scope: The seed, and the scope of the workspace.
        """
        self.seen += 1
        if self.exhausted or self.seen <= self.plan.skipped:
            return False
        return (
            self.plan.probability == 1
            or random_fraction(*random_scope, "plan", self.number, self.seen) < self.plan.probability
        )

    def take(self) -> PlannedOutcome:
        """Return the next outcome: the first one that was given back, or a new one."""
        index = heappop(self.returned) if self.returned else self.fired
        self.fired += 1
        return PlannedOutcome(self.plan.outcomes[index % len(self.plan.outcomes)], self, index)

    def give_back(self, outcome: PlannedOutcome) -> None:
        """Return an outcome to the plan, for the next call."""
        self.fired -= 1
        heappush(self.returned, outcome.index)


def describe_plan_state(state: PlanState) -> dict[str, Any]:
    """Return a plan and its state as JSON."""
    return {
        "plan": redact_json(describe_plan(state.plan)),
        "number": state.number,
        "seen": state.seen,
        "fired": state.fired,
        "state": state.state,
        "predicate_error": state.predicate_error,
    }
