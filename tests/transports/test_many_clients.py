"""The bill adds up, however many clients order at once. Read as a test in any language would: by the control routes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import cycle, islice
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer

CLIENTS, CALLS = 16, 25
QUALITIES = ("low", "medium", "high", "auto")
FORMATS = ("png", "webp", "jpeg", "png", "webp")


def image_requests(client: int) -> list[dict[str, Any]]:
    rows = zip(cycle((1, 2, 3)), cycle(QUALITIES), cycle(FORMATS), strict=False)
    return [
        {"model": "gpt-image-1.5", "prompt": f"cat {client}", "n": n, "quality": quality, "output_format": form}
        for n, quality, form in islice(rows, client, client + CALLS)
    ]


def run_crowd(balance: str) -> tuple[list[Any], Any]:
    """Let all clients order at once under a balance; gives the answers and the ledger."""
    with omixa_mock.serve(settings={"default_balance": balance}) as server:
        headers = {"Authorization": f"Bearer {server.api_key}"}

        def call(client: int) -> list[Any]:
            with httpx.Client(base_url=server.base_url, headers=headers, trust_env=False, verify=False) as own:
                return [
                    own.post("/images/generations", json=image_request, timeout=60).json()
                    for image_request in image_requests(client)
                ]

        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = [answer for answers in pool.map(call, range(CLIENTS)) for answer in answers]
        ledger = httpx.get(f"{server.url}/__omixa/ledger", headers=headers, trust_env=False, verify=False)
        return answers, ledger.json()


@pytest.fixture(scope="module")
def rich() -> tuple[list[Any], Any]:
    """What came of a crowd that can pay."""
    return run_crowd("1000")


@pytest.fixture(scope="module")
def poor() -> tuple[list[Any], Any]:
    """What came of a crowd whose wallet empties while it orders."""
    return run_crowd("5")


def billed(answers: list[Any]) -> Decimal:
    return sum((Decimal(answer["usage"]["billed_amount"]) for answer in answers if "usage" in answer), Decimal(0))


def captured(ledger: Any) -> Decimal:
    return sum((Decimal(entry["amount"]) for entry in ledger["entries"] if entry["kind"] == "capture"), Decimal(0))


def test_bills_captures_and_balance_agree(rich: tuple[list[Any], Any]) -> None:
    answers, ledger = rich
    assert billed(answers) == captured(ledger) == Decimal(1000) - Decimal(ledger["balance"])


def test_every_order_of_a_crowd_that_can_pay_is_billed(rich: tuple[list[Any], Any]) -> None:
    answers, _ = rich
    assert sum("usage" in answer for answer in answers) == CLIENTS * CALLS


def test_every_order_has_one_capture(rich: tuple[list[Any], Any]) -> None:
    _, ledger = rich
    captures = [entry["call"] for entry in ledger["entries"] if entry["kind"] == "capture"]
    assert sorted(captures) == list(range(1, CLIENTS * CALLS + 1))


def test_bills_agree_where_some_are_refused(poor: tuple[list[Any], Any]) -> None:
    answers, ledger = poor
    assert billed(answers) == captured(ledger) == Decimal(5) - Decimal(ledger["balance"])


def test_crowd_never_spends_more_than_there_is(poor: tuple[list[Any], Any]) -> None:
    answers, ledger = poor
    assert any("error" in answer for answer in answers)
    assert min(Decimal(entry["balance"]) for entry in ledger["entries"]) >= 0


def test_nothing_stays_held_after_a_crowd(poor: tuple[list[Any], Any]) -> None:
    _, ledger = poor
    assert ledger["held"] == "0.000000"


def test_clients_with_keys_of_their_own_do_not_see_each_other(server: OmixaMockServer, api: httpx.Client) -> None:
    def generate(number: int) -> Any:
        headers = {"Authorization": f"Bearer omx_live_worker-{number}"}
        document = {"model": "gpt-image-1.5", "prompt": "a cat", "n": number}
        return api.post(f"{server.base_url}/images/generations", json=document, headers=headers).json()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(generate, range(1, 9)))
    ledgers = [
        api.get("/__omixa/ledger", headers={"Authorization": f"Bearer omx_live_worker-{number}"}).json()["captured"]
        for number in range(1, 9)
    ]
    assert ledgers == [f"{Decimal('0.039') * number:.6f}" for number in range(1, 9)]


def test_many_requests_in_one_segment_are_answered_in_order(wire: Any) -> None:
    # Each is answered at once, and none within the answering of another.
    count = 1000
    wire.send(b"".join(wire.request("GET", f"/api/v1/{number}") for number in range(count)))
    told = [wire.answer().body for _ in range(count)]
    assert [f"/api/v1/{number}. ".encode() in body for number, body in enumerate(told)] == [True] * count
