"""Fixtures of the transport tests: a served gateway, a client, and a raw connection for any bytes."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import omixa_mock

TIMEOUT = 10.0
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class RawResponse:
    """HTTP response as read from a socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Return the code in the documented envelope."""
        return str(json.loads(self.body)["error"]["code"])


class RawConnection:
    """Connection to a server that can send any bytes, in any pieces."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")
        self._key = key

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_and_close(self, data: bytes) -> None:
        """Send bytes and close; if the system can, the FIN is in one segment with the last of them."""
        if hasattr(socket, "TCP_CORK"):
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self.socket.sendall(data)
        self.close()

    def request(self, method: str, path: str, *fields: str, body: bytes | None = None) -> bytes:
        """Return the bytes of a request with a key; a body is sent as JSON with its length."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self._key}", *fields]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")

    def generate(self, *fields: str, **members: Any) -> bytes:
        """Return the bytes of a request for images."""
        body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", **members}).encode()
        return self.request("POST", "/api/v1/images/generations", *fields, body=body)

    def read_response(self, *, bodiless: bool = False) -> RawResponse:
        """Return the next response; `bodiless` for one to HEAD."""
        _, status, *_ = self._file.readline().split(b" ", 2)
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = b"" if bodiless else self._file.read(int(headers.get("content-length", "0")))
        return RawResponse(int(status), headers, body)

    def read_rest(self) -> bytes:
        """Return all bytes until the server closes; a reset raises."""
        return self._file.read()

    def reset(self) -> None:
        """Reset the connection, as a client that crashed does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@pytest.fixture
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """Serve a new gateway on a free port."""
    with omixa_mock.serve() as server:
        yield server


@pytest.fixture
def ended(server: omixa_mock.OmixaMockServer) -> Queue[omixa_mock.Call]:
    """Return a queue of the calls of `server`, as they end."""
    queue: Queue[omixa_mock.Call] = Queue()
    server.gateway._on_call = queue.put
    return queue


@pytest.fixture
def connection(server: omixa_mock.OmixaMockServer) -> Iterator[RawConnection]:
    """Open a raw connection to `server`."""
    with closing(RawConnection(server.url, server.api_key)) as connection:
        yield connection


def new_client(**options: Any) -> httpx.Client:
    """Return a client without this machine's proxies and certificates, which take 20 ms to load."""
    return httpx.Client(trust_env=False, verify=False, timeout=TIMEOUT, **options)


@pytest.fixture
def api(server: omixa_mock.OmixaMockServer) -> Iterator[httpx.Client]:
    """Return a client of `server` that sends its key."""
    with new_client(base_url=server.url, headers={"Authorization": f"Bearer {server.api_key}"}) as client:
        yield client


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """Return a client of any server, without a key and without keep-alive."""
    with new_client(limits=httpx.Limits(max_keepalive_connections=0)) as client:
        yield client


@pytest.fixture(scope="session")
def open_connection() -> Callable[..., RawConnection]:
    """Return a function that opens a raw connection to a URL, for requests with a key; the caller closes it."""
    return lambda url, key="omx_live_test": RawConnection(url, key)
