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
            if each.method == "POST" and REAL in each.headers.get("Authorization", "") and model_of(each.body) in MODELS
        ]


def answer(status: int, document: Any) -> Any:
    return TARGET.Answer(status, {"content-type": "application/json"}, json.dumps(document).encode())


REAL = "omx_live_real"
REFUSAL = {"error": {"message": "no", "type": "t", "code": "c"}}
SUCCESS = {"created": 1780660800, "data": [], "usage": {"billed_amount": "0.039000"}}


def model_of(body: bytes) -> Any:
    try:
        value = json.loads(body) if len(body) < 2**20 else None  # the large one names no model
    except ValueError:
        return None
    return value.get("model") if isinstance(value, dict) else None


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
