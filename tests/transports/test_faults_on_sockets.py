"""Faults on real sockets, byte by byte: how a connection ends, and that nothing else ends with it."""

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

PATIENCE = 10
# Two seconds become a twentieth of one.
SETTINGS = {"time_scale": 0.025}
ABORTED = ["reset", "no_response", "garbage"]
BROKEN = ["reset_in_body", "truncated", "truncated_without_length", "malformed_chunk"]
RESETS = pytest.mark.parametrize("fault", ["reset", "reset_after_capture"])
MUTATIONS = [name for name, kind in CATALOGUE.items() if kind.family == "wrong success"]


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What each server knows of its connections and tasks."""
    made: list[Any] = []

    def make_state() -> ServerState:
        state = ServerState()
        made.append(state)
        return state

    monkeypatch.setattr(listen, "ServerState", make_state)
    return made


@pytest.fixture
def server(states: list[Any]) -> Iterator[omixa_mock.OmixaMockServer]:  # noqa: ARG001  # watched from its beginning
    with omixa_mock.serve(settings=SETTINGS) as server:
        yield server


@pytest.fixture
def meet(server: omixa_mock.OmixaMockServer, open_wire: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Orders two images under a fault, on a connection of its own."""
    wires = []

    def meet(fault: str, *, behind: bytes = b"") -> Any:
        wire = open_wire(server.url, f"omx_live_fail_{fault}")
        wires.append(wire)
        wire.send(wire.generate(n=2) + behind)
        return wire

    yield meet
    for wire in wires:
        wire.close()


def parts_of(wire: Any) -> tuple[dict[str, str], bytes]:
    """Header fields and body of a response that the closing ends."""
    head, _, body = wire.rest().partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return dict(line.lower().split(": ", 1) for line in lines), body


def read_until_reset(wire: Any) -> bytes:
    """What came before the reset."""
    data = b""
    while True:
        try:
            piece = wire.socket.recv(1 << 16)
        except ConnectionResetError:
            return data
        assert piece, "closed, not reset"
        data += piece


# How a connection ends


@RESETS
def test_reset_is_a_reset_without_a_byte(meet: Callable[..., Any], fault: str) -> None:
    assert read_until_reset(meet(fault)) == b""


