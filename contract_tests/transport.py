"""HTTP transport by the standard library, independent of the HTTP clients under test elsewhere."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead, parse_headers
from threading import Event, Timer
from urllib.parse import urlsplit

from omixa_mock.kit.content_coding import decode_content

from .target import NoResponse, Request, Response, Send

__all__ = ["send_over_http"]

# Seconds for one call, from its first byte to its last: enough for a gateway that makes real images.
TIMEOUT = 180.0
CHUNK = 2**16


def send_over_http(url: str, timeout: float = TIMEOUT) -> Send:
    """Return a function that sends a request to the gateway at `url` on a new connection.

    The function raises NoResponse if the gateway is unreachable, or if its response is not HTTP.
    """
    parts = urlsplit(url)

    def connect() -> HTTPConnection:
        if parts.scheme == "https":
            return HTTPSConnection(parts.netloc, timeout=timeout, context=ssl.create_default_context())
        return HTTPConnection(parts.netloc, timeout=timeout)

    def send(request: Request) -> Response:
        connection = connect()
        connection.response_class = FinalResponse
        try:
            return send_with_deadline(connection, request, timeout)
        except Exception as error:
            raise NoResponse(
                f"{request.method} {request.path} got no answer: {type(error).__name__}: {error}"
            ) from error
        finally:
            connection.close()

    return send


def send_with_deadline(connection: HTTPConnection, request: Request, timeout: float) -> Response:
    """Send a request and return its response, within a total time.

    The socket's own timeout restarts with every byte, so it does not bound a slow response.
    """
    connection.connect()
    expired = Event()
    timer = Timer(timeout, shut_down, (connection.sock, expired))
    timer.daemon = True
    timer.start()
    try:
        response = send_request(connection, request)
    finally:
        timer.cancel()
    if expired.is_set():
        raise TimeoutError(f"no whole answer in {timeout:g} s")
    return response


def shut_down(connected: socket.socket, expired: Event) -> None:
    """Shut down the connection of a call that exceeds its deadline."""
    expired.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def send_request(connection: HTTPConnection, request: Request) -> Response:
    """Send a request and return its response, which may arrive before the request is sent completely."""
    try:
        headers = {"Accept-Encoding": "gzip", **request.headers}
        connection.request(request.method, request.path, request.body, headers)
    except (BrokenPipeError, ConnectionResetError) as error:
        try:
            response = connection.getresponse()
        except (OSError, HTTPException):
            raise error from None
    else:
        response = connection.getresponse()
    headers = combine(response.getheaders())
    body, flaw = read_body(response)
    decoded, coding_flaw = decode_content(body, headers.get("content-encoding", ""))
    return Response(response.status, headers, bytes(decoded), flaw or coding_flaw)


def combine(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header values by lower-case name; those of one name are joined by commas. [RFC 9110 §5.3]"""
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def read_body(response: HTTPResponse) -> tuple[bytes, str]:
    """Return the body, or the received part of one, and why it is not whole."""
    chunks: list[bytes] = []
    flaw = ""
    try:
        while chunk := response.read1(CHUNK):
            chunks.append(chunk)
    except IncompleteRead as error:
        chunks.append(error.partial)
        flaw = "the connection ends before the body does"
    except (ConnectionResetError, HTTPException) as error:
        flaw = f"the body breaks off: {type(error).__name__}"
    if response.length and not flaw:
        flaw = f"the body breaks off: {response.length:,} bytes are missing"
    return b"".join(chunks), flaw


class FinalResponse(HTTPResponse):
    """Response after all interim ones; the standard library skips 100 only. [RFC 9110 §15.2]"""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
        while 101 < status < 200:
            parse_headers(self.fp)
            version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, status, reason
