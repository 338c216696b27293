"""Request bodies over a real socket: too long, in pieces, cut off, absent, pipelined."""

from __future__ import annotations

import json
from queue import Queue
from typing import Any

import httpx
import pytest

from omixa_mock import Call, OmixaMockServer

PATH = "/api/v1/images/generations"
CHUNKED = ("Content-Type: application/json", "Transfer-Encoding: chunked")
MEGABYTE = b" " * 1_000_000
TIMEOUT = 10


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def announce(connection: Any, length: int, *fields: str) -> bytes:
    head: bytes = connection.request(
        "POST", PATH, "Content-Type: application/json", f"Content-Length: {length}", *fields
    )
    return head


def test_body_announced_too_long_is_refused_before_it_arrives(connection: Any) -> None:
    connection.send(announce(connection, 65 * 2**20))
    assert connection.read_response().status == 413


def test_connection_is_kept_after_the_refused_body_has_arrived(connection: Any) -> None:
    connection.send(announce(connection, 68_000_000))
    connection.read_response()
    for _ in range(68):
        connection.send(MEGABYTE)
    connection.send(connection.generate())
    assert connection.read_response().status == 200


def test_chunks_beyond_the_limit_are_refused_and_the_response_not_lost(connection: Any) -> None:
    connection.send(connection.request("POST", PATH, *CHUNKED))
    for _ in range(68):
        connection.send(chunk(MEGABYTE))
    connection.send(chunk(b""))
    assert connection.read_response().code == "payload_too_large"


def test_chunks_beyond_the_limit_are_refused_before_the_last_one(connection: Any, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"body_max": 1000}})
    connection.send(connection.request("POST", PATH, *CHUNKED) + chunk(b" " * 1001))
    assert connection.read_response().status == 413


def test_connection_is_kept_after_refused_chunks(connection: Any, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"body_max": 1000}})
    connection.send(
        connection.request("POST", PATH, *CHUNKED)
        + chunk(MEGABYTE)
        + chunk(MEGABYTE)
        + chunk(b"")
        + connection.generate()
    )
    assert [connection.read_response().status for _ in range(2)] == [413, 200]


def test_chunks_within_the_limit_are_read(connection: Any) -> None:
    body = b'{"model": "gpt-image-1.5", "prompt": "a cat", "n": 2}'
    connection.send(connection.request("POST", PATH, *CHUNKED) + chunk(body[:20]) + chunk(body[20:]) + chunk(b""))
    assert len(json.loads(connection.read_response().body)["data"]) == 2


def test_client_that_expects_continue_gets_it(connection: Any) -> None:
    head, end, body = connection.generate("Expect: 100-continue").partition(b"\r\n\r\n")
    connection.send(head + end)
    first = connection.read_response().status
    connection.send(body)
    assert (first, connection.read_response().status) == (100, 200)


@pytest.mark.parametrize(
    ("length", "fields", "status"),
    [
        (65 * 2**20, (), 413),
        (10, ("Content-Type: text/plain",), 415),
    ],
)
def test_client_that_expects_continue_may_be_refused_at_once(
    connection: Any, length: int, fields: tuple[str, ...], status: int
) -> None:
    connection.send(announce(connection, length, "Expect: 100-continue", *fields))
    assert connection.read_response().status == status


CUTS = {
    "announced": (b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"),
    "chunked": (b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
    "before its first byte": (b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"),
}
CUT_OFF = pytest.mark.parametrize("data", CUTS.values(), ids=CUTS)
ENDS = pytest.mark.parametrize("end", ["close", "reset"])


@CUT_OFF
@ENDS
def test_upload_cut_off_is_journalled(connection: Any, ended: Queue[Call], data: bytes, end: str) -> None:
    connection.send(connection.request("POST", PATH)[:-2] + data)
    getattr(connection, end)()
    assert ended.get(timeout=TIMEOUT).client_left


@CUT_OFF
@ENDS
def test_upload_cut_off_is_not_billed(
    server: OmixaMockServer, connection: Any, ended: Queue[Call], data: bytes, end: str
) -> None:
    connection.send(connection.request("POST", PATH)[:-2] + data)
    getattr(connection, end)()
    ended.get(timeout=TIMEOUT)
    assert [entry.kind for entry in server.ledger] == ["balance"]


@CUT_OFF
@ENDS
def test_server_keeps_running_after_an_upload_cut_off(
    api: httpx.Client, connection: Any, ended: Queue[Call], data: bytes, end: str
) -> None:
    connection.send(connection.request("POST", PATH)[:-2] + data)
    getattr(connection, end)()
    ended.get(timeout=TIMEOUT)
    assert api.get("/api/v1/models").status_code == 200


def test_body_in_single_bytes_is_read(connection: Any) -> None:
    for byte in connection.generate(n=2):
        connection.send(bytes([byte]))
    assert len(json.loads(connection.read_response().body)["data"]) == 2


def test_pipelined_requests_get_responses_in_sequence(connection: Any) -> None:
    connection.send(b"".join(connection.generate(n=n) for n in (3, 1, 2)))
    assert [len(json.loads(connection.read_response().body)["data"]) for _ in range(3)] == [3, 1, 2]


def test_request_pipelined_behind_head_gets_a_response(connection: Any) -> None:
    connection.send(connection.request("HEAD", "/api/v1/models") + connection.generate())
    assert [connection.read_response(bodiless=bodiless).status for bodiless in (True, False)] == [200, 200]


JSON = ("Content-Type: application/json",)
BAD_BODIES: dict[str, tuple[int, tuple[str, ...], bytes | None]] = {
    "empty, without length": (422, JSON, None),
    "empty": (422, (), b""),
    "no Content-Type": (415, ("Content-Length: 0",), None),
    "malformed": (422, (), b"{"),
    "NaN": (422, (), b'{"model": "gpt-image-1.5", "prompt": "a cat", "n": NaN}'),
    "65 levels": (422, (), b'{"model": ' + b"[" * 65 + b"]" * 65 + b"}"),
    "1,000 levels": (422, (), b'{"model": ' + b"[" * 1_000 + b"]" * 1_000 + b"}"),
    "10,000 levels": (422, (), b'{"model": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "1,000,000 levels, open": (422, (), b"[" * 1_000_000),
    "not UTF-8": (422, (), b'{"prompt": "\xff\xfe"}'),
    "lone surrogate": (422, (), rb'{"model": "gpt-image-1.5", "prompt": "\ud800"}'),
}
BAD = pytest.mark.parametrize("row", BAD_BODIES.values(), ids=BAD_BODIES)


@BAD
def test_bad_body_is_refused(connection: Any, row: tuple[int, tuple[str, ...], bytes | None]) -> None:
    status, fields, body = row
    connection.send(connection.request("POST", PATH, *fields, body=body))
    assert connection.read_response().status == status


@BAD
def test_bad_body_costs_nothing(
    server: OmixaMockServer, connection: Any, row: tuple[int, tuple[str, ...], bytes | None]
) -> None:
    _, fields, body = row
    connection.send(connection.request("POST", PATH, *fields, body=body))
    connection.read_response()
    assert [entry.kind for entry in server.ledger] == ["balance"]


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"])
def test_unknown_method_is_refused_with_the_allowed_ones(connection: Any, method: str) -> None:
    connection.send(connection.request(method, PATH))
    assert connection.read_response().headers["allow"] == "POST"
