"""Bodies over a real socket: too long, in pieces, cut off, absent, one behind the other."""

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
PATIENCE = 10


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def announce(wire: Any, length: int, *fields: str) -> bytes:
    head: bytes = wire.request("POST", PATH, "Content-Type: application/json", f"Content-Length: {length}", *fields)
    return head


def test_body_announced_too_long_is_refused_before_it_comes(wire: Any) -> None:
    wire.send(announce(wire, 65 * 2**20))
    assert wire.answer().status == 413


def test_connection_works_on_once_the_refused_body_has_come(wire: Any) -> None:
    wire.send(announce(wire, 68_000_000))
    wire.answer()
    for _ in range(68):
        wire.send(MEGABYTE)
    wire.send(wire.generate())
    assert wire.answer().status == 200


def test_chunks_beyond_the_limit_are_refused_and_the_answer_not_lost(wire: Any) -> None:
    wire.send(wire.request("POST", PATH, *CHUNKED))
    for _ in range(68):
        wire.send(chunk(MEGABYTE))
    wire.send(chunk(b""))
    assert wire.answer().code == "payload_too_large"


def test_chunks_beyond_the_limit_are_refused_before_the_last_one(wire: Any, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"body_max": 1000}})
    wire.send(wire.request("POST", PATH, *CHUNKED) + chunk(b" " * 1001))
    assert wire.answer().status == 413


def test_connection_works_on_after_refused_chunks(wire: Any, api: httpx.Client) -> None:
    api.put("/__omixa/workspace", json={"settings": {"body_max": 1000}})
    wire.send(wire.request("POST", PATH, *CHUNKED) + chunk(MEGABYTE) + chunk(MEGABYTE) + chunk(b"") + wire.generate())
    assert [wire.answer().status for _ in range(2)] == [413, 200]


def test_chunks_within_the_limit_are_read(wire: Any) -> None:
    body = b'{"model": "gpt-image-1.5", "prompt": "a cat", "n": 2}'
    wire.send(wire.request("POST", PATH, *CHUNKED) + chunk(body[:20]) + chunk(body[20:]) + chunk(b""))
    assert len(json.loads(wire.answer().body)["data"]) == 2


def test_client_that_asks_first_is_told_to_continue(wire: Any) -> None:
    head, end, body = wire.generate("Expect: 100-continue").partition(b"\r\n\r\n")
    wire.send(head + end)
    first = wire.answer().status
    wire.send(body)
    assert (first, wire.answer().status) == (100, 200)


@pytest.mark.parametrize(
    ("length", "fields", "status"),
    [
        (65 * 2**20, (), 413),
        (10, ("Content-Type: text/plain",), 415),
    ],
)
def test_client_that_asks_first_is_refused_at_once(
    wire: Any, length: int, fields: tuple[str, ...], status: int
) -> None:
    wire.send(announce(wire, length, "Expect: 100-continue", *fields))
    assert wire.answer().status == status


CUTS = {
    "announced": (b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"),
    "chunked": (b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
    "before its first byte": (b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"),
}
CUT_OFF = pytest.mark.parametrize("data", CUTS.values(), ids=CUTS)
ENDS = pytest.mark.parametrize("end", ["close", "reset"])


@CUT_OFF
@ENDS
def test_upload_cut_off_is_journalled(wire: Any, ended: Queue[Call], data: bytes, end: str) -> None:
    wire.send(wire.request("POST", PATH)[:-2] + data)
    getattr(wire, end)()
    assert ended.get(timeout=PATIENCE).client_left


@CUT_OFF
@ENDS
def test_upload_cut_off_is_not_billed(
    server: OmixaMockServer, wire: Any, ended: Queue[Call], data: bytes, end: str
) -> None:
    wire.send(wire.request("POST", PATH)[:-2] + data)
    getattr(wire, end)()
    ended.get(timeout=PATIENCE)
    assert [entry.kind for entry in server.ledger] == ["balance"]


@CUT_OFF
@ENDS
def test_server_lives_on_after_an_upload_cut_off(
    api: httpx.Client, wire: Any, ended: Queue[Call], data: bytes, end: str
) -> None:
    wire.send(wire.request("POST", PATH)[:-2] + data)
    getattr(wire, end)()
    ended.get(timeout=PATIENCE)
    assert api.get("/api/v1/models").status_code == 200


def test_body_in_single_bytes_is_read(wire: Any) -> None:
    for byte in wire.generate(n=2):
        wire.send(bytes([byte]))
    assert len(json.loads(wire.answer().body)["data"]) == 2


def test_pipelined_requests_are_answered_in_order(wire: Any) -> None:
    wire.send(b"".join(wire.generate(n=n) for n in (3, 1, 2)))
    assert [len(json.loads(wire.answer().body)["data"]) for _ in range(3)] == [3, 1, 2]


def test_request_pipelined_behind_head_is_answered(wire: Any) -> None:
    wire.send(wire.request("HEAD", "/api/v1/models") + wire.generate())
    assert [wire.answer(bodiless=bodiless).status for bodiless in (True, False)] == [200, 200]


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
def test_bad_body_is_refused(wire: Any, row: tuple[int, tuple[str, ...], bytes | None]) -> None:
    status, fields, body = row
    wire.send(wire.request("POST", PATH, *fields, body=body))
    assert wire.answer().status == status


@BAD
def test_bad_body_costs_nothing(
    server: OmixaMockServer, wire: Any, row: tuple[int, tuple[str, ...], bytes | None]
) -> None:
    _, fields, body = row
    wire.send(wire.request("POST", PATH, *fields, body=body))
    wire.answer()
    assert [entry.kind for entry in server.ledger] == ["balance"]


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"])
def test_unknown_method_is_refused_with_what_is_allowed(wire: Any, method: str) -> None:
    wire.send(wire.request(method, PATH))
    assert wire.answer().headers["allow"] == "POST"
