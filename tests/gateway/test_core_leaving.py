"""Clients that disconnect before their response is complete: charges, and recorded waits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from omixa_mock import Gateway
from omixa_mock.gateway import ClientDisconnected, Cut, Hang, Send, Step, Wait

Ask = Callable[..., Any]
KEY = "omx_live_core"
PRICE = Decimal("0.039")
HELD = {"release": ["hold", "release"], "capture": ["hold", "capture"]}
PAID = ["hold", "capture"]
LEAVES = pytest.mark.parametrize("leaves", HELD)

# The planned outcome, and the step at which the client leaves.
AT_WORK: dict[str, tuple[str, type[Step]]] = {
    "latency": ("ok", Wait),
    "delay": ("delay", Wait),
    "hang": ("hang", Hang),
}
AFTERWARDS: dict[str, tuple[str, type[Step]]] = {
    "delay": ("delay_after_capture", Wait),
    "hang": ("hang_after_capture", Hang),
    "response": ("ok", Send),
    "drip": ("drip", Send),
    "wrong success": ("empty_data", Send),
    "broken body": ("truncated", Cut),
}


@pytest.fixture
def gone(make_gateway: Callable[..., Gateway], run_flow: Ask) -> Callable[..., tuple[Any, list[str]]]:
    """Return a function that makes a call of a client that leaves, and returns the call and its ledger's kinds."""

    def leave(leaves: str, fault: str, at: type[Step], read_timeout: float = 0.0, **more: Any) -> tuple[Any, list[str]]:
        gateway = make_gateway(client_leaves=leaves, **more)
        workspace = gateway.workspaces.open(KEY)
        workspace.plan(fault)
        call = run_flow(gateway, leaves_at=at, read_timeout=read_timeout).call
        return call, [str(entry.kind) for entry in workspace.wallet.ledger][1:]

    return leave


Gone = Callable[..., tuple[Any, list[str]]]


@LEAVES
@pytest.mark.parametrize(("fault", "at"), AT_WORK.values(), ids=AT_WORK)
def test_setting_decides_between_release_and_capture_of_the_hold(
    gone: Gone, leaves: str, fault: str, at: type[Step]
) -> None:
    call, kinds = gone(leaves, fault, at, latency=3 if fault == "ok" else 0)
    assert (kinds, call.charge) == (HELD[leaves], PRICE if leaves == "capture" else 0)


@LEAVES
@pytest.mark.parametrize(("fault", "at"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_client_that_leaves_after_capture_has_paid(gone: Gone, leaves: str, fault: str, at: type[Step]) -> None:
    call, kinds = gone(leaves, fault, at)
    assert (kinds, call.charge, call.client_left, call.lost) == (PAID, PRICE, True, True)


@LEAVES
@pytest.mark.parametrize(("fault", "at"), AT_WORK.values(), ids=AT_WORK)
def test_client_that_leaves_is_recorded_without_a_response(gone: Gone, leaves: str, fault: str, at: type[Step]) -> None:
    call, _ = gone(leaves, fault, at, latency=3 if fault == "ok" else 0)
    assert (call.client_left, call.sent, call.status) == (True, None, None)


@LEAVES
@pytest.mark.parametrize(("fault", "at"), [*AT_WORK.values(), *AFTERWARDS.values()], ids=str)
def test_seconds_that_a_client_stayed_are_recorded(gone: Gone, leaves: str, fault: str, at: type[Step]) -> None:
    call, _ = gone(leaves, fault, at, read_timeout=1.5, latency=3 if (fault, at) == ("ok", Wait) else 0)
    assert call.waited == 1.5


def test_images_of_a_client_that_left_and_paid_are_made(gone: Gone) -> None:
    call, _ = gone("capture", "hang", Hang)
    assert (len(call.fingerprints), call.lost) == (1, True)


def test_fault_behind_the_wait_at_which_a_client_left_is_not_injected(gone: Gone) -> None:
    call, kinds = gone("capture", "moderation_refused", Wait, latency=3)
    assert (kinds, call.error) == (PAID, None)


def test_client_that_left_a_bad_request_owes_nothing(gateway: Gateway, run_flow: Ask) -> None:
    call = run_flow(gateway, leaves_at=Send, read_timeout=0.5, n=0).call
    assert (call.client_left, call.charge, call.waited) == (True, 0, 0.5)


@LEAVES
@pytest.mark.parametrize(("pays_again", "key"), [(True, {}), (False, {"idempotency-key": "a"})], ids=["no key", "key"])
def test_idempotency_key_saves_a_client_that_left_from_paying_again(
    make_gateway: Callable[..., Gateway], run_flow: Ask, leaves: str, key: dict[str, str], *, pays_again: bool
) -> None:
    gateway = make_gateway(client_leaves=leaves, idempotency_key="replay")
    workspace = gateway.workspaces.open(KEY)
    workspace.plan("hang")
    for _ in range(2):
        run_flow(gateway, headers=key)
    assert workspace.wallet.captured == (2 * PRICE if pays_again and leaves == "capture" else PRICE)


# How long


def test_waits_of_a_call_add_up(make_gateway: Callable[..., Gateway], start: Ask) -> None:
    gateway = make_gateway(latency=3, failover_latency=1)
    workspace = gateway.workspaces.open(KEY)
    workspace.configure({"routes_down": ["azure-openai"]})
    workspace.plan("delay:7s")
    flow, provider = start(gateway)
    delay = next(flow)
    with pytest.raises(StopIteration):
        flow.throw(ClientDisconnected(2.5))
    (call,) = workspace.journal
    assert (provider, delay, call.waited) == (Wait(4.0), Wait(7.0), 6.5)


def test_wait_before_a_response_is_recorded(make_gateway: Callable[..., Gateway], run_flow: Ask) -> None:
    call = run_flow(make_gateway(latency=3)).call
    assert (call.waited, call.client_left) == (3.0, False)


def test_call_without_latency_did_not_wait(gateway: Gateway, run_flow: Ask) -> None:
    assert run_flow(gateway).call.waited == 0


# A transport that closes the flow


@LEAVES
@pytest.mark.parametrize(("fault", "step"), [("ok", Wait(3.0)), ("hang", Hang(5.0))], ids=["wait", "hang"])
def test_flow_that_its_transport_closes_releases_the_hold(
    make_gateway: Callable[..., Gateway], start: Ask, leaves: str, fault: str, step: Step
) -> None:
    gateway = make_gateway(client_leaves=leaves, latency=3 if fault == "ok" else 0)
    workspace = gateway.workspaces.open(KEY)
    workspace.plan(fault)
    flow, first = start(gateway)
    flow.close()
    assert (first, [entry.kind for entry in workspace.wallet.ledger][1:]) == (step, HELD["release"])


def test_flow_that_its_transport_closes_is_recorded_as_left(make_gateway: Callable[..., Gateway], start: Ask) -> None:
    gateway = make_gateway(latency=3)
    start(gateway)[0].close()
    (call,) = gateway.workspaces.enter(KEY).journal
    assert (call.client_left, call.waited, call.charged) == (True, 0.0, False)


def test_flow_that_has_ended_is_no_longer_under_way(make_gateway: Callable[..., Gateway], start: Ask) -> None:
    gateway = make_gateway()
    workspace = gateway.workspaces.open(KEY)
    workspace.plan("hang")
    flow, _ = start(gateway)
    before = workspace.under_way
    flow.close()
    assert (before, workspace.under_way, workspace.wallet.held) == (1, 0, Decimal(0))
