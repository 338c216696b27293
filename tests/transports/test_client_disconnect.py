"""Clients that disconnect during a call: detected at once, the hold released, nothing billed."""

from __future__ import annotations

import time
from queue import Queue
from typing import Any

import httpx
import pytest

from omixa_mock import Call

TIMEOUT = 10
ENDS = pytest.mark.parametrize("end", ["close", "reset"])


def ledger(api: httpx.Client) -> Any:
    return api.get("/__omixa/ledger").raise_for_status().json()


@pytest.fixture
def hanging(api: httpx.Client, connection: Any) -> Any:
    """Open a connection with a request that the provider works on for a minute."""
    api.put("/__omixa/workspace", json={"settings": {"latency": 60}}).raise_for_status()
    connection.send(connection.generate(n=2))
    deadline = time.monotonic() + TIMEOUT
    while ledger(api)["held"] == "0.000000":
        assert time.monotonic() < deadline, "the request was never held"
    return connection


@pytest.mark.usefixtures("hanging")
def test_money_is_held_while_the_provider_works(api: httpx.Client) -> None:
    assert ledger(api)["held"] == "0.078000"


@ENDS
def test_disconnect_is_journalled(hanging: Any, ended: Queue[Call], end: str) -> None:
    getattr(hanging, end)()
    assert ended.get(timeout=TIMEOUT).client_left


@ENDS
def test_disconnect_releases_the_hold(hanging: Any, ended: Queue[Call], api: httpx.Client, end: str) -> None:
    getattr(hanging, end)()
    ended.get(timeout=TIMEOUT)
    assert [entry["kind"] for entry in ledger(api)["entries"]] == ["balance", "hold", "release"]


@ENDS
def test_disconnect_costs_nothing(hanging: Any, ended: Queue[Call], api: httpx.Client, end: str) -> None:
    getattr(hanging, end)()
    ended.get(timeout=TIMEOUT)
    assert (ledger(api)["balance"], ledger(api)["held"]) == ("100.000000", "0.000000")


@ENDS
def test_disconnect_is_seen_behind_a_pipelined_request(hanging: Any, ended: Queue[Call], end: str) -> None:
    hanging.send(hanging.request("GET", "/api/v1/models"))
    getattr(hanging, end)()
    assert ended.get(timeout=TIMEOUT).client_left


def test_malformed_bytes_behind_a_waiting_request_do_not_end_it(api: httpx.Client, hanging: Any) -> None:
    hanging.send(b"garbage\r\n\r\n")
    assert ledger(api)["held"] == "0.078000"


def test_other_clients_get_responses_meanwhile(api: httpx.Client, hanging: Any) -> None:
    del hanging
    assert api.get("/api/v1/models").status_code == 200


def test_usage_lists_the_call_of_a_client_that_left(api: httpx.Client, hanging: Any, ended: Queue[Call]) -> None:
    hanging.close()
    ended.get(timeout=TIMEOUT)
    (record,) = api.get("/api/v1/usage/requests").json()["data"]
    assert record["cost"] == "0.000000"


@pytest.fixture
def half_read(api: httpx.Client, connection: Any) -> Any:
    """Open a connection, and read the beginning of a response that is too large for any socket buffer."""
    api.put("/__omixa/workspace", json={"settings": {"weight": "30MB"}}).raise_for_status()
    connection.send(connection.generate())
    assert connection.socket.recv(100)
    return connection


@ENDS
def test_disconnect_amid_a_long_response_is_journalled_with_its_charge(
    half_read: Any, ended: Queue[Call], end: str
) -> None:
    getattr(half_read, end)()
    call = ended.get(timeout=TIMEOUT)
    assert (call.client_left, str(call.charge)) == (True, "0.039000")


def test_a_long_response_that_is_read_to_its_end_was_not_left(half_read: Any, ended: Queue[Call]) -> None:
    while half_read.socket.recv(1 << 20)[-1:] != b"}":
        pass
    assert not ended.get(timeout=TIMEOUT).client_left


def test_disconnect_before_a_short_response_is_an_orphan(connection: Any, ended: Queue[Call]) -> None:
    connection.send_and_close(connection.generate())
    call = ended.get(timeout=TIMEOUT)

    assert (call.client_left, call.charged) == (True, True)
