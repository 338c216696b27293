"""A client that leaves while the provider works: seen at once, its hold released, nothing billed."""

from __future__ import annotations

import time
from queue import Queue
from typing import Any

import httpx
import pytest

from omixa_mock import Call

PATIENCE = 10
ENDS = pytest.mark.parametrize("end", ["close", "reset"])


def ledger(api: httpx.Client) -> Any:
    return api.get("/__omixa/ledger").raise_for_status().json()


@pytest.fixture
def hanging(api: httpx.Client, wire: Any) -> Any:
    """A connection whose order is with the provider, for a minute."""
    api.put("/__omixa/workspace", json={"settings": {"latency": 60}}).raise_for_status()
    wire.send(wire.generate(n=2))
    deadline = time.monotonic() + PATIENCE
    while ledger(api)["held"] == "0.000000":
        assert time.monotonic() < deadline, "the order was never held"
    return wire


@pytest.mark.usefixtures("hanging")
def test_money_is_held_while_the_provider_works(api: httpx.Client) -> None:
    assert ledger(api)["held"] == "0.078000"


@ENDS
def test_leaving_is_journalled(hanging: Any, ended: Queue[Call], end: str) -> None:
    getattr(hanging, end)()
    assert ended.get(timeout=PATIENCE).client_left


@ENDS
def test_leaving_releases_the_hold(hanging: Any, ended: Queue[Call], api: httpx.Client, end: str) -> None:
    getattr(hanging, end)()
    ended.get(timeout=PATIENCE)
    assert [entry["kind"] for entry in ledger(api)["entries"]] == ["balance", "hold", "release"]


@ENDS
def test_leaving_costs_nothing(hanging: Any, ended: Queue[Call], api: httpx.Client, end: str) -> None:
    getattr(hanging, end)()
    ended.get(timeout=PATIENCE)
    assert (ledger(api)["balance"], ledger(api)["held"]) == ("100.000000", "0.000000")


@ENDS
def test_leaving_is_seen_behind_a_pipelined_request(hanging: Any, ended: Queue[Call], end: str) -> None:
    hanging.send(hanging.request("GET", "/api/v1/models"))
    getattr(hanging, end)()
    assert ended.get(timeout=PATIENCE).client_left


def test_broken_bytes_behind_a_waiting_order_do_not_end_it(api: httpx.Client, hanging: Any) -> None:
    hanging.send(b"garbage\r\n\r\n")
    assert ledger(api)["held"] == "0.078000"


def test_others_are_answered_meanwhile(api: httpx.Client, hanging: Any) -> None:
    del hanging
    assert api.get("/api/v1/models").status_code == 200


def test_usage_tells_of_a_client_that_left(api: httpx.Client, hanging: Any, ended: Queue[Call]) -> None:
    hanging.close()
    ended.get(timeout=PATIENCE)
    (record,) = api.get("/api/v1/usage/requests").json()["data"]
    assert record["cost"] == "0.000000"


@pytest.fixture
def half_read(api: httpx.Client, wire: Any) -> Any:
    """A connection whose client has read the beginning of a response that no socket holds whole."""
    api.put("/__omixa/workspace", json={"settings": {"weight": "30MB"}}).raise_for_status()
    wire.send(wire.generate())
    assert wire.socket.recv(100)
    return wire


@ENDS
def test_leaving_amid_a_long_response_is_journalled_with_its_charge(
    half_read: Any, ended: Queue[Call], end: str
) -> None:
    getattr(half_read, end)()
    call = ended.get(timeout=PATIENCE)
    assert (call.client_left, str(call.charge)) == (True, "0.039000")


def test_a_long_response_that_is_read_to_its_end_was_not_left(half_read: Any, ended: Queue[Call]) -> None:
    while half_read.socket.recv(1 << 20)[-1:] != b"}":
        pass
    assert not ended.get(timeout=PATIENCE).client_left


def test_leaving_before_a_short_response_is_an_orphan(wire: Any, ended: Queue[Call]) -> None:
    wire.send_and_close(wire.generate())
    call = ended.get(timeout=PATIENCE)

    assert (call.client_left, call.charged) == (True, True)
