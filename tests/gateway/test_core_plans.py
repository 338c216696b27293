"""Plans: calls get the planned outcomes in sequence; a call that is refused before uses up none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import omixa_mock
from omixa_mock.gateway import CATALOGUE, Gateway, SettingError, Workspace
from omixa_mock.gateway.faults import MESSAGES

Ask = Callable[..., Any]
KEY = "omx_live_core"
ERRORS = omixa_mock.shipped_contract().under(omixa_mock.Settings()).errors
DOCUMENTED = [name for name, kind in CATALOGUE.items() if kind.family == "documented error"]
DOWN = {"routes_down": ["azure-openai", "azure-foundry"]}


@pytest.fixture
def workspace(gateway: Gateway) -> Workspace:
    """Return the workspace of the calls."""
    return gateway.workspaces.open(KEY)


@pytest.fixture
def statuses(gateway: Gateway, ask: Ask) -> Callable[[int], list[int]]:
    """Return a function that makes calls, and returns their statuses."""
    return lambda count: [ask(gateway).status for _ in range(count)]


Statuses = Callable[[int], list[int]]


def test_refused_plan_is_not_planned(workspace: Workspace) -> None:
    with pytest.raises(SettingError):
        workspace.plan("x")
    assert workspace.plan_states == []


# One fault


@pytest.mark.parametrize("name", DOCUMENTED)
def test_planned_error_has_the_documented_envelope(gateway: Gateway, workspace: Workspace, ask: Ask, name: str) -> None:
    workspace.plan(name)
    exchange = ask(gateway)
    error = {"message": MESSAGES[name], "type": ERRORS[name].type, "code": ERRORS[name].code}
    assert (exchange.status, exchange.body) == (ERRORS[name].status, {"error": error})


@pytest.mark.parametrize("name", DOCUMENTED)
def test_planned_error_has_the_headers_that_http_requires(
    gateway: Gateway, workspace: Workspace, ask: Ask, name: str
) -> None:
    workspace.plan(name)
    required = {"invalid_key": 'Bearer realm="omixa"'}.get(name)
    assert ask(gateway).headers.get("www-authenticate") == required


@pytest.mark.parametrize("name", DOCUMENTED)
def test_planned_error_is_recorded_as_planned(gateway: Gateway, workspace: Workspace, ask: Ask, name: str) -> None:
    workspace.plan(name)
    call = ask(gateway).call
    assert (call.error.name, call.error.planned, call.fault) == (name, True, name)


def test_error_that_was_not_planned_is_not_recorded_as_planned(gateway: Gateway, ask: Ask) -> None:
    call = ask(gateway, n=0).call
    assert (call.error.planned, call.fault) == (False, "")


@pytest.mark.parametrize("name", [*DOCUMENTED, "rate_limited"])
def test_error_before_hold_leaves_ledger_and_routes_unchanged(
    gateway: Gateway, workspace: Workspace, ask: Ask, name: str
) -> None:
    before = list(workspace.wallet.ledger)
    workspace.plan(name)
    assert (ask(gateway).call.attempts, list(workspace.wallet.ledger)) == ((), before)


# Several


def plan(what: Any, **more: Any) -> dict[str, Any]:
    return {"fail": what, **more}


SEQUENCES: dict[str, tuple[list[Any], list[int]]] = {
    "once": (["no_route"], [503, 200, 200]),
    "twice": ([plan("no_route", times=2)], [503, 503, 200]),
    "sequence": ([["no_route", "ok", 402]], [503, 200, 402, 200]),
    "sequence, twice": ([plan(["no_route", "ok"], times=2)], [503, 200, 503, 200, 200]),
    "success first": ([["ok", "ok", "no_route"]], [200, 200, 503]),
    "for ever": ([plan("no_route", times=None)], [503] * 5),
    "sequence for ever": ([plan(["no_route", "ok"], times=None)], [503, 200] * 3),
    "after": ([plan("no_route", after=2)], [200, 200, 503, 200]),
    "after, twice": ([plan("no_route", after=1, times=2)], [200, 503, 503, 200]),
    "after, sequence": ([plan(["no_route", "ok", 402], after=1)], [200, 503, 200, 402, 200]),
    "after, for ever": ([plan("no_route", after=2, times=None)], [200, 200, 503, 503]),
    "one after another": ([plan("no_route", times=2), 402], [503, 503, 402, 200]),
    "every plan counts every call": ([plan("no_route", times=2), plan(402, after=2)], [503, 503, 402, 200]),
    "two due at once: the older first": ([plan(503, after=1), plan(402, after=1)], [200, 503, 402, 200]),
    "an outcome is not lost if another plan fires": ([plan(503, times=2), plan(402)], [503, 503, 402]),
    "a later plan skips the calls of the older one": ([plan(503, after=1, times=None), 402], [402, 503, 503]),
}


@pytest.mark.parametrize(("plans", "expected"), SEQUENCES.values(), ids=SEQUENCES)
def test_calls_get_the_planned_outcomes_in_sequence(
    workspace: Workspace, statuses: Statuses, plans: list[Any], expected: list[int]
) -> None:
    for what in plans:
        workspace.plan(what)
    assert statuses(len(expected)) == expected


def test_plan_applies_to_its_workspace_alone(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan("no_route")
    assert (ask(gateway, key="omx_live_other").status, ask(gateway).status) == (200, 503)


def test_forgotten_plans_do_not_fire(workspace: Workspace, statuses: Statuses) -> None:
    workspace.plan("no_route")
    workspace.forget_plans()
    assert statuses(1) == [200]


BLOCKED = (
    "402 would never fire: no_route (for ever), planned before, takes every such call. "
    "Plan it before that one, or limit that one by times"
)


def test_plan_behind_one_that_takes_every_call_is_refused(workspace: Workspace) -> None:
    workspace.plan(plan("no_route", times=None))
    with pytest.raises(SettingError) as raised:
        workspace.plan(402)
    assert str(raised.value) == BLOCKED.replace("402", "insufficient_balance (times=1)")


@pytest.mark.parametrize("more", [{"after": 1}, {"when": {"n": 2}}, {"probability": 0.5}, {"times": 10_000}], ids=str)
def test_plan_behind_one_that_leaves_calls_is_accepted(workspace: Workspace, more: dict[str, Any]) -> None:
    workspace.plan(plan("no_route", **{"times": None, **more}))
    assert workspace.plan(402).number == 2


# State

STATES: dict[str, tuple[Any, int, str]] = {
    "no call": ("no_route", 0, "never fired"),
    "not yet due": (plan("no_route", after=3), 2, "never fired"),
    "partly": (plan("no_route", times=3), 2, "partly used"),
    "sequence partly": (["no_route", "ok", "no_route"], 2, "partly used"),
    "all": (plan("no_route", times=2), 2, "exhausted"),
    "more than all": ("no_route", 3, "exhausted"),
    "for ever, unused": (plan("no_route", times=None), 0, "never fired"),
    "for ever": (plan("no_route", times=None), 2, "for ever"),
}


@pytest.mark.parametrize(("what", "count", "state"), STATES.values(), ids=STATES)
def test_plan_has_its_state(workspace: Workspace, statuses: Statuses, what: Any, count: int, state: str) -> None:
    plan_state = workspace.plan(what)
    statuses(count)
    assert (plan_state.state, plan_state.exhausted) == (state, state == "exhausted")


def test_every_plan_counts_every_valid_call(workspace: Workspace, statuses: Statuses) -> None:
    states = [workspace.plan("no_route"), workspace.plan(plan(402, after=5))]
    statuses(4)
    assert [(state.seen, state.fired) for state in states] == [(4, 1), (4, 0)]


REFUSED: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "no key": (401, {"key": None}, {}),
    "bad key": (401, {"key": "sk-1"}, {}),
    "path": (404, {"path": "/api/v1/x"}, {}),
    "method": (405, {"method": "PUT"}, {}),
    "length": (413, {}, {"settings": {"body_max": 10}}),
    "content type": (415, {"headers": {"content-type": "text/plain"}}, {}),
    "JSON": (422, {"raw": b"{"}, {}),
    "schema": (422, {"n": 0}, {}),
    "model": (403, {}, {"models": []}),
    "early balance check": (402, {}, {"balance": "0", "settings": {"balance_check": "before-validation"}}),
    "read": (200, {"method": "GET", "path": "/api/v1/models"}, {}),
}


@pytest.mark.parametrize(("status", "request_", "changes"), REFUSED.values(), ids=REFUSED)
def test_call_that_is_refused_before_is_not_counted_by_the_plan(
    gateway: Gateway, workspace: Workspace, ask: Ask, status: int, request_: dict[str, Any], changes: dict[str, Any]
) -> None:
    state = workspace.plan("no_route")
    workspace.configure(changes)
    assert (ask(gateway, **request_).status, state.seen, state.fired) == (status, 0, 0)


@pytest.mark.parametrize("changes", [{"balance": "0"}, DOWN], ids=["402", "503"])
def test_fault_before_hold_happens_before_route_and_wallet(
    gateway: Gateway, workspace: Workspace, ask: Ask, changes: dict[str, Any]
) -> None:
    workspace.configure(changes)
    workspace.plan("model_not_allowed")
    assert (ask(gateway).status, workspace.plan_states[0].fired) == (403, 1)


@pytest.mark.parametrize("fault", ["reset", "delay", "moderation_refused", "reset_after_capture", "empty_data", "drip"])
@pytest.mark.parametrize(("status", "changes"), [(402, {"balance": "0"}), (503, DOWN)], ids=["402", "503"])
def test_call_without_route_or_money_gives_its_outcome_back(
    gateway: Gateway, workspace: Workspace, ask: Ask, fault: str, status: int, changes: dict[str, Any]
) -> None:
    state = workspace.plan(fault)
    workspace.configure(changes)
    exchange = ask(gateway)
    assert (exchange.status, exchange.call.fault, state.fired, state.state) == (status, "", 0, "never fired")


def test_outcome_that_was_given_back_is_for_the_next_call(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan("moderation_refused")
    workspace.configure({"balance": "0"})
    before = ask(gateway).status
    workspace.configure({"balance": "1"})
    assert (before, ask(gateway).status) == (402, 400)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Switch threads as often as possible, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
@pytest.mark.parametrize("what", [plan(503, times=50), plan(503, times=50, after=20), plan([503, "ok"], times=50)])
def test_plan_fires_exactly_as_often_from_many_threads(
    gateway: Gateway, workspace: Workspace, ask: Ask, what: Any
) -> None:
    workspace.plan(what)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: ask(gateway).status, range(160)))
    assert statuses.count(503) == 50
