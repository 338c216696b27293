"""Tests of the spending limit: nothing by accident, never more than allowed."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import with_changes
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy

RUNNER = import_module("omixa_mock.contract_tests.runner")
TARGET = import_module("omixa_mock.contract_tests.target")
PRICES = import_module("omixa_mock.contract_tests.prices")
REAL = "omx_live_real"
DEAREST = Decimal("0.234")


class Recording:
    """Gateway with one constant response, optionally another for chargeable requests, that records all requests."""

    def __init__(self, status: int, document: Any, charged: tuple[int, Any] | None = None) -> None:
        self.response = make_response(status, document)
        self.charged = make_response(*charged) if charged else self.response
        self.sent: list[Any] = []

    def __call__(self, request: Any) -> Any:
        self.sent.append(request)
        return self.charged if is_chargeable(request) else self.response

    def chargeable(self) -> list[Any]:
        """Return the requests that a gateway could charge to the real key."""
        return list(filter(is_chargeable, self.sent))


def is_chargeable(request: Any) -> bool:
    """Return True if a request under the real key has a model or a prompt, in any case and anywhere."""
    body = (request.body or b"").lower()
    is_real = request.method == "POST" and REAL in request.headers.get("Authorization", "")
    # A body that ends within a name is no request.
    return is_real and (b'"gpt-image-1.5"' in body or (b'"prompt"' in body and body.endswith(b"}")))


def make_response(status: int, document: Any) -> Any:
    return TARGET.Response(status, {"content-type": "application/json"}, json.dumps(document).encode())


REFUSAL = {"error": {"message": "no", "type": "t", "code": "c"}}
SUCCESS = {"created": 1780660800, "data": [], "usage": {"billed_amount": "0.039000"}}


def paid(bill: Any) -> tuple[int, Any]:
    return 200, {**SUCCESS, "usage": {"billed_amount": bill}}


def run(send: Any, max_spend: str, key: str = REAL, names: tuple[str, ...] = ()) -> Any:
    """Run the probes of these names, or all."""
    runner = RUNNER.ProbeRunner(TARGET.Target(send, key), Decimal(max_spend))
    runner.guard.sleep = lambda _: None
    runner.run_all([probe for probe in RUNNER.PROBES if not names or probe.name in names])
    return runner


# Without a limit


@pytest.mark.parametrize(
    "constant", [(422, REFUSAL), (200, SUCCESS), (500, REFUSAL)], ids=["refusals", "successes", "failures"]
)
def test_no_chargeable_request_is_sent_without_a_limit(constant: tuple[int, Any]) -> None:
    send = Recording(*constant)
    run(send, "0")

    assert send.sent
    assert send.chargeable() == []


def test_only_made_up_keys_are_sent_without_a_key() -> None:
    send = Recording(401, REFUSAL)
    run(send, "1000000", key="")

    assert {request.headers.get("Authorization", "") for request in send.sent} == {
        "", f"Bearer {TARGET.MADE_UP_KEY}", f"Basic {TARGET.MADE_UP_KEY}", "Bearer sk-omixa-mock-verify",
    }  # fmt: skip


# What a call counts


def test_a_refused_call_costs_nothing() -> None:
    send = Recording(422, REFUSAL)
    runner = run(send, "25")

    assert len(send.chargeable()) > 100
    assert runner.guard.counted == 0


def test_a_call_is_made_only_if_its_worst_price_is_left() -> None:
    send = Recording(422, REFUSAL)
    run(send, str(DEAREST - Decimal("0.01")))

    assert send.chargeable() == []


def test_a_success_costs_its_bill() -> None:
    runner = run(Recording(422, REFUSAL, charged=paid("0.039000")), "1", names=("same request twice",))
    assert runner.guard.counted == runner.guard.billed == Decimal("0.039")


@pytest.mark.parametrize("bill", [None, True, "dear", "NaN", "-1", [], "0", "0.000000", "1e9999999", "1_0", "\u0661.5"])
def test_a_success_without_a_believable_bill_costs_the_worst_price(bill: Any) -> None:
    runner = run(Recording(422, REFUSAL, charged=paid(bill)), "1", names=("request--quality-low",))
    assert (runner.guard.counted, runner.guard.billed, runner.guard.unread) == (DEAREST, 0, 1)


@pytest.mark.parametrize("status", [500, 502, 504, 103])
def test_a_server_error_costs_the_worst_price(status: int) -> None:
    runner = run(Recording(422, REFUSAL, charged=(status, REFUSAL)), "1", names=("request--quality-low",))
    assert runner.guard.counted == DEAREST


def test_a_503_of_the_gateway_costs_nothing() -> None:
    runner = run(Recording(422, REFUSAL, charged=(503, REFUSAL)), "1", names=("request--quality-low",))
    assert runner.guard.counted == 0


def test_a_503_of_a_proxy_costs_the_worst_price() -> None:
    runner = run(Recording(422, REFUSAL, charged=(503, "down")), "1", names=("request--quality-low",))
    assert runner.guard.counted == DEAREST


def test_a_call_without_a_response_costs_the_worst_price() -> None:
    def send(request: Any) -> Any:
        if is_chargeable(request):
            raise TARGET.NoResponse("reset")
        return make_response(422, REFUSAL)

    runner = run(send, "10", names=("no fields", "request--quality-low"))
    assert runner.guard.counted == DEAREST


# Learning prices


def billable(**fields: Any) -> Any:
    return PRICES.read_billable(json.dumps({"model": "gpt-image-1.5", "prompt": "x", **fields}).encode())


def test_a_low_bill_does_not_lower_the_worst_price() -> None:
    prices = PRICES.new_prices()
    prices.learn(billable(), Decimal("0.001"), 1)
    assert prices.worst(billable()) == DEAREST


def test_a_dear_bill_raises_the_worst_price_of_every_image() -> None:
    prices = PRICES.new_prices()
    prices.learn(billable(), Decimal("0.078"), 1)
    assert prices.worst(billable(quality="high")) == 2 * DEAREST


def test_more_images_than_requested_do_not_lower_a_price() -> None:
    prices = PRICES.new_prices()
    prices.learn(billable(), Decimal("0.078"), 20)
    assert (prices.worst(billable()), prices.table()) == (2 * DEAREST, None)


def test_prices_that_a_table_explains_are_one() -> None:
    prices = PRICES.new_prices()
    for quality, bill in (("auto", "0.05"), ("low", "0.025"), ("high", "0.1")):
        prices.learn(billable(quality=quality), Decimal(bill), 1)
    assert prices.table() == {"base": "0.050000", "quality": {"low": "0.5", "high": "2"}}


def test_prices_that_no_table_explains_are_none() -> None:
    prices = PRICES.new_prices()
    for bill in ("0.05", "0.06"):
        prices.learn(billable(), Decimal(bill), 1)
    assert prices.table() is None


# What a request may cost


@pytest.mark.parametrize(
    "document",
    [
        {"model": "GPT-Image-1.5"},
        {"model": " gpt-image-1.5\n"},
        {"model": "mai-image-2.5"},
        {"prompt": "a cat"},
        [{"model": "gpt-image-1.5"}],
        {"order": {"gpt-image-1.5": 1}},
        "gpt-image-1.5",
    ],
)
def test_a_request_with_a_model_or_a_prompt_has_a_price(document: Any) -> None:
    assert PRICES.read_billable(json.dumps(document).encode()) is not None


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"model": "gpt-image-15"}', b'{"model": null}', b'{"prompt": ', b""])
def test_a_request_without_both_is_free(body: bytes) -> None:
    assert PRICES.read_billable(body) is None


@pytest.mark.parametrize(
    ("n", "images"), [(3, 3), ("3", 3), (1.5, 1), (None, 1), (-1, 1), (True, 1), ([], 1), (10**9, 20), ("x", 1)]
)
def test_the_number_of_images_is_read_as_a_lenient_gateway_may(n: Any, images: int) -> None:
    assert billable(n=n).n == images


# Bills that nobody expects


def test_a_bill_above_the_worst_price_is_a_finding() -> None:
    runner = run(Recording(422, REFUSAL, charged=paid("0.500000")), "9", names=("request--quality-low",))
    assert "the bill says 0.500000 USD; the highest price known before: 0.234000" in str(runner.observations)


def test_the_first_bill_above_the_worst_price_does_not_end_the_run() -> None:
    runner = run(Recording(422, REFUSAL, charged=paid("0.500000")), "9", names=("request--quality-low", "no fields"))
    assert not runner.end_reason


def test_the_second_bill_above_the_worst_price_ends_the_run() -> None:
    bills = iter(["0.5", "90"])

    def send(_: Any) -> Any:
        return make_response(*paid(next(bills)))

    names = ("request--quality-low", "request--quality-high")
    assert "higher than any price known before" in run(send, "99", names=names).end_reason


def test_a_bill_that_exceeds_the_limit_ends_the_run() -> None:
    send = Recording(422, REFUSAL, charged=paid("2.000000"))
    runner = run(send, "1")

    assert len(send.chargeable()) == 1
    assert "exceeded --max-spend" in runner.end_reason


# A whole run, counted at the target


def gateway_of(changes: dict[str, Any]) -> Gateway:
    return Gateway(shipped_contract(), with_changes(Settings(), {"default_balance": "1000", **changes}), keys=(REAL,))


LENIENT: dict[str, Any] = {
    "unknown_fields": "ignore",
    "empty_prompt": "allow",
    "remote_images": "accept",
    "image_checks": "ignore",
    "transparent_jpeg": "opaque",
    "content_type": "ignore",
    "prompt_max_chars": 10**6,
    "input_images_max": 64,
}
leniency = st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in LENIENT.items()})


@pytest.mark.acceptance
@settings(max_examples=10, deadline=None)
@given(leniency, st.sampled_from(["0", "0.10", "0.40", "1.50", "4"]), st.integers(1, 23))
def test_a_lenient_gateway_costs_no_more_than_the_limit(
    sending_to: Any, changes: dict[str, Any], limit: str, cents: int
) -> None:
    gateway = gateway_of({**changes, "prices": {"gpt-image-1.5": f"0.{cents:02}"}})
    with sending_to(build_app(gateway, ControlPolicy())) as send:
        run(send, limit)

    assert Decimal(1000) - gateway.workspaces.open(REAL).wallet.balance <= Decimal(limit)


def test_a_whole_run_costs_less_than_four_dollars(sending_to: Any) -> None:
    with sending_to(build_app(gateway_of({}), ControlPolicy())) as send:
        assert not any(result.left_out for result in run(send, "4").results.values())


def test_forty_cents_make_a_hundred_probes(sending_to: Any) -> None:
    with sending_to(build_app(gateway_of({}), ControlPolicy())) as send:
        assert sum(not result.left_out for result in run(send, "0.40").results.values()) >= 100


def test_forty_cents_see_images(sending_to: Any) -> None:
    with sending_to(build_app(gateway_of({}), ControlPolicy())) as send:
        assert run(send, "0.40").guard.billed > 3 * Decimal("0.039")


@pytest.mark.parametrize("name", ["unknown_fields", "remote_images", "empty_prompt"])
def test_a_lenient_gateway_is_examined_to_the_end(name: str, sending_to: Any) -> None:
    with sending_to(build_app(gateway_of({name: LENIENT[name]}), ControlPolicy())) as send:
        runner = run(send, "4")

    assert [result.probe.name for result in runner.results.values() if result.left_out] == []


# The sequence


def test_the_first_charge_teaches_the_price_of_all_others() -> None:
    paid_probes = [probe.name for probe in RUNNER.PROBES if probe.price]
    assert (paid_probes[0], RUNNER.PROBES[0].price) == ("request--minimal", 0)


def test_documented_rules_precede_assumed_ones_of_the_same_price() -> None:
    free = [probe.documented for probe in RUNNER.PROBES if not probe.price]
    assert free == sorted(free, reverse=True)
