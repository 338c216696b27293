"""Routes that are down, and the time that everything takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock import Gateway
from omixa_mock.gateway import Attempt, Workspace

Ask = Callable[..., Any]
KEY = "omx_live_core"
BEST, SECOND = "azure-openai", "azure-foundry"
TRIED: dict[str, tuple[list[str], tuple[Attempt, ...], list[float]]] = {
    "all up": ([], (Attempt(BEST, "up"),), [4.0]),
    "best down": ([BEST], (Attempt(BEST, "down"), Attempt(SECOND, "up")), [6.0]),
    "second down": ([SECOND], (Attempt(BEST, "up"),), [4.0]),
    "all down": ([BEST, SECOND], (Attempt(BEST, "down"), Attempt(SECOND, "down")), []),
}


@pytest.fixture
def gateway(make_gateway: Callable[..., Gateway]) -> Gateway:
    """A gateway whose provider takes four seconds, and whose failures take two."""
    return make_gateway(latency=4, failover_latency=2)


@pytest.fixture
def workspace(gateway: Gateway) -> Workspace:
    """The workspace of the calls."""
    return gateway.workspaces.open(KEY)


@pytest.mark.parametrize(("down", "attempts", "waits"), TRIED.values(), ids=TRIED)
def test_journal_shows_each_attempt(
    gateway: Gateway,
    workspace: Workspace,
    meet: Ask,
    down: list[str],
    attempts: tuple[Attempt, ...],
    waits: list[float],
) -> None:
    workspace.configure({"routes_down": down})
    met = meet(gateway)
    assert (met.call.attempts, met.waits) == (attempts, waits)


@pytest.mark.parametrize(("down", "route"), [([], BEST), ([BEST], SECOND), ([BEST, SECOND], None)], ids=str)
def test_route_is_the_one_that_succeeded(
    gateway: Gateway, workspace: Workspace, meet: Ask, down: list[str], route: str | None
) -> None:
    workspace.configure({"routes_down": down})
    assert meet(gateway).call.route == route


def test_success_by_another_route_is_one(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    right = ask(gateway).body
    workspace.configure({"routes_down": [BEST]})
    assert ask(gateway).body == right


def test_call_without_a_route_holds_nothing(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.configure({"routes_down": [BEST, SECOND]})
    assert (ask(gateway).status, [entry.kind for entry in workspace.wallet.ledger]) == (503, ["balance"])


def test_three_routes_fail_over_twice(make_gateway: Callable[..., Gateway], meet: Ask) -> None:
    gateway = make_gateway(routes={"gpt-image-1.5": ["a", "b", "c"]}, failover_latency=2, latency=1)
    gateway.workspaces.open(KEY).configure({"routes_down": ["a", "b"]})
    met = meet(gateway)
    assert ([each.outcome for each in met.call.attempts], met.waits) == (["down", "down", "up"], [5.0])


# Time

SCALED: dict[str, tuple[str, dict[str, Any], float]] = {
    "latency": ("ok", {"latency": 4}, 4),
    "failover": ("ok", {"routes_down": [BEST], "failover_latency": 2}, 2),
    "delay": ("delay:3s", {}, 3),
    "delay after capture": ("delay_after_capture:3s", {}, 3),
    "drip": ("drip:9s", {}, 9),
    "all": ("drip:9s", {"latency": 4, "routes_down": [BEST], "failover_latency": 2}, 15),
}


@pytest.mark.parametrize("scale", [1, 0.5, 0, 2])
@pytest.mark.parametrize(("fault", "changes", "seconds"), SCALED.values(), ids=SCALED)
def test_time_scale_multiplies_all_that_passes(
    make_gateway: Callable[..., Gateway], meet: Ask, fault: str, changes: dict[str, Any], seconds: float, scale: float
) -> None:
    down = changes.get("routes_down", [])
    settings = {"failover_latency": 0} | {name: value for name, value in changes.items() if name != "routes_down"}
    workspace = (gateway := make_gateway(time_scale=scale, **settings)).workspaces.open(KEY)
    workspace.configure({"routes_down": down})
    workspace.plan(fault)
    assert meet(gateway).call.waited == pytest.approx(seconds * scale)


def test_no_step_waits_where_no_time_passes(make_gateway: Callable[..., Gateway], meet: Ask) -> None:
    gateway = make_gateway(time_scale=0, latency="lognormal:8s")
    gateway.workspaces.open(KEY).plan("delay")
    assert meet(gateway).waits == []


def test_hang_is_not_scaled(make_gateway: Callable[..., Gateway], meet: Ask) -> None:
    gateway = make_gateway(time_scale=0.01, hang_limit=3)
    gateway.workspaces.open(KEY).plan("hang")
    assert meet(gateway).ending.limit == 3.0


def latencies(gateway: Gateway, meet: Ask) -> list[float]:
    return [seconds for _ in range(6) for seconds in meet(gateway).waits]


def test_latency_is_drawn_anew_for_each_call(make_gateway: Callable[..., Gateway], meet: Ask) -> None:
    assert len(set(latencies(make_gateway(latency="lognormal:8s..60s"), meet))) == 6


def test_latency_is_the_same_in_every_run(make_gateway: Callable[..., Gateway], meet: Ask) -> None:
    one, other = (latencies(make_gateway(latency="lognormal:8s", seed=5), meet) for _ in range(2))
    assert one == other


def test_latency_is_another_under_another_seed(make_gateway: Callable[..., Gateway], meet: Ask) -> None:
    one, other = (latencies(make_gateway(latency="uniform:1..9", seed=seed), meet) for seed in (5, 6))
    assert one != other
