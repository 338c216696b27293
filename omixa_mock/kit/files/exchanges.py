"""Recorded exchanges: the request and the response of one call, as HARs and cassettes have them.

Headers are ignored: they contain keys, and many recorders leave headers out, so a missing one proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import pybase64

from omixa_mock.gateway.http import GENERATE, redact

from .items import NO_RESPONSE, Document, Item, Skip, Trouble
from .positions import Position, elements, position_at, span

__all__ = ["ElementLines", "Exchange", "ReadBody", "decode_text", "dig", "read_exchange"]

Json = Any
# Function from the side's name in messages to its bytes, or to the reason for not reading them.
ReadBody = Callable[[str], bytes | Skip | Trouble]
ENDPOINT = f"/api/v1/{GENERATE}"
URL_MAX = 120
OTHER_ADDRESS = "entries of other addresses"
BAD_ADDRESS = "entries whose address is no URL"
PREFLIGHT = "entries of a browser's preflight"
REDIRECT = "responses that are neither success nor refusal"
# Methods of requests without a body.
BODILESS = frozenset({"GET", "HEAD"})
WHITE_SPACE = re.compile(rb"\s+")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Recorded request and response of one call.

    Attributes:
        where: The entry in the file, for instance `log.entries[0]`.
        position: Function that returns the position of the entry.
        method: The recorded method.
        url: The recorded URL.
        status: The recorded status; not above 0 if there was no response.
        media_type: The recorded Content-Type of the response.
        read_request: Function that reads the body of the request; only called for the generations endpoint.
        read_response: Function that reads the body of the response.
    """

    where: str
    position: Callable[[], Position]
    method: Json
    url: Json
    status: Json
    media_type: Json
    read_request: ReadBody = field(repr=False)
    read_response: ReadBody = field(repr=False)


def read_exchange(exchange: Exchange) -> Iterator[Item]:
    """Yield the bodies of a call to the generations endpoint of any host; skip any other call."""
    url = parse_url(exchange.url)
    if url is None:
        yield Skip(BAD_ADDRESS)
    elif not unquote(url.path).endswith(ENDPOINT):
        yield Skip(OTHER_ADDRESS)
    elif exchange.method == "OPTIONS":
        yield Skip(PREFLIGHT)
    else:
        address = redact(replace_surrogates(f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"))[:URL_MAX]
        request = read_request(exchange, address) if exchange.method not in BODILESS else None
        if request is not None:
            yield request
        yield read_response(exchange, address, request.body if isinstance(request, Document) else None)


def read_request(exchange: Exchange, address: str) -> Item:
    """Return the request of an exchange."""
    body = exchange.read_request(f"{exchange.where}.request")
    if isinstance(body, Skip):
        return Skip(body.reason, "request")
    if isinstance(body, Trouble):
        return body
    label = f"{exchange.where}.request to {address}"
    return Document("request", body, lambda _: exchange.position(), label)


def read_response(exchange: Exchange, address: str, request: bytes | None) -> Item:
    """Return the response of an exchange, with the body of its request."""
    status = exchange.status
    if not isinstance(status, int) or status <= 0:
        return Skip(NO_RESPONSE)
    if not 200 <= status < 300 and status < 400:
        return Skip(REDIRECT)
    body = exchange.read_response(f"{exchange.where}.response")
    if isinstance(body, Skip):
        return Skip(body.reason, "response")
    if isinstance(body, Trouble):
        return body
    actual = exchange.media_type
    media_type = replace_surrogates(actual) if isinstance(actual, str) and actual else None
    label = f"{exchange.where}.response {status} from {address}"
    kind = "error" if status >= 400 else "response"
    return Document(kind, body, lambda _: exchange.position(), label, status, media_type, request)


def parse_url(value: Json) -> SplitResult | None:
    """Parse a recorded URL; None if it is malformed, for instance with an unclosed IPv6 bracket."""
    try:
        return urlsplit(str(value or ""))
    except ValueError:
        return None


def replace_surrogates(text: str) -> str:
    """Return a text without lone surrogates, which cannot be encoded in a report."""
    return text.encode(errors="replace").decode()


def decode_text(text: str, encoding: Json, where: str) -> bytes | Trouble:
    """Return the bytes of a recorded text; base64 may be wrapped, and its name be in any case."""
    body = text.encode(errors="surrogatepass")
    if not isinstance(encoding, str) or encoding.strip().lower() != "base64":
        return body
    try:
        return pybase64.b64decode(WHITE_SPACE.sub(b"", body), validate=True)
    except ValueError:
        return Trouble(f"{where}: its recorded base64 is damaged. Record it again.")


class ElementLines:
    """Lookup of the position at which each element of an array begins, in ascending order.

    Args:
        text: The JSON text.
        steps: The path to the array.
    """

    def __init__(self, text: bytes, *steps: str) -> None:
        self._text, self._steps = text, steps
        self._index, self._offset, self._line = -1, 0, 1

    @cached_property
    def _starts(self) -> Iterator[tuple[int, int]]:
        """Return an iterator over index and offset of each element; created only if there is a finding."""
        start, _ = span(self._text, self._steps)
        return zip(count(), elements(self._text, start), strict=False)

    def __call__(self, index: int) -> Position:
        """Return the position of an element, whose index must not be below the previous one's."""
        while self._index < index:
            self._index, start = next(self._starts)
            self._line += self._text.count(b"\n", self._offset, start)
            self._offset = start
        return Position(self._line, position_at(self._text, self._offset).column)


def dig(value: Json, *names: str) -> Json:
    """Return the value at a path of member names; None if it does not exist."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
