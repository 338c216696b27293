"""Clients that end their bytes behind a request, as `nc -N` does: they get their response."""

from __future__ import annotations

import socket
from collections.abc import Callable
from queue import Queue
from typing import Any

import httpx
import pytest

import omixa_mock

LATENCIES = pytest.mark.parametrize("latency", [0, 0.001, 0.1])


def send_and_end(connection: Any, data: bytes) -> bytes:
    """Send bytes, end the client's side, and return all that the server sends, without interim responses."""
    connection.send(data)
    connection.socket.shutdown(socket.SHUT_WR)
    return bytes(connection.read_rest().replace(b"HTTP/1.1 100 Continue\r\n\r\n", b""))


@LATENCIES
def test_half_closed_client_gets_its_response(api: httpx.Client, connection: Any, latency: float) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": latency}})
    assert send_and_end(connection, connection.generate()).startswith(b"HTTP/1.1 200 OK")


def test_half_closed_client_of_http_1_0_has_left(
    api: httpx.Client, connection: Any, ended: Queue[omixa_mock.Call]
) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": 60}})
    send_and_end(connection, connection.generate().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    assert ended.get(timeout=10).client_left


@LATENCIES
def test_half_closed_client_has_not_left(
    api: httpx.Client, connection: Any, ended: Queue[omixa_mock.Call], latency: float
) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": latency}})
    send_and_end(connection, connection.generate())
    call = ended.get(timeout=10)
    assert (call.client_left, call.charged) == (False, True)


def test_half_closed_client_gets_the_responses_of_its_pipeline(api: httpx.Client, connection: Any) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": 0.01}})
    assert send_and_end(connection, connection.generate() * 3).count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("fault", ["truncated", "no_response", "no_route"])
def test_half_closed_client_meets_its_fault(api: httpx.Client, connection: Any, fault: str) -> None:
    api.put("/__omixa/workspace", json={})
    api.post("/__omixa/faults", json={"fail": fault})
    begin = {"truncated": b"HTTP/1.1 200", "no_response": b"", "no_route": b"HTTP/1.1 503"}[fault]
    data = send_and_end(connection, connection.generate())
    assert (data.startswith(begin), bool(data)) == (True, bool(begin))


def test_half_closed_client_without_a_whole_request_gets_nothing(connection: Any) -> None:
    assert send_and_end(connection, connection.generate()[:-5]) == b""


@pytest.mark.acceptance
@pytest.mark.parametrize("latency", [0, 0.0005, 0.001])
def test_half_closed_clients_get_their_responses_without_a_race(
    server: omixa_mock.OmixaMockServer, api: httpx.Client, open_connection: Callable[..., Any], latency: float
) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": latency}})
    beginnings = set()
    for _ in range(30):
        connection = open_connection(server.url, server.api_key)
        beginnings.add(send_and_end(connection, connection.generate())[:12])
        connection.close()
    assert beginnings == {b"HTTP/1.1 200"}


def test_client_that_leaves_on_a_used_connection_has_left(
    api: httpx.Client, connection: Any, ended: Queue[omixa_mock.Call]
) -> None:
    connection.send(connection.generate())
    connection.read_response()
    ended.get(timeout=10)
    api.put("/__omixa/workspace", json={"settings": {"latency": 60}})
    connection.send_and_close(connection.generate())
    assert ended.get(timeout=10).client_left


def test_half_closed_client_that_leaves_later_has_left(
    api: httpx.Client, connection: Any, ended: Queue[omixa_mock.Call]
) -> None:
    api.put("/__omixa/workspace", json={"settings": {"latency": 60}})
    connection.send(connection.generate())
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.socket.recv(100).startswith(b"HTTP/1.1 100 ")
    connection.close()
    assert ended.get(timeout=10).client_left


def test_half_closed_client_gets_all_of_a_long_response(api: httpx.Client, connection: Any) -> None:
    api.put("/__omixa/workspace", json={"settings": {"weight": 8_000_000, "latency": 0.05}})
    response = send_and_end(connection, connection.generate())
    assert response.endswith(b'"}}')
    assert len(response) > 8_000_000
