"""HTTP/1.1 over bytes: the request that a client library writes, and the response bytes that it reads.

For libraries that are intercepted at their connection: their own code writes the request and parses the response.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from omixa_mock.gateway import Cut, Request, Send
from omixa_mock.transports.header_fields import join_fields, parse_query
from omixa_mock.transports.request_rules import decode_path
from omixa_mock.transports.wire import encode_broken, encode_response

__all__ = ["RequestReader", "encode_beginning", "encode_ending"]


class RequestReader:
    """Parser of one request from the bytes that a client writes.

    Attributes:
        complete: True once the whole request has been written.
        body: The body's bytes so far, without their transfer coding.
    """

    def __init__(self) -> None:
        self._parser = HttpRequestParser(self)
        self._url = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.complete = False

    def feed(self, data: bytes) -> None:
        """Parse the next bytes.

        Raises:
            ValueError: They are not HTTP/1.1.
        """
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except HttpParserError as error:
            raise ValueError(f"the client wrote bytes that are not HTTP/1.1: {error}") from None

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Parse the head again without its upgrade field, as a server may (RFC 9110 §7.8), and then the next bytes."""
        method = self._parser.get_method()
        if method == b"CONNECT":
            raise ValueError("the client wrote a CONNECT request: the fake is no proxy")
        fields = b"".join(b"%s: %s\r\n" % field for field in self._fields if field[0].lower() != b"upgrade")
        head = b"%s %s HTTP/1.1\r\n%s\r\n" % (method, self._url, fields)
        self._parser = HttpRequestParser(self)
        self._url, self._fields, self.complete = b"", [], False
        self.feed(head + rest)

    def request(self) -> Request:
        """Return the gateway's request, once the head has been written."""
        target = self._url.decode("ascii", "replace")
        # RFC 9112 §3.2.2: a request through a proxy has the absolute form.
        if "://" in target.partition("?")[0]:
            target = f"/{target.partition('://')[2].partition('/')[2]}"
        path, _, query = target.partition("?")
        method = self._parser.get_method().decode("ascii")
        return Request(method, decode_path(path.encode()), join_fields(self._fields), parse_query(query.encode()))

    # Callbacks of httptools.

    def on_url(self, url: bytes) -> None:
        """Append a part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Append a header field."""
        self._fields.append((name, value))

    def on_body(self, data: bytes) -> None:
        """Append a part of the body."""
        self.body += data

    def on_message_complete(self) -> None:
        """Mark the request as complete."""
        self.complete = True


def encode_ending(ending: Send | Cut, method: str) -> tuple[bytes, bool]:
    """Return the bytes that a client reads at the end of a flow, and True if its connection is then reset."""
    if isinstance(ending, Cut):
        return encode_broken(ending)
    return encode_response(ending.response, bodiless=method == "HEAD", closes=False), False


def encode_beginning(begun: Send) -> bytes:
    """Return the bytes that a client has read of a response that comes in pieces: its head and the first piece."""
    body = begun.response.body
    head = encode_response(begun.response, bodiless=True, closes=False)
    return head + body[: -(-len(body) // begun.pieces)]
