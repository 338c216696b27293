"""Failover between provider routes, and the latency of calls."""

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
    """Return a gateway with a latency of four seconds, and a failover latency of two."""
    return make_gateway(latency=4, failover_latency=2)


@pytest.fixture
def workspace(gateway: Gateway) -> Workspace:
    """Return the workspace of the calls."""
    return gateway.workspaces.open(KEY)


@pytest.mark.parametrize(("down", "attempts", "waits"), TRIED.values(), ids=TRIED)
def test_journal_shows_each_attempt(
    gateway: Gateway,
    workspace: Workspace,
    run_flow: Ask,
    down: list[str],
    attempts: tuple[Attempt, ...],
    waits: list[float],
) -> None:
    workspace.configure({"routes_down": down})
    trace = run_flow(gateway)
    assert (trace.call.attempts, trace.waits) == (attempts, waits)


@pytest.mark.parametrize(("down", "route"), [([], BEST), ([BEST], SECOND), ([BEST, SECOND], None)], ids=str)
def test_route_is_the_one_that_succeeded(
    gateway: Gateway, workspace: Workspace, run_flow: Ask, down: list[str], route: str | None
) -> None:
    workspace.configure({"routes_down": down})
    assert run_flow(gateway).call.route == route


def test_success_through_another_route_has_the_same_body(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    expected = ask(gateway).body
    workspace.configure({"routes_down": [BEST]})
    assert ask(gateway).body == expected


def test_call_without_a_route_holds_nothing(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.configure({"routes_down": [BEST, SECOND]})
    assert (ask(gateway).status, [entry.kind for entry in workspace.wallet.ledger]) == (503, ["balance"])


def test_three_routes_fail_over_twice(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    gateway = make_gateway(routes={"gpt-image-1.5": ["a", "b", "c"]}, failover_latency=2, latency=1)
    gateway.workspaces.open(KEY).configure({"routes_down": ["a", "b"]})
    trace = run_flow(gateway)
    assert ([attempt.outcome for attempt in trace.call.attempts], trace.waits) == (["down", "down", "up"], [5.0])


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
def test_time_scale_multiplies_every_wait(
    make_gateway: Callable[..., Gateway],
    run_flow: Ask,
    fault: str,
    changes: dict[str, Any],
    seconds: float,
    scale: float,
) -> None:
    down = changes.get("routes_down", [])
    settings = {"failover_latency": 0} | {name: value for name, value in changes.items() if name != "routes_down"}
    workspace = (gateway := make_gateway(time_scale=scale, **settings)).workspaces.open(KEY)
    workspace.configure({"routes_down": down})
    workspace.plan(fault)
    assert run_flow(gateway).call.waited == pytest.approx(seconds * scale)


def test_no_step_waits_at_a_time_scale_of_0(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    gateway = make_gateway(time_scale=0, latency="lognormal:8s")
    gateway.workspaces.open(KEY).plan("delay")
    assert run_flow(gateway).waits == []


def test_hang_is_not_scaled(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    gateway = make_gateway(time_scale=0.01, hang_limit=3)
    gateway.workspaces.open(KEY).plan("hang")
    assert run_flow(gateway).ending.limit == 3.0


def latencies(gateway: Gateway, run_flow: Ask) -> list[float]:
    return [seconds for _ in range(6) for seconds in run_flow(gateway).waits]


def test_latency_is_drawn_anew_for_each_call(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    assert len(set(latencies(make_gateway(latency="lognormal:8s..60s"), run_flow))) == 6


def test_latency_is_the_same_in_every_run(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    first, second = (latencies(make_gateway(latency="lognormal:8s", seed=5), run_flow) for _ in range(2))
    assert first == second


def test_latency_differs_under_another_seed(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    first, second = (latencies(make_gateway(latency="uniform:1..9", seed=seed), run_flow) for seed in (5, 6))
    assert first != second
