"""Replay of a broken connection for requests: urllib3 reads its bytes from a socket of ours."""

from __future__ import annotations

import errno
import io
import os
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from omixa_mock.gateway import Cut
from omixa_mock.transports.wire import encode_broken

__all__ = ["replay"]


class BrokenBytes(io.RawIOBase):
    """Raw stream of a connection that ends before its response is complete."""

    def __init__(self, cut: Cut) -> None:
        data, self._resets = encode_broken(cut)
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes; none once the connection is closed."""
        count = self._data.readinto(buffer)
        if not count and self._resets:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return count


class ReplaySocket:
    """Socket from which broken bytes are read, with the methods that http.client calls."""

    def __init__(self, cut: Cut) -> None:
        self._incoming = BrokenBytes(cut)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Return the file from which the response is read."""
        return io.BufferedReader(self._incoming)

    def sendall(self, _: bytes) -> None:
        """Discard the request: its flow has ended already."""

    def settimeout(self, _: float | None) -> None:
        """Do nothing: no operation takes time."""

    def setsockopt(self, *_: Any) -> None:
        """Do nothing: there are no options."""

    def shutdown(self, _: int) -> None:
        """Do nothing: no socket is open."""

    def close(self) -> None:
        """Do nothing: no socket is open. The file stays readable, as a socket's does."""


class ReplayConnection(HTTPConnection):
    """Connection over a `ReplaySocket`."""

    replay_socket: ReplaySocket

    def connect(self) -> None:
        """Use the replay socket."""
        self.sock = self.replay_socket


class ReplayAdapter(HTTPAdapter):
    """Adapter whose connections all use one `ReplaySocket`."""

    def __init__(self, replay_socket: ReplaySocket) -> None:
        super().__init__()
        self._socket = replay_socket

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        """Return a pool of that one connection."""
        pool = HTTPConnectionPool("omixa.invalid")
        pool.ConnectionCls = type("BoundReplayConnection", (ReplayConnection,), {"replay_socket": self._socket})
        return pool

    # Its name before requests 2.32.
    get_connection = get_connection_with_tls_context


def replay(request: requests.PreparedRequest, cut: Cut, *, stream: bool) -> requests.Response:
    """Return the response that requests makes of broken bytes, or raise its exception."""
    return ReplayAdapter(ReplaySocket(cut)).send(request, stream=stream)
