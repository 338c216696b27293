"""How the suite reads what comes over a socket: coded, cut off, early, or drop by drop."""

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
    """A gateway that deals with one connection."""
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
        return TRANSPORT.send_over_http(url, timeout)(TARGET.Exchange("POST", "/", {}, body))


def responses(head: bytes, body: bytes, length: int | None = None) -> Serve:
    """Reads a small request and answers."""
    size = len(body) if length is None else length

    def serve(connection: socket.socket) -> None:
        # To its end: closing with bytes unread would reset the connection.
        received = b""
        while not received.endswith(b"\r\n\r\n{}"):
            received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (size, head) + body)

    return serve


def test_a_body_that_is_coded_with_gzip_is_unpacked() -> None:
    assert post(responses(b"Content-Encoding: gzip\r\n", gzip.compress(b"[1]"))).document == [1]


def test_a_body_that_is_said_to_be_gzip_and_is_not_stays_as_it_is() -> None:
    assert post(responses(b"Content-Encoding: gzip\r\n", b"[1]")).document == [1]


def test_of_a_body_that_is_cut_off_the_part_that_came_is_judged() -> None:
    answer = post(responses(b"", b'{"created": 1', length=100))

    assert (answer.status, answer.body, answer.document) == (200, b'{"created": 1', None)


def test_an_answer_that_comes_before_the_request_is_out_counts() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}")
        connection.shutdown(socket.SHUT_RD)
        time.sleep(0.2)

    # What the system makes of it differs: the answer, or a connection that is gone.
    with suppress(TARGET.NoAnswer):
        assert post(serve, bytes(2**23)).status == 413


def test_a_connection_that_is_reset_while_sending_is_no_answer() -> None:
    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(TARGET.NoAnswer):
        post(serve, bytes(2**23))


def test_an_answer_that_drips_has_an_end() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(TARGET.NoAnswer, match="no whole answer in"):
        post(serve, timeout=0.3)
    assert time.monotonic() - began < 5
