"""Concurrent clients: bills, captures and balance agree, as read from the control routes."""

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


def run_clients(balance: str) -> tuple[list[Any], Any]:
    """Let all clients request images concurrently, and return the responses and the ledger."""
    with omixa_mock.serve(settings={"default_balance": balance}) as server:
        headers = {"Authorization": f"Bearer {server.api_key}"}

        def call(client: int) -> list[Any]:
            with httpx.Client(base_url=server.base_url, headers=headers, trust_env=False, verify=False) as own:
                return [
                    own.post("/images/generations", json=image_request, timeout=60).json()
                    for image_request in image_requests(client)
                ]

        with ThreadPoolExecutor(CLIENTS) as pool:
            responses = [response for responses in pool.map(call, range(CLIENTS)) for response in responses]
        ledger = httpx.get(f"{server.url}/__omixa/ledger", headers=headers, trust_env=False, verify=False)
        return responses, ledger.json()


@pytest.fixture(scope="module")
def rich() -> tuple[list[Any], Any]:
    """Run clients with a sufficient balance."""
    return run_clients("1000")


@pytest.fixture(scope="module")
def poor() -> tuple[list[Any], Any]:
    """Run clients whose balance runs out."""
    return run_clients("5")


def billed(responses: list[Any]) -> Decimal:
    usages = [response["usage"] for response in responses if "usage" in response]
    return sum((Decimal(usage["billed_amount"]) for usage in usages), Decimal(0))


def captured(ledger: Any) -> Decimal:
    return sum((Decimal(entry["amount"]) for entry in ledger["entries"] if entry["kind"] == "capture"), Decimal(0))


def test_bills_captures_and_balance_agree(rich: tuple[list[Any], Any]) -> None:
    responses, ledger = rich
    assert billed(responses) == captured(ledger) == Decimal(1000) - Decimal(ledger["balance"])


def test_every_request_with_a_sufficient_balance_is_billed(rich: tuple[list[Any], Any]) -> None:
    responses, _ = rich
    assert sum("usage" in response for response in responses) == CLIENTS * CALLS


def test_every_request_has_one_capture(rich: tuple[list[Any], Any]) -> None:
    _, ledger = rich
    captures = [entry["call"] for entry in ledger["entries"] if entry["kind"] == "capture"]
    assert sorted(captures) == list(range(1, CLIENTS * CALLS + 1))


def test_bills_agree_if_some_requests_are_refused(poor: tuple[list[Any], Any]) -> None:
    responses, ledger = poor
    assert billed(responses) == captured(ledger) == Decimal(5) - Decimal(ledger["balance"])


def test_clients_never_spend_more_than_the_balance(poor: tuple[list[Any], Any]) -> None:
    responses, ledger = poor
    assert any("error" in response for response in responses)
    assert min(Decimal(entry["balance"]) for entry in ledger["entries"]) >= 0


def test_no_hold_stays_open(poor: tuple[list[Any], Any]) -> None:
    _, ledger = poor
    assert ledger["held"] == "0.000000"


def test_clients_with_different_keys_are_isolated(server: OmixaMockServer, api: httpx.Client) -> None:
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


def test_many_requests_in_one_segment_get_responses_in_sequence(connection: Any) -> None:
    # Each gets its response at once, and none is begun within another.
    count = 1000
    connection.send(b"".join(connection.request("GET", f"/api/v1/{number}") for number in range(count)))
    bodies = [connection.read_response().body for _ in range(count)]
    assert [f"/api/v1/{number}. ".encode() in body for number, body in enumerate(bodies)] == [True] * count
