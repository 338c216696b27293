"""What became of planned faults: the sentence for each that did not come as planned."""

from __future__ import annotations

from collections.abc import Sequence

from omixa_mock.gateway import Call, PlanState

from .expectations import cut

__all__ = ["explain_plan_state", "unmet"]


def unmet(run: PlanState) -> bool:
    """Whether a plan owes a test something: a fault of it never struck. What is left to chance owes nothing."""
    if run.predicate_error:
        return True
    if run.plan.probability < 1:
        return False
    if run.plan.total is None:
        return run.fired == 0
    return any(str(fault) != "ok" for fault in (run.plan.outcomes * (run.plan.rounds or 1))[run.fired :])


def explain_plan_state(run: PlanState, calls: Sequence[Call]) -> str:
    """What a plan met, and why no more."""
    total = run.plan.total
    often = f"it struck {run.fired} of {total} calls" if total else f"it struck {run.fired} calls"
    return cut(f"{run.plan}: {run.state}; {often}{tell_why(run, calls)}", 600)


def tell_why(run: PlanState, calls: Sequence[Call]) -> str:
    """Why a plan was not used up."""
    if run.predicate_error:
        return f"; its predicate raised {run.predicate_error}"
    valid = [call for call in calls if call.image_request is not None]
    if run.plan.condition and valid and not run.seen:
        return f"; its condition held for none of {len(valid)} valid calls"
    refused = [call for call in calls if call.error and not call.error.planned]
    if refused:
        names = ", ".join(f"#{call.number} {call.error.name}" for call in refused[-3:] if call.error)
        return f"; calls that were refused leave it unused ({names})"
    return f"; of the calls that it means {run.seen} came" if run.seen > run.fired else ""
