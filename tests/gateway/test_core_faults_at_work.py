"""Faults at work: what a door has to do, what the journal keeps, and what the wallet tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

import omixa_mock
from omixa_mock.gateway import CATALOGUE, OK, Cut, Fault, Gateway, Hang, Send, Wait, read_fault
from omixa_mock.gateway.faults import ABORTED, BROKEN, MESSAGES, Moment

Meet = Callable[..., Any]
KEY = "omx_live_core"
PRICE = Decimal("0.039000")
ERRORS = omixa_mock.shipped_contract().under(omixa_mock.Settings()).errors


def every_fault() -> Iterator[tuple[Fault, Moment]]:
    for name, kind in CATALOGUE.items():
        for moment in kind.moments:
            yield Fault(name).at(moment), moment


STRIKES = list(every_fault())
EVERY_STRIKE = pytest.mark.parametrize(("fault", "moment"), STRIKES, ids=[f"{fault}" for fault, _ in STRIKES])
EVERY_FAULT = pytest.mark.parametrize("fault", [fault for fault, _ in STRIKES], ids=str)


def planned(gateway: Gateway, meet: Meet, fault: Fault, **fields: Any) -> Any:
    gateway.workspaces.open(KEY).plan(fault)
    return meet(gateway, **fields)


def kinds(gateway: Gateway) -> list[str]:
    return [str(entry.kind) for entry in gateway.workspaces.open(KEY).wallet.ledger][1:]


LEDGERS = {"before_hold": [], "before_capture": ["hold", "release"], "after_capture": ["hold", "capture"]}


@EVERY_STRIKE
def test_wallet_tells_when_a_fault_struck(gateway: Gateway, meet: Meet, fault: Fault, moment: Moment) -> None:
    planned(gateway, meet, fault)
    # A delay ends, and the call goes on.
    assert kinds(gateway) == (["hold", "capture"] if fault.name == "delay" else LEDGERS[moment])


@EVERY_STRIKE
def test_call_is_charged_once_where_its_fault_comes_after_capture(
    gateway: Gateway, meet: Meet, fault: Fault, moment: Moment
) -> None:
    charge = PRICE if moment == "after_capture" or fault.name == "delay" else None
    assert planned(gateway, meet, fault).call.charge == charge


@EVERY_FAULT
def test_struck_call_is_recorded_with_its_fault(gateway: Gateway, meet: Meet, fault: Fault) -> None:
    call = planned(gateway, meet, fault).call
    assert (call.fault, call.as_json()["fault"]) == (str(fault), str(fault))


@EVERY_FAULT
def test_struck_response_names_its_fault(gateway: Gateway, meet: Meet, fault: Fault) -> None:
    ending = planned(gateway, meet, fault).ending
    responses = [ending.response] if isinstance(ending, Send | Cut) and ending.response else []
    names = [[value for name, value in response.headers if name == "x-omixa-mock-fault"] for response in responses]
    assert names == ([] if fault.name in {*ABORTED, "hang"} else [[str(fault)]])


def test_response_that_nothing_struck_names_no_fault(gateway: Gateway, meet: Meet) -> None:
    assert "x-omixa-mock-fault" not in planned(gateway, meet, OK).headers


@EVERY_FAULT
def test_same_fault_is_the_same_bytes(make_gateway: Callable[..., Gateway], meet: Meet, fault: Fault) -> None:
    one, other = (planned(make_gateway(), meet, fault).steps for _ in range(2))
    assert one == other


@EVERY_STRIKE
def test_lost_is_what_was_paid_for_and_left_no_image(
    gateway: Gateway, meet: Meet, fault: Fault, moment: Moment
) -> None:
    lost = moment == "after_capture" and CATALOGUE[fault.name].loses
    # One image less than one is none.
    assert planned(gateway, meet, fault).call.lost == (lost or fault.name == "fewer_images")


def test_fewer_of_several_images_are_not_lost(gateway: Gateway, meet: Meet) -> None:
    assert not planned(gateway, meet, Fault("fewer_images"), n=2).call.lost


ERROR_STATUSES = {name: row.status for name, row in ERRORS.items() if name in MESSAGES} | {"bad_gateway_page": 502}


@pytest.mark.parametrize(("name", "status"), ERROR_STATUSES.items())
def test_error_has_its_status(gateway: Gateway, meet: Meet, name: str, status: int) -> None:
    assert planned(gateway, meet, Fault(name)).response.status == status


def test_page_of_a_proxy_is_no_json(gateway: Gateway, meet: Meet) -> None:
    response = planned(gateway, meet, Fault("bad_gateway_page"))
    assert (response.headers["content-type"], b"<h1>502 Bad Gateway</h1>" in response.response.body) == (
        "text/html; charset=utf-8",
        True,
    )


def test_too_many_calls_are_told_when_to_come_back(gateway: Gateway, meet: Meet) -> None:
    assert planned(gateway, meet, Fault("rate_limited")).headers["retry-after"] == "1"


@pytest.mark.parametrize(("name", "kind"), ABORTED.items())
def test_severed_connection_has_no_response(gateway: Gateway, meet: Meet, name: str, kind: Any) -> None:
    assert planned(gateway, meet, Fault(name)).ending == Cut(kind)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_body_is_the_right_one(make_gateway: Callable[..., Gateway], meet: Meet, name: str) -> None:
    kind, framing = BROKEN[name]
    met = planned(make_gateway(), meet, Fault(name))
    assert (met.ending.kind, met.ending.framing, met.response.body) == (
        kind,
        framing,
        meet(make_gateway()).response.body,
    )


def test_hang_comes_before_any_response(gateway: Gateway, meet: Meet) -> None:
    assert planned(gateway, meet, Fault("hang")).ending == Hang(5.0)


def test_drip_is_the_right_response_in_ten_pieces(make_gateway: Callable[..., Gateway], meet: Meet) -> None:
    met = planned(make_gateway(), meet, read_fault("drip:9s"))
    right = meet(make_gateway()).response.body
    assert (met.ending.pieces, met.ending.pause, met.call.waited, met.response.body) == (10, 1.0, 9.0, right)


@pytest.mark.parametrize("text", ["delay:3s", "delay_after_capture:3s"])
def test_delay_is_a_wait_and_the_right_response(make_gateway: Callable[..., Gateway], meet: Meet, text: str) -> None:
    met = planned(make_gateway(), meet, read_fault(text))
    right = meet(make_gateway()).response.body
    assert (met.steps[1:-1], met.call.waited, met.response.body) == ((Wait(3.0),), 3.0, right)


def test_delay_is_drawn_anew_for_each_call(gateway: Gateway, meet: Meet) -> None:
    seconds = [planned(gateway, meet, read_fault("delay:uniform:1s..5s")).call.waited for _ in range(8)]
    assert (len(set(seconds)), min(seconds) >= 1, max(seconds) <= 5) == (8, True, True)


@pytest.mark.parametrize("text", ["delay:0", "drip:0s"])
def test_fault_that_takes_no_time_takes_none(gateway: Gateway, meet: Meet, text: str) -> None:
    met = planned(gateway, meet, read_fault(text))
    assert (met.waits, met.call.waited, met.call.fault) == ([], 0.0, f"{text.rstrip('s')}s")


REPLAY = {"idempotency-key": "a"}


def replayed(make_gateway: Callable[..., Gateway], meet: Meet, fault: str) -> Any:
    gateway = make_gateway(idempotency_key="replay")
    workspace = gateway.workspaces.open(KEY)
    workspace.plan(["ok", fault])
    return [meet(gateway, headers=REPLAY, n=2) for _ in range(2)][-1], workspace


@pytest.mark.parametrize("fault", ["moderation_refused", "reset", "delay", "hang"])
def test_fault_before_capture_does_not_strike_a_response_that_is_given_again(
    make_gateway: Callable[..., Gateway], meet: Meet, fault: str
) -> None:
    met, workspace = replayed(make_gateway, meet, fault)
    assert (met.response.status, met.call.fault, workspace.plan_states[0].fired) == (200, "", 1)


@pytest.mark.parametrize("fault", [name for name, kind in CATALOGUE.items() if "after_capture" in kind.moments])
def test_fault_after_capture_strikes_a_response_that_is_given_again_free_of_charge(
    make_gateway: Callable[..., Gateway], meet: Meet, fault: str
) -> None:
    after = Fault(fault).at("after_capture")
    met, workspace = replayed(make_gateway, meet, str(after))
    assert (met.call.fault, met.call.charged, workspace.wallet.captured) == (str(after), False, 2 * PRICE)
