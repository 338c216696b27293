"""Outcomes of plans: which faults never came, and why."""

from __future__ import annotations

from collections.abc import Sequence

from omixa_mock.gateway.calls import LINE_MAX, Call, cut
from omixa_mock.gateway.faults import OwnResponse, PlanState

__all__ = ["describe_unmet", "error_of", "explain_plan_state", "find_passed", "is_unmet"]


def is_unmet(state: PlanState) -> bool:
    """Return True if a fault of a plan never came. A plan with a probability promises none."""
    plan = state.plan
    if error_of(state):
        return True
    if plan.probability < 1:
        return False
    if plan.total is None:
        return state.fired == 0
    return any(str(fault) != "ok" for fault in (plan.outcomes * (plan.rounds or 1))[state.fired :])


def error_of(state: PlanState) -> str:
    """Return the exception of a function of a plan, as text: of its predicate or of a response; usually empty."""
    own = (fault for fault in state.plan.outcomes if isinstance(fault, OwnResponse))
    return state.predicate_error or next((error for outcome in own for error in outcome.raised), "")


def describe_unmet(state: PlanState, calls: Sequence[Call]) -> str:
    """Return in one line what was wrong with an unmet plan."""
    return f"{name_failure(state)}: {explain_plan_state(state, calls)}"


def name_failure(state: PlanState) -> str:
    """Return in a few words what was wrong with a plan."""
    if state.predicate_error:
        return "the predicate of a plan raised"
    return "the function of a response raised" if error_of(state) else "a planned fault did not come"


def explain_plan_state(state: PlanState, calls: Sequence[Call]) -> str:
    """Return how often a plan applied, and why not more often."""
    total = state.plan.total
    count = f"injected into {state.fired} of {total} calls" if total else f"injected into {state.fired} calls"
    return cut(f"{state.plan}: {state.state}; {count}{explain_rest(state, calls)}", LINE_MAX)


def explain_rest(state: PlanState, calls: Sequence[Call]) -> str:
    """Return why a plan was not used up."""
    if error_of(state):
        function = "predicate" if state.predicate_error else "function"
        return f"; its {function} raised {error_of(state)}"
    missed = find_missed(state, calls)
    if missed:
        return f"; its condition held for none of {len(missed)} valid calls"
    passed = find_passed(state, calls)
    if passed:
        names = ", ".join(f"#{call.number} {call.error.name}" for call in passed[-3:] if call.error)
        return f"; calls that were refused leave it unused ({names})"
    return f"; of the calls that it means {state.seen} came" if state.seen > state.fired else ""


def find_missed(state: PlanState, calls: Sequence[Call]) -> Sequence[Call]:
    """Return the valid calls, if a plan has a condition that held for none of them."""
    return [call for call in calls if call.image_request is not None and state.plan.matcher and not state.seen]


def find_passed(state: PlanState, calls: Sequence[Call]) -> Sequence[Call]:
    """Return the calls that were refused before a plan was used, if nothing else explains why it was not."""
    if error_of(state) or find_missed(state, calls):
        return []
    return [call for call in calls if call.error and not call.error.planned]
