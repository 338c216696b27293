"""How calls go out: by the standard library, so that no client is tested with the gateway."""

from __future__ import annotations

import socket
import ssl
import zlib
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Event, Timer
from urllib.parse import urlsplit

from .target import Answer, Exchange, NoAnswer, Send

__all__ = ["send_over_http"]

# What a gateway that makes real images may need for one call, from its first byte to its last.
TIMEOUT = 180.0
# RFC 1952 §2.3.1: 16 more than the window says that a gzip header comes.
GZIP = 16 + zlib.MAX_WBITS
# More than the largest answer unpacks to; what packs more into its body is none.
UNPACKED_MAX = 2**29
PIECE = 2**16


def send_over_http(url: str, timeout: float = TIMEOUT) -> Send:
    """Sends to the gateway at `url`, each call on a connection of its own.

    Raises:
        NoAnswer: At the call: it cannot be reached, or does not speak HTTP.
    """
    parts = urlsplit(url)

    def connect() -> HTTPConnection:
        if parts.scheme == "https":
            return HTTPSConnection(parts.netloc, timeout=timeout, context=ssl.create_default_context())
        return HTTPConnection(parts.netloc, timeout=timeout)

    def send(exchange: Exchange) -> Answer:
        connection = connect()
        try:
            return converse_in_time(connection, exchange, timeout)
        except Exception as error:
            raise NoAnswer(
                f"{exchange.method} {exchange.path} got no answer: {type(error).__name__}: {error}"
            ) from error
        finally:
            connection.close()

    return send


def converse_in_time(connection: HTTPConnection, exchange: Exchange, timeout: float) -> Answer:
    """One request and its whole answer; the connection's own time limit begins anew with every byte that drips."""
    connection.connect()
    late = Event()
    timer = Timer(timeout, shut, (connection.sock, late))
    timer.daemon = True
    timer.start()
    try:
        answer = converse(connection, exchange)
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(f"no whole answer in {timeout:g} s")
    return answer


def shut(connected: socket.socket, late: Event) -> None:
    """End a conversation that takes too long."""
    late.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def converse(connection: HTTPConnection, exchange: Exchange) -> Answer:
    """One request and its answer, which may come before the request is out: a body can be refused unread."""
    try:
        connection.request(exchange.method, exchange.path, exchange.body, dict(exchange.headers))
    except (BrokenPipeError, ConnectionResetError) as error:
        try:
            response = connection.getresponse()
        except (OSError, HTTPException):
            raise error from None
    else:
        response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, unpack(read_body(response), headers.get("content-encoding", "")))


def read_body(response: HTTPResponse) -> bytes:
    """The body; of one that was cut off or reset what came before, for the contract to judge."""
    pieces: list[bytes] = []
    try:
        while piece := response.read1(PIECE):
            pieces.append(piece)
    except IncompleteRead as cut:
        pieces.append(cut.partial)
    except ConnectionResetError:
        """What came before stands."""
    return b"".join(pieces)


def unpack(body: bytes, encoding: str) -> bytes:
    """A body without its content coding, which no call asks for; as it came where it cannot be undone."""
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        return body
    try:
        return zlib.decompressobj(GZIP).decompress(body, UNPACKED_MAX)
    except zlib.error:
        return body
