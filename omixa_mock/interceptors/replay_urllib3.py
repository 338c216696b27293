"""A broken connection for requests: urllib3 reads the bytes from a socket of ours, and raises what it raises."""

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
from omixa_mock.transports.wire import write_broken

__all__ = ["replay"]


class Incoming(io.RawIOBase):
    """What comes over a connection that somebody ends before it is complete."""

    def __init__(self, cut: Cut) -> None:
        data, self._resets = write_broken(cut)
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; none once the connection is closed."""
        count = self._data.readinto(buffer)
        if not count and self._resets:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return count


class Wire:
    """A socket, as far as http.client asks for one."""

    def __init__(self, cut: Cut) -> None:
        self._incoming = Incoming(cut)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """The file that the response is read from."""
        return io.BufferedReader(self._incoming)

    def sendall(self, _: bytes) -> None:
        """Take the request: its journey has ended already."""

    def settimeout(self, _: float | None) -> None:
        """Nothing takes time."""

    def setsockopt(self, *_: Any) -> None:
        """Nothing has options."""

    def shutdown(self, _: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open; the file lives on, as a socket's does."""


class Connection(HTTPConnection):
    """A connection to a `Wire`."""

    wire: Wire

    def connect(self) -> None:
        """Take the wire for the socket."""
        self.sock = self.wire


class Adapter(HTTPAdapter):
    """An adapter whose connections all lead to one `Wire`."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        """The pool of that one connection."""
        pool = HTTPConnectionPool("omixa.invalid")
        pool.ConnectionCls = type("WiredConnection", (Connection,), {"wire": self._wire})
        return pool

    # Its name before requests 2.32.
    get_connection = get_connection_with_tls_context


def replay(request: requests.PreparedRequest, cut: Cut, *, stream: bool) -> requests.Response:
    """The response that requests makes of broken bytes, or the exception that it raises."""
    return Adapter(Wire(cut)).send(request, stream=stream)
