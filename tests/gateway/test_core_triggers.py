"""Fault triggers: the API key, or a header if that is enabled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock import Gateway
from omixa_mock.gateway import CATALOGUE, Cut

Ask = Callable[..., Any]
KEY = "omx_live_core"


@pytest.mark.parametrize("name", CATALOGUE)
def test_trigger_key_names_its_fault(gateway: Gateway, run_flow: Ask, name: str) -> None:
    assert run_flow(gateway, key=f"omx_live_fail_{name}").call.fault == name


TRIGGERS = {
    "omx_live_fail_insufficient_balance": "insufficient_balance",
    "omx_live_fail_no_route--checkout": "no_route",
    "omx_live_fail_no_route--": "no_route",
    "omx_live_fail_no_route--a--b": "no_route",
    "omx_live_fail_reset_after_capture--checkout": "reset_after_capture",
    "omx_live_fail_ok--nothing": "",
    "omx_live_failing": "",
    "omx_live_a_fail_no_route": "",
}


@pytest.mark.parametrize(("key", "fault"), TRIGGERS.items())
def test_key_triggers_a_fault_by_its_prefix(gateway: Gateway, run_flow: Ask, key: str, fault: str) -> None:
    assert run_flow(gateway, key=key).call.fault == fault


# As `fail` reads them: 502 is bad_gateway and bad_gateway_page, and the first one counts.
STATUSES = [400, 401, 402, 403, 422, 429, 500, 502, 503, 504]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("ending", ["", "--checkout"])
def test_trigger_key_takes_a_status_as_fail_does(gateway: Gateway, ask: Ask, status: int, ending: str) -> None:
    gateway.workspaces.open(KEY).plan(status)
    triggered, planned = ask(gateway, key=f"omx_live_fail_{status}{ending}"), ask(gateway)
    assert (triggered.status, triggered.call.fault) == (status, planned.call.fault)


def test_refusal_of_a_status_lists_the_statuses(gateway: Gateway, ask: Ask) -> None:
    message = ask(gateway, key="omx_live_fail_418").message
    assert message.startswith("There is no fault with the status 418; there are: invalid_key (401), ")
    assert message.endswith(
        "(504). A trigger key is omx_live_fail_<fault> or omx_live_fail_<status>, and --<anything> may follow."
    )


def test_trigger_fires_at_every_call(gateway: Gateway, ask: Ask) -> None:
    assert [ask(gateway, key="omx_live_fail_no_route").status for _ in range(3)] == [503, 503, 503]


@pytest.mark.parametrize(("fields", "status"), [({"n": 0}, 422), ({"model": "x"}, 422)])
def test_trigger_fires_at_valid_calls_alone(gateway: Gateway, ask: Ask, fields: Any, status: int) -> None:
    assert ask(gateway, key="omx_live_fail_no_route", **fields).status == status


@pytest.mark.parametrize("path", ["models", "usage/requests", "usage/rollups"])
def test_trigger_does_not_fire_at_a_read(gateway: Gateway, ask: Ask, path: str) -> None:
    assert ask(gateway, method="GET", path=f"/api/v1/{path}", key="omx_live_fail_no_route").status == 200


def test_whole_trigger_key_is_a_workspace_of_its_own(gateway: Gateway, run_flow: Ask) -> None:
    keys = ["omx_live_fail_empty_data", "omx_live_fail_empty_data--a", "omx_live_fail_empty_data--b"]
    numbers = [run_flow(gateway, key=key).call.number for key in [*keys, keys[1]]]
    assert numbers == [1, 1, 1, 2]


def test_wallet_of_a_trigger_key_is_charged(gateway: Gateway, run_flow: Ask) -> None:
    key = "omx_live_fail_reset_after_capture"
    assert isinstance(run_flow(gateway, key=key).ending, Cut)
    assert str(gateway.workspaces.enter(key).wallet.captured) == "0.039000"


def test_trigger_leaves_the_plans_of_its_workspace_unused(gateway: Gateway, ask: Ask) -> None:
    key = "omx_live_fail_no_route"
    state = gateway.workspaces.open(key).plan(402)
    ask(gateway, key=key)
    assert (state.seen, state.fired) == (0, 0)


def test_trigger_ok_shields_a_key_from_its_plans(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway()
    gateway.workspaces.open("omx_live_fail_ok").plan("no_route")
    assert ask(gateway, key="omx_live_fail_ok").status == 200


NO_TRIGGERS = [
    "omx_live_fail_",
    "omx_live_fail_--a",
    "omx_live_fail_x",
    "omx_live_fail_no_route-a",
    "omx_live_fail_418",
    "omx_live_fail_5030",
    "omx_live_fail_503-a",
    "omx_live_fail_503_after_capture",
]


@pytest.mark.parametrize("key", NO_TRIGGERS)
def test_trigger_that_names_no_fault_is_refused(gateway: Gateway, ask: Ask, key: str) -> None:
    exchange = ask(gateway, key=key)
    assert (exchange.status, exchange.rules, len(gateway.workspaces)) == (401, ["gateway.key.trigger"], 0)


def test_refusal_of_a_trigger_lists_the_faults(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, key="omx_live_fail_no_rote").message == (
        f'There is no fault "no_rote". Did you mean "no_route"? There are: {", ".join([*CATALOGUE, "ok"])}. '
        "A trigger key is omx_live_fail_<fault> or omx_live_fail_<status>, and --<anything> may follow."
    )


def test_trigger_of_a_moment_that_cannot_be_is_refused(gateway: Gateway, ask: Ask) -> None:
    assert "no_route cannot happen after_capture" in ask(gateway, key="omx_live_fail_no_route_after_capture").message


@pytest.mark.parametrize(("keys", "status"), [("any", 503), ("shared", 503), (["omx_live_a"], 401), ("issued", 401)])
def test_trigger_opens_a_workspace_if_any_key_does(
    make_gateway: Callable[..., Gateway], ask: Ask, keys: Any, status: int
) -> None:
    assert ask(make_gateway(keys=keys), key="omx_live_fail_no_route").status == status


# By header


@pytest.fixture
def obeying(make_gateway: Callable[..., Gateway]) -> Gateway:
    """Return a gateway that obeys the header."""
    return make_gateway(fault_header="obey")


@pytest.mark.parametrize("text", [*CATALOGUE, " no_route ", "delay:5s", "reset_after_capture", "drip:uniform:1s..2s"])
def test_header_names_its_fault(obeying: Gateway, run_flow: Ask, text: str) -> None:
    assert run_flow(obeying, headers={"x-omixa-mock-fault": text}).call.fault == text.strip()


@pytest.mark.parametrize("status", STATUSES)
def test_header_takes_a_status(obeying: Gateway, ask: Ask, status: int) -> None:
    assert ask(obeying, headers={"x-omixa-mock-fault": str(status)}).status == status


def test_header_is_ignored_unless_enabled(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, headers={"x-omixa-mock-fault": "no_rote"}).status == 200


def test_header_that_names_no_fault_is_refused(obeying: Gateway, ask: Ask) -> None:
    exchange = ask(obeying, headers={"x-omixa-mock-fault": "no_rote"})
    message = 'X-Omixa-Mock-Fault: There is no fault "no_rote". Did you mean "no_route"? There are: invalid_key, '
    assert (exchange.status, exchange.rules, exchange.message[: len(message)]) == (
        422,
        ["gateway.fault.header"],
        message,
    )


def test_header_fires_at_its_call_alone(obeying: Gateway, ask: Ask) -> None:
    headers = [{"x-omixa-mock-fault": "no_route"}, {}]
    assert [ask(obeying, headers=fields).status for fields in headers] == [503, 200]


def test_header_comes_before_plans_and_leaves_them_unused(obeying: Gateway, ask: Ask) -> None:
    state = obeying.workspaces.open(KEY).plan(402)
    exchange = ask(obeying, headers={"x-omixa-mock-fault": "no_route"})
    assert (exchange.status, state.seen) == (503, 0)


def test_key_comes_before_the_header(obeying: Gateway, ask: Ask) -> None:
    exchange = ask(obeying, key="omx_live_fail_no_route", headers={"x-omixa-mock-fault": "rate_limited"})
    assert exchange.status == 503


def test_fault_of_a_header_is_not_injected_without_money(obeying: Gateway, ask: Ask) -> None:
    obeying.workspaces.open(KEY).configure({"balance": "0"})
    exchange = ask(obeying, headers={"x-omixa-mock-fault": "reset"})
    assert (exchange.status, exchange.call.fault) == (402, "")


@pytest.mark.parametrize("rule", ["gateway.key.trigger", "gateway.fault.header"])
def test_rule_of_a_refusal_can_be_explained(gateway: Gateway, rule: str) -> None:
    assert rule in {row.id for row in gateway.contract.rules()}
