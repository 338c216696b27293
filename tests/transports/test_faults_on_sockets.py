"""Faults on real sockets, byte by byte: how a connection ends, and that no other connection is affected."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from queue import Queue
from typing import Any

import httpx
import pytest
from uvicorn.server import ServerState

import omixa_mock
from omixa_mock.gateway import CATALOGUE
from omixa_mock.transports import listen

TIMEOUT = 10
# Two seconds become 50 ms.
SETTINGS = {"time_scale": 0.025}
ABORTED = ["reset", "no_response", "garbage"]
BROKEN = ["reset_in_body", "truncated", "truncated_without_length", "malformed_chunk"]
RESETS = pytest.mark.parametrize("fault", ["reset", "reset_after_capture"])
MUTATIONS = [name for name, kind in CATALOGUE.items() if kind.family == "wrong success"]


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the state of each server: its connections and tasks."""
    states_made: list[Any] = []

    def make_state() -> ServerState:
        state = ServerState()
        states_made.append(state)
        return state

    monkeypatch.setattr(listen, "ServerState", make_state)
    return states_made


@pytest.fixture
def server(states: list[Any]) -> Iterator[omixa_mock.OmixaMockServer]:  # noqa: ARG001  # watched from its beginning
    with omixa_mock.serve(settings=SETTINGS) as server:
        yield server


@pytest.fixture
def send_with_fault(
    server: omixa_mock.OmixaMockServer, open_connection: Callable[..., Any]
) -> Iterator[Callable[..., Any]]:
    """Return a function that requests two images with a fault, on a new connection."""
    connections = []

    def send_with_fault(fault: str, *, behind: bytes = b"") -> Any:
        connection = open_connection(server.url, f"omx_live_fail_{fault}")
        connections.append(connection)
        connection.send(connection.generate(n=2) + behind)
        return connection

    yield send_with_fault
    for connection in connections:
        connection.close()


def parts_of(connection: Any) -> tuple[dict[str, str], bytes]:
    """Return the header fields and body of a response that the end of the connection ends."""
    head, _, body = connection.read_rest().partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return dict(line.lower().split(": ", 1) for line in lines), body


def read_until_reset(connection: Any) -> bytes:
    """Return the bytes before the reset."""
    data = b""
    while True:
        try:
            piece = connection.socket.recv(1 << 16)
        except ConnectionResetError:
            return data
        assert piece, "closed, not reset"
        data += piece


# How a connection ends


@RESETS
def test_reset_is_a_reset_without_a_byte(send_with_fault: Callable[..., Any], fault: str) -> None:
    assert read_until_reset(send_with_fault(fault)) == b""


