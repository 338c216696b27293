"""Composed plans: the sequence of their methods does not matter, here and for a fake in another process."""

from __future__ import annotations

from typing import Any

import pytest

from omixa_mock import Settings, shipped_contract
from omixa_mock.faults import no_route, reset
from omixa_mock.gateway import Call, Plan, PlanState, SettingError, Workspace
from omixa_mock.gateway.faults import read_plan, write_plan

TERMS = shipped_contract().under(Settings())


async def too_late(_: Call) -> bool:
    return False


@pytest.mark.parametrize(
    "plan",
    [no_route().times(1).with_probability(0.5), no_route().with_probability(0.5).times(1)],
    ids=["times first", "probability first"],
)
def test_explicit_times_stay(plan: Plan) -> None:
    assert plan.rounds == 1


def test_probability_without_times_has_no_end() -> None:
    assert no_route().with_probability(0.5).rounds is None


@pytest.mark.parametrize("plan", [no_route(), no_route().times(1)], ids=["default", "explicit"])
def test_a_plan_means_the_same_to_a_fake_in_another_process(plan: Plan) -> None:
    document = {"fail": plan, "probability": 0.5}
    assert read_plan(write_plan(document), TERMS) == read_plan(document, TERMS)


def test_conditions_add_up() -> None:
    assert reset().when(n=2).when(size="auto").matcher.fields == {"n": 2, "size": "auto"}


def test_two_predicates_are_refused() -> None:
    with pytest.raises(SettingError, match="has a predicate already"):
        reset().when(bool).when(bool)


def test_a_coroutine_function_is_no_predicate() -> None:
    with pytest.raises(SettingError, match="coroutine function"):
        reset().when(too_late)


def test_a_plan_without_outcomes_is_refused() -> None:
    with pytest.raises(SettingError, match="an outcome or more"):
        read_plan(Plan(()), TERMS)


def test_an_outcome_that_is_given_back_is_the_next_one() -> None:
    state = PlanState(read_plan(["no_route", "internal_error", "reset"], TERMS))
    first, second = state.take(), state.take()
    state.give_back(first)

    assert [state.take().fault.name, state.take().fault.name] == ["no_route", "reset"]
    assert (second.fault.name, state.exhausted) == ("internal_error", True)


@pytest.mark.parametrize(
    ("first", "second"),
    [({"n": 2}, {"n": 2}), ({"n": 2}, {"n": 2, "size": "auto"}), ({}, {"n": 2})],
    ids=["the same", "narrower", "all"],
)
def test_a_plan_that_is_covered_by_an_endless_one_is_refused(first: Any, second: Any) -> None:
    workspace = Workspace("", TERMS)
    workspace.plan(no_route().for_ever().when(**first))
    with pytest.raises(SettingError, match="would never fire"):
        workspace.plan(reset().when(**second))


def test_a_plan_for_other_calls_is_not_covered() -> None:
    workspace = Workspace("", TERMS)
    workspace.plan(no_route().for_ever().when(n=2))

    assert workspace.plan(reset().when(n=3)).state == "never fired"
