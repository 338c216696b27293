"""Faults and plans cover the catalogue, survive a round trip, and are accepted by the gateway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from omixa_mock import Gateway, Settings, shipped_contract, strategies
from omixa_mock.gateway import CATALOGUE, Fault, Plan, read_fault
from omixa_mock.gateway.faults import read_plan, write_plan

pytestmark = pytest.mark.acceptance  # hundreds of examples for each test

TERMS = shipped_contract().under(Settings())
PLAN_SCHEMA = "control/fault-plan.json"


@pytest.fixture(scope="module")
def plans(examples: Callable[..., list[Any]]) -> list[Plan]:
    found: list[Plan] = examples(strategies.fault_plans(), 300)
    return found


def test_every_fault_is_drawn_at_every_moment(examples: Callable[..., list[Any]]) -> None:
    found = {(fault.name, fault.moment) for fault in examples(strategies.faults(), 700)}
    expected = {Fault(name).at(moment) for name, kind in CATALOGUE.items() for moment in kind.moments}

    assert found == {(fault.name, fault.moment) for fault in expected}


def test_durations_are_of_every_kind(examples: Callable[..., list[Any]]) -> None:
    kinds = {getattr(fault.duration, "kind", None) for fault in examples(strategies.faults("delay", "drip"), 80)}

    assert kinds == {None, "fixed", "uniform", "lognormal"}


def test_a_fault_survives_a_round_trip_as_text(examples: Callable[..., list[Any]]) -> None:
    for fault in examples(strategies.faults(), 200):
        assert read_fault(str(fault)) == fault


def test_a_fault_may_take_no_time() -> None:
    assert not read_fault("delay:0").effective_duration
    assert str(read_fault("delay:0")) == "delay:0s"


def test_only_the_named_faults_are_drawn(examples: Callable[..., list[Any]]) -> None:
    assert {fault.name for fault in examples(strategies.faults("reset", "hang"), 30)} == {"reset", "hang"}


def test_faults_shrink_to_the_first_one(smallest: Callable[..., Any]) -> None:
    assert smallest(strategies.faults()) == Fault("invalid_key")
    assert smallest(strategies.faults("drip", "reset")) == Fault("drip")


def test_each_kind_of_charged_loss_is_a_quarter_of_the_machines_faults(examples: Callable[..., list[Any]]) -> None:
    drawn = examples(st.lists(strategies.GatewayMachine.faults, min_size=20, max_size=20), 30)
    faults = [fault for faults in drawn for fault in faults]
    families = [CATALOGUE[fault.name].family for fault in faults if fault.loses and fault.applies_at("after_capture")]
    shares = {family: count / len(faults) for family, count in Counter(families).items()}

    assert shares.keys() == {"assumed error", "delivery", "wrong success"}
    assert min(shares.values()) > 0.15
    assert max(shares.values()) < 0.4


def test_an_unknown_fault_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"no fault 'rest'\. Did you mean reset\?"):
        strategies.faults("rest")


def test_both_validators_accept_every_plan(plans: list[Plan], verdicts: Callable[[Any, str], set[bool]]) -> None:
    assert {verdict for plan in plans for verdict in verdicts(write_plan(plan), PLAN_SCHEMA)} == {True}


def test_a_plan_survives_a_round_trip_as_json(plans: list[Plan]) -> None:
    assert not [plan for plan in plans if read_plan(write_plan(plan), TERMS) != plan]


def test_the_gateway_accepts_every_plan(plans: list[Plan]) -> None:
    for plan in plans:
        workspace = Gateway(shipped_contract(), Settings()).workspaces.open("omx_live_test")

        assert workspace.plan(plan).plan == plan


def test_plans_use_every_option_of_a_plan(plans: list[Plan]) -> None:
    assert {plan.rounds for plan in plans} == {1, 2, 3, None}
    assert {plan.skipped for plan in plans} == {0, 1, 2, 3}
    assert {plan.probability for plan in plans} == {1.0, 0.5, 0.1}
    assert {len(plan.outcomes) for plan in plans} == {1, 2, 3, 4}
    assert "ok" in {fault.name for plan in plans for fault in plan.outcomes}
    assert {"size", "quality"} <= {name for plan in plans for name in plan.matcher.fields}


def test_a_plan_shrinks_to_one_fault_of_the_next_call(smallest: Callable[..., Any]) -> None:
    assert smallest(strategies.fault_plans()) == Plan((Fault("invalid_key"),))
    assert smallest(strategies.fault_plans(strategies.faults("reset"))) == Plan((Fault("reset"),))