def test_reset_in_body_comes_behind_half_of_the_response(meet: Callable[..., Any]) -> None:
    whole = meet("ok").answer().body
    head, _, body = read_until_reset(meet("reset_in_body")).partition(b"\r\n\r\n")
    assert (body, f"content-length: {len(whole)}".encode() in head) == (whole[: len(whole) // 2], True)


@pytest.mark.parametrize("fault", ["no_response", "no_response_after_capture"])
def test_no_response_is_the_end_of_the_stream(meet: Callable[..., Any], fault: str) -> None:
    assert meet(fault).rest() == b""


def test_truncated_body_is_shorter_than_announced(meet: Callable[..., Any]) -> None:
    fields, body = parts_of(meet("truncated"))
    assert 0 < len(body) < int(fields["content-length"])


def test_truncated_body_without_length_announces_the_closing(meet: Callable[..., Any]) -> None:
    fields, _ = parts_of(meet("truncated_without_length"))
    assert (fields["connection"], "content-length" in fields) == ("close", False)


def test_truncated_body_without_length_is_no_json(meet: Callable[..., Any]) -> None:
    _, body = parts_of(meet("truncated_without_length"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_malformed_chunk_stands_behind_a_right_one(meet: Callable[..., Any]) -> None:
    fields, body = parts_of(meet("malformed_chunk"))
    size, _, rest = body.partition(b"\r\n")
    after = rest[int(size, 16) :]
    assert (fields["transfer-encoding"], after) == ("chunked", b"\r\nno chunk\r\n")


@pytest.mark.parametrize("fault", ["garbage", "garbage_after_capture"])
def test_garbage_is_no_http(meet: Callable[..., Any], fault: str) -> None:
    data = meet(fault).rest()
    assert (bool(data), data.startswith(b"HTTP/")) == (True, False)


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_response_is_marked(meet: Callable[..., Any], fault: str) -> None:
    wire = meet(fault)
    data = read_until_reset(wire) if fault == "reset_in_body" else wire.rest()
    assert f"\r\nx-omixa-mock-fault: {fault}\r\n".encode() in data.lower()


def test_drip_comes_in_many_reads(meet: Callable[..., Any]) -> None:
    whole = meet("ok").answer()
    wire, data, reads = meet("drip"), b"", 0
    while not data.endswith(whole.body):
        data += wire.socket.recv(1 << 16)
        reads += 1
    assert reads > 3


# What stands behind, beside and after


@pytest.mark.parametrize("fault", [*ABORTED, *BROKEN])
def test_pipelined_request_behind_a_cut_gets_nothing(
    server: omixa_mock.OmixaMockServer, meet: Callable[..., Any], ended: Queue[omixa_mock.Call], fault: str
) -> None:
    key = f"omx_live_fail_{fault}"
    behind = f"GET /api/v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    wire = meet(fault, behind=behind)
    data = read_until_reset(wire) if fault.startswith("reset") else wire.rest()
    ended.get(timeout=PATIENCE)
    calls = server.gateway.workspaces.enter(key).journal
    assert (data.count(b"HTTP/1.1 "), len(calls)) == (int(fault in BROKEN), 1)


@pytest.mark.parametrize("fault", MUTATIONS)
def test_connection_is_kept_after_a_variant(meet: Callable[..., Any], fault: str) -> None:
    wire = meet(fault)
    wire.answer()
    wire.send(wire.request("GET", "/api/v1/models"))
    assert wire.answer().status == 200


def test_hang_keeps_its_connection_open_while_others_are_answered(meet: Callable[..., Any], api: httpx.Client) -> None:
    wire = meet("hang")
    for _ in range(3):
        api.get("/api/v1/models").raise_for_status()
    wire.socket.settimeout(0)
    with pytest.raises(BlockingIOError):
        wire.socket.recv(1)


def wait_for_hold(server: omixa_mock.OmixaMockServer, key: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.gateway.workspaces.enter(key).wallet.held:
        assert time.monotonic() < deadline, "the order was never held"


def test_client_that_leaves_a_hang_is_recorded_with_how_long_it_waited(
    server: omixa_mock.OmixaMockServer, meet: Callable[..., Any], ended: Queue[omixa_mock.Call]
) -> None:
    wire = meet("hang")
    wait_for_hold(server, "omx_live_fail_hang")
    wire.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        wire.socket.recv(1)
    wire.close()
    call = ended.get(timeout=PATIENCE)
    assert (call.client_left, 0.09 < call.waited < PATIENCE) == (True, True)


def test_client_that_leaves_a_drip_is_recorded_with_how_long_it_waited(
    server: omixa_mock.OmixaMockServer, wire: Any, ended: Queue[omixa_mock.Call]
) -> None:
    server.plan("drip:36s")  # a tenth of a second between two pieces
    wire.send(wire.generate())
    for _ in range(3):  # the head, one piece or two
        assert wire.socket.recv(1 << 16)
    wire.reset()
    call = ended.get(timeout=PATIENCE)
    assert (call.client_left, call.waited >= 0.09) == (True, True)


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("fault", [*ABORTED, *BROKEN, "hang", "drip", "delay"])
def test_no_connection_and_no_task_is_left(
    meet: Callable[..., Any], ended: Queue[omixa_mock.Call], states: list[Any], fault: str, end: str
) -> None:
    wire = meet(fault)
    getattr(wire, end)()
    ended.get(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while states[0].connections or states[0].tasks:
        assert time.monotonic() < deadline, (states[0].connections, states[0].tasks)


def test_server_that_hangs_ends_at_once(open_wire: Callable[..., Any]) -> None:
    with omixa_mock.serve() as server, closing(open_wire(server.url, "omx_live_fail_hang")) as wire:
        wire.send(wire.generate())
        wait_for_hold(server, "omx_live_fail_hang")
        began = time.monotonic()
    assert time.monotonic() - began < 1


# What no fault strikes


@pytest.mark.parametrize("fault", [*ABORTED, "hang", "no_route", "empty_body"])
@pytest.mark.parametrize("path", ["/api/v1/models", "/api/v1/usage/requests", "/api/v1/usage/rollups"])
def test_reads_are_not_struck(api: httpx.Client, fault: str, path: str) -> None:
    assert api.get(path, headers={"Authorization": f"Bearer omx_live_fail_{fault}"}).status_code == 200


@pytest.mark.parametrize("fault", [*ABORTED, "hang", "invalid_key"])
@pytest.mark.parametrize("path", ["workspace", "requests", "ledger", "faults"])
def test_control_routes_are_not_struck(api: httpx.Client, fault: str, path: str) -> None:
    api.post("/__omixa/faults", json={"fail": fault, "times": None}).raise_for_status()
    assert api.get(f"/__omixa/{path}").status_code == 200
