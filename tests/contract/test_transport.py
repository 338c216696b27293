"""Tests of the HTTP transport: compressed, truncated, early and slow responses."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import pytest

TARGET = import_module("omixa_mock.contract_tests.target")
TRANSPORT = import_module("omixa_mock.contract_tests.transport")
Serve = Callable[[socket.socket], None]


@contextmanager
def gateway(serve: Serve) -> Iterator[str]:
    """Run a gateway that serves one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)


def post(serve: Serve, body: bytes = b"{}", timeout: float = 10.0) -> Any:
    with gateway(serve) as url:
        return TRANSPORT.send_over_http(url, timeout)(TARGET.Request("POST", "/", {}, body))


def respond(head: bytes, body: bytes, length: int | None = None) -> Serve:
    """Return a server that reads a small request and sends a response."""
    size = len(body) if length is None else length

    def serve(connection: socket.socket) -> None:
        # Closing a socket with unread bytes would reset the connection.
        received = b""
        while not received.endswith(b"\r\n\r\n{}"):
            received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (size, head) + body)

    return serve


def test_a_gzip_body_is_decompressed() -> None:
    assert post(respond(b"Content-Encoding: gzip\r\n", gzip.compress(b"[1]"))).document == [1]


def test_a_body_that_is_falsely_declared_as_gzip_is_unchanged() -> None:
    assert post(respond(b"Content-Encoding: gzip\r\n", b"[1]")).document == [1]


def test_all_members_of_a_gzip_body_are_decompressed() -> None:
    body = gzip.compress(b"[1") + gzip.compress(b"]")
    response = post(respond(b"Content-Encoding: gzip\r\n", body))
    assert (response.document, response.flaw) == ([1], "")


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"[1]") + b"more", gzip.compress(b"[1]")[:-3], b"[1]"],
    ids=["something after it", "cut", "none"],
)
def test_gzip_that_is_not_whole_is_a_flaw(body: bytes) -> None:
    assert "Content-Encoding is gzip" in post(respond(b"Content-Encoding: gzip\r\n", body)).flaw


@pytest.mark.parametrize("interim", [b"103 Early Hints\r\nLink: </a>", b"102 Processing", b"100 Continue"])
@pytest.mark.parametrize("count", [1, 3])
def test_interim_responses_are_skipped(interim: bytes, count: int) -> None:
    interim = b"HTTP/1.1 " + interim + b"\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        received = b""
        while not received.endswith(b"\r\n\r\n{}"):
            received += connection.recv(65536)
        connection.sendall(interim * count + b"HTTP/1.1 422 No\r\nContent-Length: 3\r\n\r\n[1]")

    response = post(serve)
    assert (response.status, response.document) == (422, [1])


def test_fields_of_one_name_are_joined() -> None:
    head = b"Content-Type: application/json\r\nContent-Type: text/html\r\n"
    assert post(respond(head, b"[1]")).headers["content-type"] == "application/json, text/html"


@pytest.mark.parametrize("body", [b"3\r\n[1]\r\n", b"3\r\n[1]\r\nx\r\n"])
def test_chunked_body_without_its_end_is_a_flaw(body: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        received = b""
        while not received.endswith(b"\r\n\r\n{}"):
            received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    assert post(serve).flaw


def test_the_received_part_of_a_truncated_body_is_returned() -> None:
    response = post(respond(b"", b'{"created": 1', length=100))

    assert (response.status, response.body, bool(response.flaw)) == (200, b'{"created": 1', True)


def test_a_response_before_the_end_of_the_request_counts() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}")
        connection.shutdown(socket.SHUT_RD)
        time.sleep(0.2)

    # Depending on the system, the client gets the response or a closed connection.
    with suppress(TARGET.NoResponse):
        assert post(serve, bytes(2**23)).status == 413


def test_a_connection_reset_while_sending_raises_no_response() -> None:
    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(TARGET.NoResponse):
        post(serve, bytes(2**23))


def test_a_slow_response_exceeds_the_deadline() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(TARGET.NoResponse, match="no whole answer in"):
        post(serve, timeout=0.3)
    assert time.monotonic() - began < 5
