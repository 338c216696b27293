"""What an examination may cost: nothing by accident, and never more than was allowed."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

SUITE = import_module("omixa_mock.contract_tests.examination")
TARGET = import_module("omixa_mock.contract_tests.target")
PROBE = import_module("omixa_mock.contract_tests.probe")
MODELS = {"gpt-image-1.5"}


class Recording:
    """Answers every call with one status, those that could be charged perhaps with another, and keeps what was sent."""

    def __init__(self, status: int, document: Any, charged: tuple[int, Any] | None = None) -> None:
        self.answer = answer(status, document)
        self.charged = answer(*charged) if charged else self.answer
        self.sent: list[Any] = []

    def __call__(self, exchange: Any) -> Any:
        before = len(self.could_cost())
        self.sent.append(exchange)
        return self.charged if len(self.could_cost()) > before else self.answer

    def could_cost(self) -> list[Any]:
        """The orders that a gateway could charge to the real key: of a model that exists."""
        return [
            each
            for each in self.sent
            if each.method == "POST" and REAL in each.headers.get("Authorization", "") and names_a_model(each.body)
        ]


def answer(status: int, document: Any) -> Any:
    return TARGET.Answer(status, {"content-type": "application/json"}, json.dumps(document).encode())


REAL = "omx_live_real"
REFUSAL = {"error": {"message": "no", "type": "t", "code": "c"}}
SUCCESS = {"created": 1780660800, "data": [], "usage": {"billed_amount": "0.039000"}}


def names_a_model(body: bytes) -> bool:
    """As a gateway reads it that takes more than it documents: in any case, and anywhere."""
    return any(b'"%s"' % name.encode() in body.lower() for name in MODELS)


def run(send: Recording, max_spend: str, key: str = REAL) -> Any:
    examination = SUITE.Examination(TARGET.Target(send, key), Decimal(max_spend))
    for probe in SUITE.PROBES:
        if not examination.leave_out(probe):
            with suppress(PROBE.Unseen):
                examination.ask(probe)
    return examination


@pytest.mark.parametrize(
    "told", [(422, REFUSAL), (200, SUCCESS), (500, REFUSAL)], ids=["refusals", "successes", "failures"]
)
def test_nothing_that_could_be_charged_is_sent_without_leave(told: tuple[int, Any]) -> None:
    send = Recording(*told)
    run(send, "0")

    assert send.sent
    assert send.could_cost() == []


def test_without_a_key_no_key_but_made_up_ones_is_sent() -> None:
    send = Recording(401, REFUSAL)
    run(send, "1000000", key="")

    assert {each.headers.get("Authorization", "") for each in send.sent} == {
        "", f"Bearer {TARGET.MADE_UP_KEY}", f"Basic {TARGET.MADE_UP_KEY}", "Bearer sk-omixa-mock-verify",
    }  # fmt: skip


@pytest.mark.parametrize("most", ["0.10", "1", "25"])
def test_calls_are_counted_at_their_worst_price_before_they_are_made(most: str) -> None:
    send = Recording(422, REFUSAL)
    examination = run(send, most)

    assert examination.counted <= Decimal(most)
    assert examination.counted >= len(send.could_cost()) * Decimal("0.01")


def test_the_cheapest_are_asked_first() -> None:
    prices = [probe.price for probe in SUITE.PROBES]

    assert prices == sorted(prices)


def test_a_refusal_that_was_charged_ends_the_examination() -> None:
    send = Recording(422, REFUSAL, charged=(200, SUCCESS))
    examination = run(send, "1000000")

    assert len(send.could_cost()) == 1
    assert examination.ended
    assert "0.039000" in next(each.told for each in examination.seen if each.ends)


def test_what_was_left_out_is_told_with_the_amount_that_would_do() -> None:
    examination = run(Recording(422, REFUSAL), "0")
    wanted = sum((probe.price for probe in SUITE.PROBES), Decimal(0))

    assert any(f"--max-spend {wanted:.2f}" in line for line in examination.report())


def paid(bill: Any) -> tuple[int, Any]:
    return 200, {**SUCCESS, "usage": {"billed_amount": bill}}


def probe(name: str) -> Any:
    return next(each for each in SUITE.PROBES if each.name == name)


def ask(send: Any, *names: str, max_spend: str = "1000000") -> Any:
    examination = SUITE.Examination(TARGET.Target(send, REAL), Decimal(max_spend))
    for name in names:
        if not examination.leave_out(probe(name)):
            with suppress(PROBE.Unseen):
                examination.ask(probe(name))
    return examination


def test_a_bill_above_what_was_counted_is_counted_and_ends_the_examination() -> None:
    send = Recording(422, REFUSAL, charged=paid("2.000000"))
    examination = ask(send, "low and high quality", "same order twice")
    price = probe("low and high quality").price

    assert len(send.could_cost()) == 1
    assert examination.billed == Decimal(2)
    assert examination.counted == price + Decimal(2) - price / 2
    assert [(each.rule, each.ends) for each in examination.seen] == [("gateway.wallet.price", True)]
    assert "2.000000 USD" in examination.seen[0].told


@pytest.mark.parametrize("bill", [None, True, "dear", "NaN", "-1", []])
def test_a_success_without_a_bill_ends_the_examination(bill: Any) -> None:
    send = Recording(422, REFUSAL, charged=paid(bill))
    examination = ask(send, "same order twice", "low and high quality")

    assert len(send.could_cost()) == 1
    assert examination.seen[-1].rule == "gateway.wallet.price"
    assert examination.report()[-1].endswith("1 without a bill that can be read")


def test_bills_that_are_not_above_what_was_counted_go_on() -> None:
    send = Recording(422, REFUSAL, charged=paid("0.039000"))
    examination = ask(send, "same order twice", "low and high quality")

    assert not examination.ended
    assert f"billed: {examination.billed:.6f} USD" in examination.report()[-1]


FREE = [each.name for each in SUITE.PROBES if each.breaks and not each.price]


@pytest.mark.parametrize("name", FREE)
def test_a_free_refusal_that_is_a_success_ends_the_examination_with_its_bill(name: str) -> None:
    examination = ask(lambda _: answer(*paid("0.500000")), name, "no model", max_spend="0")
    (seen,) = examination.seen

    assert (seen.rule, seen.ends, "0.500000 USD" in seen.told) == (probe(name).breaks, True, True)
    assert examination.counted == examination.billed == Decimal("0.5")


def test_every_probe_that_a_real_order_could_refuse_says_what_a_success_breaks() -> None:
    named = {
        "no model",
        "unknown model",
        "other media type",
        "malformed JSON",
        "body of 8 MiB",
        "no endpoint for edits",
    }

    assert named < set(FREE)


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
def test_an_order_that_names_a_model_in_any_way_has_a_price(document: Any) -> None:
    assert REFUSALS.price_of_breach(document) >= PROBE.worst_price()


@pytest.mark.parametrize("document", [{}, {"model": "gpt-image-15"}, {"model": None}, []])
def test_an_order_that_names_no_model_is_free(document: Any) -> None:
    assert REFUSALS.price_of_breach(document) == 0
