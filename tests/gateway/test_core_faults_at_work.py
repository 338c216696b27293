"""Fault injection: the steps of the flow, the journal and the wallet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

import omixa_mock
from omixa_mock.gateway import CATALOGUE, OK, Cut, Fault, Gateway, Hang, Send, Wait, read_fault
from omixa_mock.gateway.faults import ABORTED, BROKEN, MESSAGES, Moment

RunFlow = Callable[..., Any]
KEY = "omx_live_core"
PRICE = Decimal("0.039000")
ERRORS = omixa_mock.shipped_contract().under(omixa_mock.Settings()).errors


def every_fault() -> Iterator[tuple[Fault, Moment]]:
    for name, kind in CATALOGUE.items():
        for moment in kind.moments:
            yield Fault(name).at(moment), moment


FAULTS_AND_MOMENTS = list(every_fault())
EVERY_FAULT = pytest.mark.parametrize("fault", [fault for fault, _ in FAULTS_AND_MOMENTS], ids=str)
EVERY_MOMENT = pytest.mark.parametrize(
    ("fault", "moment"), FAULTS_AND_MOMENTS, ids=[f"{fault}" for fault, _ in FAULTS_AND_MOMENTS]
)


def planned(gateway: Gateway, run_flow: RunFlow, fault: Fault, **fields: Any) -> Any:
    gateway.workspaces.open(KEY).plan(fault)
    return run_flow(gateway, **fields)


def kinds(gateway: Gateway) -> list[str]:
    return [str(entry.kind) for entry in gateway.workspaces.open(KEY).wallet.ledger][1:]


LEDGERS = {"before_hold": [], "before_capture": ["hold", "release"], "after_capture": ["hold", "capture"]}


@EVERY_MOMENT
def test_ledger_shows_the_moment_of_a_fault(gateway: Gateway, run_flow: RunFlow, fault: Fault, moment: Moment) -> None:
    planned(gateway, run_flow, fault)
    # A delay ends, and the call goes on.
    assert kinds(gateway) == (["hold", "capture"] if fault.name == "delay" else LEDGERS[moment])


@EVERY_MOMENT
def test_call_is_charged_once_if_its_fault_happens_after_capture(
    gateway: Gateway, run_flow: RunFlow, fault: Fault, moment: Moment
) -> None:
    charged = moment == "after_capture" or fault.name == "delay"
    call = planned(gateway, run_flow, fault).call
    assert (call.charge, call.charged) == (PRICE if charged else 0, charged)


@EVERY_FAULT
def test_call_is_recorded_with_its_fault(gateway: Gateway, run_flow: RunFlow, fault: Fault) -> None:
    call = planned(gateway, run_flow, fault).call
    assert (call.fault, call.as_json()["fault"]) == (str(fault), str(fault))


@EVERY_FAULT
def test_response_names_its_fault(gateway: Gateway, run_flow: RunFlow, fault: Fault) -> None:
    ending = planned(gateway, run_flow, fault).ending
    responses = [ending.response] if isinstance(ending, Send | Cut) and ending.response else []
    names = [[value for name, value in response.headers if name == "x-omixa-mock-fault"] for response in responses]
    assert names == ([] if fault.name in {*ABORTED, "hang"} else [[str(fault)]])


def test_response_without_a_fault_names_none(gateway: Gateway, run_flow: RunFlow) -> None:
    assert "x-omixa-mock-fault" not in planned(gateway, run_flow, OK).headers


@EVERY_FAULT
def test_equal_faults_give_equal_bytes(make_gateway: Callable[..., Gateway], run_flow: RunFlow, fault: Fault) -> None:
    first, second = (planned(make_gateway(), run_flow, fault).steps for _ in range(2))
    assert first == second


@EVERY_MOMENT
def test_charged_call_without_a_usable_image_is_lost(
    gateway: Gateway, run_flow: RunFlow, fault: Fault, moment: Moment
) -> None:
    lost = moment == "after_capture" and CATALOGUE[fault.name].loses
    # One image less than one is none.
    assert planned(gateway, run_flow, fault).call.lost == (lost or fault.name == "fewer_images")


def test_fewer_of_several_images_are_not_lost(gateway: Gateway, run_flow: RunFlow) -> None:
    assert not planned(gateway, run_flow, Fault("fewer_images"), n=2).call.lost


ERROR_STATUSES = {name: row.status for name, row in ERRORS.items() if name in MESSAGES} | {"bad_gateway_page": 502}


@pytest.mark.parametrize(("name", "status"), ERROR_STATUSES.items())
def test_error_has_its_status(gateway: Gateway, run_flow: RunFlow, name: str, status: int) -> None:
    assert planned(gateway, run_flow, Fault(name)).response.status == status


def test_page_of_a_proxy_is_html(gateway: Gateway, run_flow: RunFlow) -> None:
    response = planned(gateway, run_flow, Fault("bad_gateway_page"))
    assert (response.headers["content-type"], b"<h1>502 Bad Gateway</h1>" in response.response.body) == (
        "text/html; charset=utf-8",
        True,
    )


def test_rate_limited_has_retry_after(gateway: Gateway, run_flow: RunFlow) -> None:
    assert planned(gateway, run_flow, Fault("rate_limited")).headers["retry-after"] == "1"


@pytest.mark.parametrize(("name", "kind"), ABORTED.items())
def test_aborted_connection_has_no_response(gateway: Gateway, run_flow: RunFlow, name: str, kind: Any) -> None:
    assert planned(gateway, run_flow, Fault(name)).ending == Cut(kind)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_body_is_the_correct_one(make_gateway: Callable[..., Gateway], run_flow: RunFlow, name: str) -> None:
    kind, framing = BROKEN[name]
    trace = planned(make_gateway(), run_flow, Fault(name))
    assert (trace.ending.kind, trace.ending.framing, trace.response.body) == (
        kind,
        framing,
        run_flow(make_gateway()).response.body,
    )


def test_hang_comes_before_any_response(gateway: Gateway, run_flow: RunFlow) -> None:
    assert planned(gateway, run_flow, Fault("hang")).ending == Hang(5.0)


def test_drip_is_the_correct_response_in_ten_pieces(make_gateway: Callable[..., Gateway], run_flow: RunFlow) -> None:
    trace = planned(make_gateway(), run_flow, read_fault("drip:9s"))
    expected = run_flow(make_gateway()).response.body
    assert (trace.ending.pieces, trace.ending.pause, trace.call.waited, trace.response.body) == (10, 1.0, 9.0, expected)


@pytest.mark.parametrize("text", ["delay:3s", "delay_after_capture:3s"])
def test_delay_is_a_wait_and_the_correct_response(
    make_gateway: Callable[..., Gateway], run_flow: RunFlow, text: str
) -> None:
    trace = planned(make_gateway(), run_flow, read_fault(text))
    expected = run_flow(make_gateway()).response.body
    assert (trace.steps[1:-1], trace.call.waited, trace.response.body) == ((Wait(3.0),), 3.0, expected)


def test_delay_is_drawn_anew_for_each_call(gateway: Gateway, run_flow: RunFlow) -> None:
    seconds = [planned(gateway, run_flow, read_fault("delay:uniform:1s..5s")).call.waited for _ in range(8)]
    assert (len(set(seconds)), min(seconds) >= 1, max(seconds) <= 5) == (8, True, True)


@pytest.mark.parametrize("text", ["delay:0", "drip:0s"])
def test_fault_without_duration_waits_for_no_time(gateway: Gateway, run_flow: RunFlow, text: str) -> None:
    trace = planned(gateway, run_flow, read_fault(text))
    assert (trace.waits, trace.call.waited, trace.call.fault) == ([], 0.0, f"{text.rstrip('s')}s")


REPLAY = {"idempotency-key": "a"}


def replayed(make_gateway: Callable[..., Gateway], run_flow: RunFlow, fault: str) -> Any:
    gateway = make_gateway(idempotency_key="replay")
    workspace = gateway.workspaces.open(KEY)
    workspace.plan(["ok", fault])
    return [run_flow(gateway, headers=REPLAY, n=2) for _ in range(2)][-1], workspace


@pytest.mark.parametrize("fault", ["moderation_refused", "reset", "delay", "hang"])
def test_fault_before_capture_is_not_injected_into_a_replayed_response(
    make_gateway: Callable[..., Gateway], run_flow: RunFlow, fault: str
) -> None:
    trace, workspace = replayed(make_gateway, run_flow, fault)
    assert (trace.response.status, trace.call.fault, workspace.plan_states[0].fired) == (200, "", 1)


@pytest.mark.parametrize("fault", [name for name, kind in CATALOGUE.items() if "after_capture" in kind.moments])
def test_fault_after_capture_is_injected_into_a_replayed_response_free_of_charge(
    make_gateway: Callable[..., Gateway], run_flow: RunFlow, fault: str
) -> None:
    after = Fault(fault).at("after_capture")
    trace, workspace = replayed(make_gateway, run_flow, str(after))
    assert (trace.call.fault, trace.call.charged, workspace.wallet.captured) == (str(after), False, 2 * PRICE)
