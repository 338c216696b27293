"""Plan parsing: from a name, a status, a sequence, a `Plan` or a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from omixa_mock.gateway.contract import SettingError, Terms
from omixa_mock.gateway.http import abbreviate

from .catalogue import CATALOGUE, NAMES, Fault, read_fault
from .matching import refuse_impossible
from .own_response import OwnResponse
from .plan import Plan, describe_plan
from .unknown_names import describe_unknown

__all__ = ["PLAN_FIELDS", "read_plan", "read_status", "write_plan"]

PLAN_FIELDS = ("fail", "times", "after", "when", "probability")


def read_plan(what: Any, terms: Terms) -> Plan:
    """Parse a plan from an outcome, a sequence of outcomes, or an object.

    Args:
        what: A fault as text (`"no_route"`, `"delay:2s"`), a status (`503`), `"ok"`, a `Plan`, a sequence
            of these (`["no_route", "no_route", "ok"]`), or an object as in JSON:
            `{"fail": "no_route", "times": 2, "after": 1, "when": {"n": 2}, "probability": 0.5}`.
        terms: The contract in force.

    Raises:
        SettingError: A name is unknown, a value is not accepted, or no call could match.
    """
    if isinstance(what, Plan):
        refuse_impossible(what.matcher, terms)
        if not what.outcomes:
            raise SettingError('A plan needs an outcome or more, for instance ["no_route", "ok"]')
        return what
    if isinstance(what, Mapping):
        return read_object(what, terms)
    members = what if isinstance(what, list | tuple) else [what]
    if not members:
        raise SettingError('A plan needs an outcome or more, for instance ["no_route", "ok"]')
    plan = Plan(tuple(fault for member in members for fault in read_outcomes(member, terms)))
    return replace(plan.times(1), times_given=False)  # `times` for its checks


def read_outcomes(what: Any, terms: Terms) -> tuple[Fault, ...]:
    """Parse one member of a sequence."""
    match what:
        case OwnResponse():
            return (what,)
        case Fault():
            return (read_fault(str(what)),)  # validates a fault that was not parsed
        case Plan():
            return flatten(what)
        case str():
            return (read_fault(what),)
        case int() | float() if not isinstance(what, bool):
            return (read_status(whole(what), terms),)
    if callable(what) and getattr(what, "__name__", "") in CATALOGUE:
        raise SettingError(f"{what.__name__} is not called. Write {what.__name__}()")
    raise SettingError(describe_unknown(what, NAMES))


def flatten(plan: Plan) -> tuple[Fault, ...]:
    """Return the outcomes of a plan within a sequence.

    Raises:
        SettingError: The plan has more than outcomes and a number of rounds.
    """
    if plan.rounds is None or plan != Plan(plan.outcomes, plan.rounds):
        raise SettingError(f"{plan} has conditions of its own, and cannot stand in a sequence. Plan it by itself")
    return plan.outcomes * plan.rounds


def read_status(status: float, terms: Terms) -> Fault:
    """Return the error of the catalogue with a status; the first of several."""
    statuses = {name: terms.errors[name].status for name in CATALOGUE if name in terms.errors}
    found = next((name for name, error_status in statuses.items() if error_status == status), None)
    if found is None:
        accepted = ", ".join(f"{name} ({error_status})" for name, error_status in statuses.items())
        raise SettingError(f"There is no fault with the status {abbreviate(status)}; there are: {accepted}")
    return Fault(found)


def read_object(document: Mapping[str, Any], terms: Terms) -> Plan:
    """Parse a plan from an object."""
    if "fail" not in document or not set(document) <= set(PLAN_FIELDS):
        names = ", ".join(map(str, document))[:200] or "nothing"
        raise SettingError(f'A plan has "fail" and may have "times", "after", "when", "probability"; given: {names}')
    if isinstance(document.get("when"), str):
        raise SettingError(
            'when is text; accepted: fields with their values, for instance {"size": "auto"}. A function cannot travel'
        )
    if isinstance(document["fail"], Mapping):
        raise SettingError(describe_unknown(document["fail"], NAMES))
    plan = read_plan(document["fail"], terms)
    for name, change in CHANGES.items():
        if name in document:
            plan = change(plan, whole(document[name]))
    refuse_impossible(plan.matcher, terms)
    return plan


def whole(value: Any) -> Any:
    """Return a number without a fraction as an integer, as in JSON Schema; any other value unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


CHANGES: Mapping[str, Callable[[Plan, Any], Plan]] = {
    # The probability first: it makes a plan endless unless `times` is given.
    "probability": Plan.with_probability,
    "times": Plan.times,
    "after": Plan.after,
    "when": Plan.when,
}


def write_plan(what: Any) -> dict[str, Any]:
    """Return a plan in any form that `read_plan` accepts as JSON, for a fake in another process.

    Raises:
        SettingError: The plan has a predicate, which cannot travel.
    """
    document = what if isinstance(what, Mapping) else {"fail": what}
    plan = document["fail"]
    if isinstance(plan, Plan):
        refuse_predicate(plan.matcher.predicate)
        omitted = {"times"} if plan.rounds == 1 and not plan.times_given else set()
        omitted |= {"probability"} if plan.probability == 1 else set()  # an explicit 1 would mean for ever
        described = {name: value for name, value in describe_plan(plan).items() if name not in omitted}
        return {**described, **document, "fail": [str(fault) for fault in plan.outcomes]}
    refuse_predicate(document.get("when"))
    members = plan if isinstance(plan, list | tuple) else [plan]
    return {**document, "fail": [outcome for member in members for outcome in write_outcomes(member)]}


def refuse_predicate(when: Any) -> None:
    """Refuse a predicate in a plan for another process."""
    if callable(when):
        raise SettingError(
            "A predicate cannot travel to a fake in another process. Express the condition by fields, for instance "
            'when={"size": "1024x1536"}, or use a fake of this process'
        )


def write_outcomes(what: Any) -> list[Any]:
    """Return the outcomes of one member of a sequence, as JSON.

    Raises:
        SettingError: It is a response of the test's own, which cannot travel.
    """
    if isinstance(what, OwnResponse):
        raise SettingError(
            "A response of the test's own cannot travel to a fake in another process. Use a fault of the catalogue, "
            "or a fake of this process"
        )
    if isinstance(what, Plan):
        return [str(fault) for fault in flatten(what)]
    return [str(what) if isinstance(what, Fault) else what]