def test_reset_in_body_follows_half_of_the_response(send_with_fault: Callable[..., Any]) -> None:
    whole = send_with_fault("ok").read_response().body
    head, _, body = read_until_reset(send_with_fault("reset_in_body")).partition(b"\r\n\r\n")
    assert (body, f"content-length: {len(whole)}".encode() in head) == (whole[: len(whole) // 2], True)


@pytest.mark.parametrize("fault", ["no_response", "no_response_after_capture"])
def test_no_response_is_the_end_of_the_stream(send_with_fault: Callable[..., Any], fault: str) -> None:
    assert send_with_fault(fault).read_rest() == b""


def test_truncated_body_is_shorter_than_announced(send_with_fault: Callable[..., Any]) -> None:
    fields, body = parts_of(send_with_fault("truncated"))
    assert 0 < len(body) < int(fields["content-length"])


def test_truncated_body_without_length_announces_the_close(send_with_fault: Callable[..., Any]) -> None:
    fields, _ = parts_of(send_with_fault("truncated_without_length"))
    assert (fields["connection"], "content-length" in fields) == ("close", False)


def test_truncated_body_without_length_is_no_json(send_with_fault: Callable[..., Any]) -> None:
    _, body = parts_of(send_with_fault("truncated_without_length"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_malformed_chunk_follows_a_valid_one(send_with_fault: Callable[..., Any]) -> None:
    fields, body = parts_of(send_with_fault("malformed_chunk"))
    size, _, rest = body.partition(b"\r\n")
    after = rest[int(size, 16) :]
    assert (fields["transfer-encoding"], after) == ("chunked", b"\r\nno chunk\r\n")


@pytest.mark.parametrize("fault", ["garbage", "garbage_after_capture"])
def test_garbage_is_not_http(send_with_fault: Callable[..., Any], fault: str) -> None:
    data = send_with_fault(fault).read_rest()
    assert (bool(data), data.startswith(b"HTTP/")) == (True, False)


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_response_is_marked(send_with_fault: Callable[..., Any], fault: str) -> None:
    connection = send_with_fault(fault)
    data = read_until_reset(connection) if fault == "reset_in_body" else connection.read_rest()
    assert f"\r\nx-omixa-mock-fault: {fault}\r\n".encode() in data.lower()


def test_drip_takes_many_reads(send_with_fault: Callable[..., Any]) -> None:
    whole = send_with_fault("ok").read_response()
    connection, data, reads = send_with_fault("drip"), b"", 0
    while not data.endswith(whole.body):
        data += connection.socket.recv(1 << 16)
        reads += 1
    assert reads > 3


# Requests behind, beside and after a fault


@pytest.mark.parametrize("fault", [*ABORTED, *BROKEN])
def test_pipelined_request_behind_a_cut_gets_no_response(
    server: omixa_mock.OmixaMockServer, send_with_fault: Callable[..., Any], ended: Queue[omixa_mock.Call], fault: str
) -> None:
    key = f"omx_live_fail_{fault}"
    behind = f"GET /api/v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    connection = send_with_fault(fault, behind=behind)
    data = read_until_reset(connection) if fault.startswith("reset") else connection.read_rest()
    ended.get(timeout=TIMEOUT)
    calls = server.gateway.workspaces.enter(key).journal
    assert (data.count(b"HTTP/1.1 "), len(calls)) == (int(fault in BROKEN), 1)


@pytest.mark.parametrize("fault", MUTATIONS)
def test_connection_is_kept_after_a_mutated_response(send_with_fault: Callable[..., Any], fault: str) -> None:
    connection = send_with_fault(fault)
    connection.read_response()
    connection.send(connection.request("GET", "/api/v1/models"))
    assert connection.read_response().status == 200


def test_hang_keeps_its_connection_open_while_others_get_responses(
    send_with_fault: Callable[..., Any], api: httpx.Client
) -> None:
    connection = send_with_fault("hang")
    for _ in range(3):
        api.get("/api/v1/models").raise_for_status()
    connection.socket.settimeout(0)
    with pytest.raises(BlockingIOError):
        connection.socket.recv(1)


def wait_for_hold(server: omixa_mock.OmixaMockServer, key: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not server.gateway.workspaces.enter(key).wallet.held:
        assert time.monotonic() < deadline, "the request was never held"


def test_client_that_leaves_a_hang_is_recorded_with_its_wait(
    server: omixa_mock.OmixaMockServer, send_with_fault: Callable[..., Any], ended: Queue[omixa_mock.Call]
) -> None:
    connection = send_with_fault("hang")
    wait_for_hold(server, "omx_live_fail_hang")
    connection.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        connection.socket.recv(1)
    connection.close()
    call = ended.get(timeout=TIMEOUT)
    assert (call.client_left, 0.09 < call.waited < TIMEOUT) == (True, True)


def test_client_that_leaves_a_drip_is_recorded_with_its_wait(
    server: omixa_mock.OmixaMockServer, connection: Any, ended: Queue[omixa_mock.Call]
) -> None:
    server.plan("drip:36s")  # a tenth of a second between two pieces
    connection.send(connection.generate())
    for _ in range(3):  # the head, one piece or two
        assert connection.socket.recv(1 << 16)
    connection.reset()
    call = ended.get(timeout=TIMEOUT)
    assert (call.client_left, call.waited >= 0.09) == (True, True)


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("fault", [*ABORTED, *BROKEN, "hang", "drip", "delay"])
def test_no_connection_and_no_task_is_left(
    send_with_fault: Callable[..., Any], ended: Queue[omixa_mock.Call], states: list[Any], fault: str, end: str
) -> None:
    connection = send_with_fault(fault)
    getattr(connection, end)()
    ended.get(timeout=TIMEOUT)
    deadline = time.monotonic() + TIMEOUT
    while states[0].connections or states[0].tasks:
        assert time.monotonic() < deadline, (states[0].connections, states[0].tasks)


def test_server_with_a_hang_stops_at_once(open_connection: Callable[..., Any]) -> None:
    with omixa_mock.serve() as server, closing(open_connection(server.url, "omx_live_fail_hang")) as connection:
        connection.send(connection.generate())
        wait_for_hold(server, "omx_live_fail_hang")
        began = time.monotonic()
    assert time.monotonic() - began < 1


# Calls without faults


@pytest.mark.parametrize("fault", [*ABORTED, "hang", "no_route", "empty_body"])
@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/usage/requests", "/api/v1/usage/rollups"])
def test_reads_get_no_fault(api: httpx.Client, fault: str, path: str) -> None:
    assert api.get(path, headers={"Authorization": f"Bearer omx_live_fail_{fault}"}).status_code == 200


@pytest.mark.parametrize("fault", [*ABORTED, "hang", "invalid_key"])
@pytest.mark.parametrize("path", ["workspace", "requests", "ledger", "faults"])
def test_control_routes_get_no_fault(api: httpx.Client, fault: str, path: str) -> None:
    api.post("/__omixa/faults", json={"fail": fault, "times": None}).raise_for_status()
    assert api.get(f"/__omixa/{path}").status_code == 200
