"""HTTP transport by the standard library, independent of the HTTP clients under test elsewhere."""

from __future__ import annotations

import socket
import ssl
import zlib
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Event, Timer
from urllib.parse import urlsplit

from .target import NoResponse, Request, Response, Send

__all__ = ["send_over_http"]

# Seconds for one call, from its first byte to its last: enough for a gateway that makes real images.
TIMEOUT = 180.0
# RFC 1952 §2.3.1: 16 is added to the window size for a gzip header.
GZIP = 16 + zlib.MAX_WBITS
# Above the decompressed size of the largest response, and a bound against decompression bombs.
DECOMPRESSED_MAX = 2**29
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
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Response(response.status, headers, *decode(read_body(response), headers.get("content-encoding", "")))


def read_body(response: HTTPResponse) -> bytes:
    """Return the body, or the received part of a truncated one, which the contract then refuses."""
    chunks: list[bytes] = []
    try:
        while chunk := response.read1(CHUNK):
            chunks.append(chunk)
    except IncompleteRead as error:
        chunks.append(error.partial)
    except ConnectionResetError:
        """Keep the received part."""
    return b"".join(chunks)


def decode(body: bytes, encoding: str) -> tuple[bytes, str]:
    """Return a body without its gzip coding, and what is wrong with the coding.

    A body with a flaw is returned as it is, since clients differ in what they make of it. [RFC 9110 §8.4]
    """
    coding = encoding.strip().lower()
    if coding in {"", "identity"} or not body:
        return body, ""
    if coding not in {"gzip", "x-gzip"}:
        return body, f"Content-Encoding is {encoding[:80]!r}; expected: gzip or none, which every client accepts"
    decoder = zlib.decompressobj(GZIP)
    try:
        decoded = decoder.decompress(body, DECOMPRESSED_MAX)
    except zlib.error:
        return body, "Content-Encoding is gzip, and the body is not gzip"
    return decoded, "" if decoder.eof else "Content-Encoding is gzip, and the body breaks off"
