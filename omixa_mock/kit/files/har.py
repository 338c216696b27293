"""HAR 1.2 parsing: request and response bodies of the generations endpoint.

A HAR is one JSON document and is read whole. Headers are ignored: they contain
keys, and many recorders leave headers out, so a missing one proves nothing.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import orjson
import pybase64

from omixa_mock.gateway.http import GENERATE, redact

from .items import NO_BODY, NO_RESPONSE, Advance, Document, Item, Skip, Trouble
from .positions import Position, elements, position_at, span

__all__ = ["find_entries", "har_error", "read_har"]

Json = Any
ENDPOINT = f"/api/v1/{GENERATE}"
BOM = b"\xef\xbb\xbf"
URL_MAX = 120
OTHER_ADDRESS = "entries of other addresses"
BAD_ADDRESS = "entries whose address is no URL"
PREFLIGHT = "entries of a browser's preflight"
REDIRECT = "responses that are neither success nor refusal"
CUT_BODY = "bodies that were not recorded whole"


class EntryLines:
    """Lookup of the line at which each entry begins, in ascending order.

    Args:
        text: The HAR.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._index, self._offset, self._line = -1, 0, 1

    @cached_property
    def _starts(self) -> Iterator[tuple[int, int]]:
        """Return an iterator over index and offset of each entry; created only if there is a finding."""
        start, _ = span(self._text, ("log", "entries"))
        return zip(count(), elements(self._text, start), strict=False)

    def __call__(self, index: int) -> Position:
        """Return the position of an entry, whose index must not be below the previous one's."""
        while self._index < index:
            self._index, start = next(self._starts)
            self._line += self._text.count(b"\n", self._offset, start)
            self._offset = start
        return Position(self._line, position_at(self._text, self._offset).column)


def find_entries(text: bytes) -> list[Json] | None:
    """Return the entries of a HAR; None for any other text. No document of the contract has a member `log`."""
    if b'"log"' not in text or b'"entries"' not in text:
        return None
    try:
        entries = dig(read_json(text), "log", "entries")
    except (ValueError, RecursionError):
        return None
    return entries if isinstance(entries, list) else None


def read_json(text: bytes) -> Json:
    """Parse a recorder's JSON text.

    Raises:
        ValueError: The text is not JSON.
        RecursionError: The value nests too deep.
    """
    # Proxies on Windows begin their files with a byte order mark.
    text = text.removeprefix(BOM)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # orjson refuses the whole file for a lone surrogate, perhaps in another site's response.
        return json.loads(text.decode(errors="surrogatepass"))


def har_error(text: bytes) -> str:
    """Return the reason why a text is not a HAR."""
    try:
        value = read_json(text)
    except json.JSONDecodeError as error:
        return f"it is not JSON ({error.msg}: line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 (byte 0x{error.object[error.start]:02x} at position {error.start})"
    except ValueError as error:
        return f"it cannot be read ({error})"
    except RecursionError:
        return "it nests too deep"
    return "log.entries is no array" if dig(value, "log", "entries") is not None else "it has no log.entries"


def read_har(text: bytes, entries: list[Json], advance: Advance) -> Iterator[Item]:
    """Yield the bodies of calls to the generations endpoint of any host; skip other entries."""
    lines = EntryLines(text.removeprefix(BOM))
    share = len(text) // max(len(entries), 1)
    for index, entry in enumerate(entries):
        yield from read_entry(entry, index, lines)
        advance(share)


def read_entry(entry: Json, index: int, lines: EntryLines) -> Iterator[Item]:
    """Yield the documents of one entry: the body of the request and of the response."""
    url = parse_url(dig(entry, "request", "url"))
    if url is None:
        yield Skip(BAD_ADDRESS)
        return
    if not unquote(url.path).endswith(ENDPOINT):
        yield Skip(OTHER_ADDRESS)
        return
    if dig(entry, "request", "method") == "OPTIONS":
        yield Skip(PREFLIGHT)
        return
    where = f"log.entries[{index}]"
    address = redact(replace_surrogates(f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"))[:URL_MAX]
    request_body = read_body(dig(entry, "request", "postData"), dig(entry, "request", "bodySize"), f"{where}.request")
    if isinstance(request_body, bytes):
        yield Document("request", request_body, lambda _: lines(index), f"{where}.request to {address}")
    else:
        yield request_body
    yield read_response(dig(entry, "response"), where, address, lines, index)


def parse_url(value: Json) -> SplitResult | None:
    """Parse an entry's URL; None if it is malformed, for instance with an unclosed IPv6 bracket."""
    try:
        return urlsplit(str(value or ""))
    except ValueError:
        return None


def replace_surrogates(text: str) -> str:
    """Return a text without lone surrogates, which cannot be encoded in a report."""
    return text.encode(errors="replace").decode()


def read_response(response: Json, where: str, address: str, lines: EntryLines, index: int) -> Item:
    """Return the response of one entry."""
    status = dig(response, "status")
    if not isinstance(status, int) or status <= 0:
        return Skip(NO_RESPONSE)
    if not 200 <= status < 300 and status < 400:
        return Skip(REDIRECT)
    content = dig(response, "content")
    body = read_body(content, dig(content, "size"), f"{where}.response")
    if not isinstance(body, bytes):
        return body
    mime_type = dig(content, "mimeType")
    media_type = replace_surrogates(mime_type) if isinstance(mime_type, str) and mime_type else None
    label = f"{where}.response {status} from {address}"
    kind = "error" if status >= 400 else "response"
    return Document(kind, body, lambda _: lines(index), label, status, media_type)


def read_body(content: Json, size: Json, where: str) -> bytes | Skip | Trouble:
    """Return the bytes of a recorded body, or the reason for not reading it."""
    text = dig(content, "text")
    if not isinstance(text, str) or not text:
        return Skip(NO_BODY)
    body = text.encode(errors="surrogatepass")
    if dig(content, "encoding") == "base64":
        try:
            body = pybase64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return Trouble(f"{where}: its recorded base64 is damaged. Record it again.")
    # Firefox, for example, keeps the first megabyte only.
    is_cut = isinstance(size, int) and size > len(body) and not body.rstrip().endswith(b"}")
    return Skip(CUT_BODY) if is_cut else body


def dig(value: Json, *names: str) -> Json:
    """Return the value at a path of member names; None if it does not exist."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
