"""Tests of the spending limit: nothing by accident, never more than allowed."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

RUNNER = import_module("omixa_mock.contract_tests.runner")
TARGET = import_module("omixa_mock.contract_tests.target")
PROBE = import_module("omixa_mock.contract_tests.probe")
MODELS = {"gpt-image-1.5"}


class Recording:
    """Gateway with one constant response, optionally another for chargeable requests, that records all requests."""

    def __init__(self, status: int, document: Any, charged: tuple[int, Any] | None = None) -> None:
        self.response = make_response(status, document)
        self.charged = make_response(*charged) if charged else self.response
        self.sent: list[Any] = []

    def __call__(self, request: Any) -> Any:
        before = len(self.chargeable())
        self.sent.append(request)
        return self.charged if len(self.chargeable()) > before else self.response

    def chargeable(self) -> list[Any]:
        """Return the requests that a gateway could charge to the real key: those with an existing model."""
        return [
            request
            for request in self.sent
            if request.method == "POST"
            and REAL in request.headers.get("Authorization", "")
            and names_a_model(request.body)
        ]


def make_response(status: int, document: Any) -> Any:
    return TARGET.Response(status, {"content-type": "application/json"}, json.dumps(document).encode())


REAL = "omx_live_real"
REFUSAL = {"error": {"message": "no", "type": "t", "code": "c"}}
SUCCESS = {"created": 1780660800, "data": [], "usage": {"billed_amount": "0.039000"}}


def names_a_model(body: bytes) -> bool:
    """Return True if a model's name occurs anywhere in a body, in any case."""
    return any(b'"%s"' % name.encode() in body.lower() for name in MODELS)


def run(send: Recording, max_spend: str, key: str = REAL) -> Any:
    runner = RUNNER.ProbeRunner(TARGET.Target(send, key), Decimal(max_spend))
    for probe in RUNNER.PROBES:
        if not runner.skip_reason(probe):
            with suppress(PROBE.Inconclusive):
                runner.run(probe)
    return runner


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


@pytest.mark.parametrize("limit", ["0.10", "1", "25"])
def test_calls_are_counted_at_their_worst_price_before_they_are_made(limit: str) -> None:
    send = Recording(422, REFUSAL)
    runner = run(send, limit)

    assert runner.counted <= Decimal(limit)
    assert runner.counted >= len(send.chargeable()) * Decimal("0.01")


def test_the_cheapest_probes_run_first() -> None:
    prices = [probe.price for probe in RUNNER.PROBES]

    assert prices == sorted(prices)


def test_a_refusal_that_was_charged_ends_the_run() -> None:
    send = Recording(422, REFUSAL, charged=(200, SUCCESS))
    runner = run(send, "1000000")

    assert len(send.chargeable()) == 1
    assert runner.end_reason
    assert "0.039000" in next(observation.message for observation in runner.observations if observation.ends_run)


def test_the_report_has_the_sufficient_limit_for_skipped_probes() -> None:
    runner = run(Recording(422, REFUSAL), "0")
    sufficient = sum((probe.price for probe in RUNNER.PROBES), Decimal(0))

    assert any(f"--max-spend {sufficient:.2f}" in line for line in runner.report())


def paid(bill: Any) -> tuple[int, Any]:
    return 200, {**SUCCESS, "usage": {"billed_amount": bill}}


def probe_named(name: str) -> Any:
    return next(probe for probe in RUNNER.PROBES if probe.name == name)


def run_named(send: Any, *names: str, max_spend: str = "1000000") -> Any:
    runner = RUNNER.ProbeRunner(TARGET.Target(send, REAL), Decimal(max_spend))
    for name in names:
        if not runner.skip_reason(probe_named(name)):
            with suppress(PROBE.Inconclusive):
                runner.run(probe_named(name))
    return runner


def test_a_bill_above_the_counted_price_counts_and_ends_the_run() -> None:
    send = Recording(422, REFUSAL, charged=paid("2.000000"))
    runner = run_named(send, "low and high quality", "same order twice")
    price = probe_named("low and high quality").price

    assert len(send.chargeable()) == 1
    assert runner.billed == Decimal(2)
    assert runner.counted == price + Decimal(2) - price / 2
    assert [(observation.rule, observation.ends_run) for observation in runner.observations] == [
        ("gateway.wallet.price", True)
    ]
    assert "2.000000 USD" in runner.observations[0].message


@pytest.mark.parametrize("bill", [None, True, "dear", "NaN", "-1", []])
def test_a_success_without_a_bill_ends_the_run(bill: Any) -> None:
    send = Recording(422, REFUSAL, charged=paid(bill))
    runner = run_named(send, "same order twice", "low and high quality")

    assert len(send.chargeable()) == 1
    assert runner.observations[-1].rule == "gateway.wallet.price"
    assert runner.report()[-1].endswith("1 without a bill that can be read")


def test_bills_up_to_the_counted_price_do_not_end_the_run() -> None:
    send = Recording(422, REFUSAL, charged=paid("0.039000"))
    runner = run_named(send, "same order twice", "low and high quality")

    assert not runner.end_reason
    assert f"billed: {runner.billed:.6f} USD" in runner.report()[-1]


FREE = [probe.name for probe in RUNNER.PROBES if probe.refusal_rule and not probe.price]


@pytest.mark.parametrize("name", FREE)
def test_a_free_refusal_that_is_a_success_ends_the_run_with_its_bill(name: str) -> None:
    runner = run_named(lambda _: make_response(*paid("0.500000")), name, "no model", max_spend="0")
    (observation,) = runner.observations

    assert (observation.rule, observation.ends_run) == (probe_named(name).refusal_rule, True)
    assert "0.500000 USD" in observation.message
    assert runner.counted == runner.billed == Decimal("0.5")


def test_free_refusals_have_a_rule_that_a_success_violates() -> None:
    expected = {
        "no model",
        "unknown model",
        "other media type",
        "malformed JSON",
        "body of 8 MiB",
        "no endpoint for edits",
    }

    assert expected < set(FREE)


REFUSALS = import_module("omixa_mock.contract_tests.refusals")


@pytest.mark.parametrize(
    "document",
    [
        {"model": "GPT-Image-1.5"},
        {"model": " gpt-image-1.5\n"},
        {"model": "mai-image-2.5"},
        [{"model": "gpt-image-1.5"}],
        {"order": {"gpt-image-1.5": 1}},
        "gpt-image-1.5",
    ],
)
def test_a_request_that_names_a_model_in_any_form_has_a_price(document: Any) -> None:
    assert REFUSALS.price_of_violation(document) >= PROBE.worst_price()


@pytest.mark.parametrize("document", [{}, {"model": "gpt-image-15"}, {"model": None}, []])
def test_a_request_without_a_model_is_free(document: Any) -> None:
    assert REFUSALS.price_of_violation(document) == 0
