"""Connection of urllib3 over an in-memory socket, behind which a gateway answers."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from io import BufferedReader, BytesIO
from socket import SocketIO
from types import FunctionType
from typing import Any

from urllib3.connection import HTTPConnection

from omixa_mock.gateway import Flow, Request

from .byte_stream import RequestReader, encode_beginning, encode_ending
from .exchange import ClientTimedOut, StartFlow, run_flow
from .registry import flow_of

__all__ = ["PORTS", "GatewayConnection", "NotIntercepted"]

# The library's own class: vcrpy replaces its name while a cassette is in use.
OWN_CONNECTION: Any = next(kind for kind in HTTPConnection.__mro__ if kind.__module__ == "urllib3.connection")
PORTS = {"http": 80, "https": 443}


def bind_own_name(function: Any) -> Any:
    """Return a method for which the name `HTTPConnection` is the library's own class, also while it is replaced.

    urllib3 1.26 finds its base class by that name; 2.x does not.
    """
    if "HTTPConnection" not in function.__code__.co_names:
        return function
    names = {**function.__globals__, "HTTPConnection": OWN_CONNECTION}
    return FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)


class NotIntercepted(BaseException):  # an event, which no handler of the client's may take
    """No interception accepts the call; nothing of its body has been read."""


class MemorySocket:
    """Socket in memory, with the methods that http.client and urllib3 call.

    Args:
        accepted: Called when a gateway has accepted the call.
        start_flow: Starts the flow of the call.
    """

    def __init__(self, accepted: Callable[[], None], start_flow: StartFlow = flow_of) -> None:
        self._accepted = accepted
        self._start_flow = start_flow
        self._reader = RequestReader()
        self._request: Request | None = None
        self._flow: Flow | None = None
        self._read_timeout: float | None = None
        self._incoming: BytesIO | None = None
        self._error: OSError | None = None

    def settimeout(self, seconds: float | None) -> None:
        """Set the timeout; the last one before the response is read is the read timeout."""
        self._read_timeout = seconds

    def sendall(self, data: bytes) -> None:
        """Parse a part of the request.

        Raises:
            NotIntercepted: No interception accepts the request.
            ValueError: The bytes are not HTTP/1.1.
        """
        self._reader.feed(data)
        if self._request is None:
            # http.client writes the whole head at once, and only then reads the body.
            self._request = self._reader.request()
            self._flow = self._start_flow(self._request)
            if self._flow is None:
                raise NotIntercepted
            self._accepted()

    def makefile(self, *_: Any, **__: Any) -> BufferedReader:
        """Return the file from which the response is read."""
        return BufferedReader(SocketIO(self, "rb"))  # type: ignore[arg-type]  # it calls two methods of a socket

    def recv_into(self, buffer: Any) -> int:
        """Read the next bytes of the response; none once the connection is closed.

        Raises:
            TimeoutError: The client's read timeout has passed.
            ConnectionResetError: The connection is reset.
        """
        if self._incoming is None:
            self._incoming = BytesIO(self._answer())
        count = self._incoming.readinto(buffer)
        if not count and self._error is not None:
            raise self._error
        return count

    def _answer(self) -> bytes:
        """Run the flow, and return the bytes that arrive; set the error that follows them."""
        if self._request is None or self._flow is None or not self._reader.complete:
            # A server waits for the rest of the request.
            raise TimeoutError("timed out")
        try:
            ending = run_flow(self._flow, self._reader.body, self._read_timeout)
        except ClientTimedOut as timed_out:
            self._error = TimeoutError("timed out")
            return encode_beginning(timed_out.begun) if timed_out.begun else b""
        data, resets = encode_ending(ending, self._request.method)
        if resets:
            self._error = ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return data

    def shutdown(self, _: int) -> None:
        """Do nothing: no socket is open."""

    def close(self) -> None:
        """Do nothing: no socket is open. The file stays readable, as a socket's does."""

    def _decref_socketios(self) -> None:
        """Do nothing: the file was closed."""


class GatewayConnection(OWN_CONNECTION):  # type: ignore[misc]  # chosen at run time
    """Connection of one call, over a `MemorySocket`.

    Args:
        host: The pool's host.
        port: The pool's port.
        scheme: The call's scheme.
        accepted: Called when a gateway has accepted the call.
        start_flow: Starts the flow of the call; by default that of an interception.
    """

    # A pool warns of a connection over TLS that was not verified.
    is_verified = True
    proxy_is_verified = True
    request = bind_own_name(OWN_CONNECTION.request)

    def __init__(
        self,
        host: str,
        port: int | None,
        scheme: str,
        accepted: Callable[[], None],
        start_flow: StartFlow = flow_of,
    ) -> None:
        super().__init__(host, port)
        # The header field Host names the port if it is another.
        self.default_port = PORTS.get(scheme, 80)
        self._accepted = accepted
        self._start_flow = start_flow

    def connect(self) -> None:
        """Use a socket in memory."""
        self.sock = MemorySocket(self._accepted, self._start_flow)
