"""Reading plans: from a name or a status, a sequence, a value of the test's own, or a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from omixa_mock.gateway.contract import SettingError, Terms
from omixa_mock.gateway.http import short

from .catalogue import CATALOGUE, Fault, describe_unknown, read_fault
from .matching import refuse_impossible
from .plan import Plan, describe_plan

__all__ = ["PLAN_FIELDS", "read_plan", "write_plan"]

PLAN_FIELDS = ("fail", "times", "after", "when", "probability")


def read_plan(what: Any, terms: Terms) -> Plan:
    """A plan from an outcome, or from a sequence of them.

    Args:
        what: A fault as text (`"no_route"`, `"delay:2s"`), a status (`503`), `"ok"`, a `Plan`, a sequence
            of these (`["no_route", "no_route", "ok"]`), or an object as it comes in JSON:
            `{"fail": "no_route", "times": 2, "after": 1, "when": {"n": 2}, "probability": 0.5}`.
        terms: The contract in force.

    Raises:
        SettingError: Something is unknown, or cannot ever be.
    """
    if isinstance(what, Plan):
        refuse_impossible(what.matcher, terms)
        if not what.outcomes:
            raise SettingError('A plan needs an outcome or more, for instance ["no_route", "ok"]')
        return what
    if isinstance(what, Mapping):
        return read_object(what, terms)
    listed = what if isinstance(what, list | tuple) else [what]
    if not listed:
        raise SettingError('A plan needs an outcome or more, for instance ["no_route", "ok"]')
    plan = Plan(tuple(fault for each in listed for fault in read_outcomes(each, terms)))
    return replace(plan.times(1), said=False)  # once, unless more is said


def read_outcomes(what: Any, terms: Terms) -> tuple[Fault, ...]:
    """What one member of a sequence stands for."""
    match what:
        case Fault():
            return (read_fault(str(what)),)  # it may have been made by hand
        case Plan():
            return flatten(what)
        case str():
            return (read_fault(what),)
        case int() | float() if not isinstance(what, bool):
            return (read_status(whole(what), terms),)
    if callable(what) and getattr(what, "__name__", "") in CATALOGUE:
        raise SettingError(f"{what.__name__} is not called. Write {what.__name__}()")
    raise SettingError(describe_unknown(short(what)))


def flatten(plan: Plan) -> tuple[Fault, ...]:
    """The outcomes of a plan that stands in a sequence.

    Raises:
        SettingError: It says more than what comes and how often.
    """
    if plan.rounds is None or plan != Plan(plan.outcomes, plan.rounds):
        raise SettingError(f"{plan} has conditions of its own, and cannot stand in a sequence. Plan it by itself")
    return plan.outcomes * plan.rounds


def read_status(status: float, terms: Terms) -> Fault:
    """The error of the catalogue that has a status; the first of several."""
    known = {name: terms.errors[name].status for name in CATALOGUE if name in terms.errors}
    found = next((name for name, its in known.items() if its == status), None)
    if found is None:
        accepted = ", ".join(f"{name} ({its})" for name, its in known.items())
        raise SettingError(f"There is no fault with the status {short(status)}; there are: {accepted}")
    return Fault(found)


def read_object(told: Mapping[str, Any], terms: Terms) -> Plan:
    """A plan from an object."""
    if "fail" not in told or not set(told) <= set(PLAN_FIELDS):
        came = ", ".join(map(str, told))[:200] or "nothing"
        raise SettingError(f'A plan has "fail" and may have "times", "after", "when", "probability"; came: {came}')
    if isinstance(told.get("when"), str):
        raise SettingError(
            'when is text; accepted: fields with their values, for instance {"size": "auto"}. A function cannot travel'
        )
    if isinstance(told["fail"], Mapping):
        raise SettingError(describe_unknown(short(told["fail"])))
    plan = read_plan(told["fail"], terms)
    for name, change in CHANGES.items():
        if name in told:
            plan = change(plan, whole(told[name]))
    refuse_impossible(plan.matcher, terms)
    return plan


def whole(value: Any) -> Any:
    """A number without a fraction as an integer, which it is to JSON Schema; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


CHANGES: Mapping[str, Callable[[Plan, Any], Plan]] = {
    # The probability first: with it a plan is for ever unless told times.
    "probability": Plan.with_probability,
    "times": Plan.times,
    "after": Plan.after,
    "when": Plan.when,
}


def write_plan(what: Any) -> dict[str, Any]:
    """What `read_plan` takes, as JSON for a fake in another process.

    Raises:
        SettingError: It has a predicate, which cannot travel.
    """
    told = what if isinstance(what, Mapping) else {"fail": what}
    plan = told["fail"]
    if isinstance(plan, Plan):
        refuse_predicate(plan.matcher.predicate)
        unsaid = {"times"} if plan.rounds == 1 and not plan.said else set()
        unsaid |= {"probability"} if plan.probability == 1 else set()  # said, it would mean for ever
        described = {name: value for name, value in describe_plan(plan).items() if name not in unsaid}
        return {**described, **told, "fail": [str(fault) for fault in plan.outcomes]}
    refuse_predicate(told.get("when"))
    listed = plan if isinstance(plan, list | tuple) else [plan]
    return {**told, "fail": [outcome for each in listed for outcome in write_outcomes(each)]}


def refuse_predicate(when: Any) -> None:
    """Refuse a function where the plan goes to another process."""
    if callable(when):
        raise SettingError(
            "A predicate cannot travel to a fake in another process. Say what it asks for by fields, for instance "
            'when={"size": "1024x1536"}, or use a fake of this process'
        )


def write_outcomes(what: Any) -> list[Any]:
    """What one member of a sequence stands for, as JSON."""
    if isinstance(what, Plan):
        return [str(fault) for fault in flatten(what)]
    return [str(what) if isinstance(what, Fault) else what]
