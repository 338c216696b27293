"""What the tests of the doors share: a served gateway, a client, and a connection on which anything can be sent."""

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

PATIENCE = 10.0
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code in the documented envelope."""
        return str(json.loads(self.body)["error"]["code"])


class Wire:
    """A connection to a server, one byte at a time if need be."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")
        self._key = key

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_and_close(self, data: bytes) -> None:
        """Send bytes and leave: where the system can, the end comes in one segment with the last of them."""
        if hasattr(socket, "TCP_CORK"):
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self.socket.sendall(data)
        self.close()

    def request(self, method: str, path: str, *fields: str, body: bytes | None = None) -> bytes:
        """The bytes of a request with a key; of one with a body, JSON of the right length."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self._key}", *fields]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")

    def generate(self, *fields: str, **members: Any) -> bytes:
        """The bytes of a request for images."""
        body = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", **members}).encode()
        return self.request("POST", "/api/v1/images/generations", *fields, body=body)

    def answer(self, *, bodiless: bool = False) -> Answer:
        """The next answer; of one to HEAD the body does not come."""
        _, status, *_ = self._file.readline().split(b" ", 2)
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = b"" if bodiless else self._file.read(int(headers.get("content-length", "0")))
        return Answer(int(status), headers, body)

    def rest(self) -> bytes:
        """All that comes until the server closes; a reset raises."""
        return self._file.read()

    def reset(self) -> None:
        """Leave as a client that crashed."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@pytest.fixture
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """A gateway on a free port, new for each test."""
    with omixa_mock.serve() as server:
        yield server


@pytest.fixture
def ended(server: omixa_mock.OmixaMockServer) -> Queue[omixa_mock.Call]:
    """The calls of `server` as they end."""
    queue: Queue[omixa_mock.Call] = Queue()
    server.gateway._on_call = queue.put
    return queue


@pytest.fixture
def wire(server: omixa_mock.OmixaMockServer) -> Iterator[Wire]:
    """A connection to `server`."""
    with closing(Wire(server.url, server.api_key)) as wire:
        yield wire


def new_client(**options: Any) -> httpx.Client:
    """A client that reads nothing from this machine: no proxies, and no certificates, which take it 20 ms."""
    return httpx.Client(trust_env=False, verify=False, timeout=PATIENCE, **options)


@pytest.fixture
def api(server: omixa_mock.OmixaMockServer) -> Iterator[httpx.Client]:
    """A client of `server` that carries its key."""
    with new_client(base_url=server.url, headers={"Authorization": f"Bearer {server.api_key}"}) as client:
        yield client


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A client of any server, without a key; it keeps no connection."""
    with new_client(limits=httpx.Limits(max_keepalive_connections=0)) as client:
        yield client


@pytest.fixture(scope="session")
def open_wire() -> Callable[..., Wire]:
    """Opens a connection to the server at a URL, for requests with a key; the caller closes it."""
    return lambda url, key="omx_live_test": Wire(url, key)
