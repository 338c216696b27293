"""HAR, the archive that browsers and proxies write of their exchanges (HAR 1.2).

A HAR is one JSON document: it is read whole. Headers are never looked at: they
carry keys, and many recorders leave those out, so a missing one says nothing.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import pybase64

from omixa_mock.gateway.keys import redact
from omixa_mock.gateway.order import GENERATE

from .items import NO_BODY, NO_REPLY, Advance, Document, Item, Skip, Trouble
from .positions import Position, elements, position_at, span

__all__ = ["entries_of", "read_har"]

Json = Any
ENDPOINT = f"/api/v1/{GENERATE}"
BOM = b"\xef\xbb\xbf"
URL_MAX = 120
OTHER_ADDRESS = "entries of other addresses"
PREFLIGHT = "entries of a browser's preflight"
REDIRECT = "replies that are neither success nor refusal"
CUT_BODY = "bodies that were not recorded whole"


class EntryLines:
    """Where each entry begins, found as the entries are asked for, in order.

    Args:
        text: The HAR.
    """

    def __init__(self, text: bytes) -> None:
        start, _ = span(text, ("log", "entries"))
        self._text = text
        self._starts = zip(count(), elements(text, start), strict=False)
        self._index, self._offset, self._line = -1, 0, 1

    def __call__(self, index: int) -> Position:
        """The line of an entry that is not before the last one asked for."""
        while self._index < index:
            self._index, start = next(self._starts)
            self._line += self._text.count(b"\n", self._offset, start)
            self._offset = start
        return Position(self._line, position_at(self._text, self._offset).column)


def entries_of(text: bytes) -> list[Json] | None:
    """The entries of a HAR; None of what is none, as the contract's documents, which have no member `log`."""
    if b'"log"' not in text or b'"entries"' not in text:
        return None
    try:
        # Proxies on Windows begin their files with a byte order mark.
        entries = dig(orjson.loads(text.removeprefix(BOM)), "log", "entries")
    except orjson.JSONDecodeError:
        return None
    return entries if isinstance(entries, list) else None


def read_har(text: bytes, entries: list[Json], advance: Advance) -> Iterator[Item]:
    """The bodies of the exchanges with the gateway's endpoint, whatever the host; other entries are skipped."""
    lines = EntryLines(text.removeprefix(BOM))
    share = len(text) // max(len(entries), 1)
    for index, entry in enumerate(entries):
        yield from read_entry(entry, index, lines)
        advance(share)


def read_entry(entry: Json, index: int, lines: EntryLines) -> Iterator[Item]:
    """The documents of one entry: the request's body, and the reply's."""
    url = urlsplit(str(dig(entry, "request", "url") or ""))
    if not unquote(url.path).endswith(ENDPOINT):
        yield Skip(OTHER_ADDRESS)
        return
    if dig(entry, "request", "method") == "OPTIONS":
        yield Skip(PREFLIGHT)
        return
    where = f"log.entries[{index}]"
    address = redact(f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}")[:URL_MAX]
    sent = read_body(dig(entry, "request", "postData"), dig(entry, "request", "bodySize"), f"{where}.request")
    if isinstance(sent, bytes):
        yield Document("request", sent, lambda _: lines(index), f"{where}.request to {address}")
    else:
        yield sent
    yield read_reply(dig(entry, "response"), where, address, lines, index)


def read_reply(response: Json, where: str, address: str, lines: EntryLines, index: int) -> Item:
    """The reply of one entry."""
    status = dig(response, "status")
    if not isinstance(status, int) or status <= 0:
        return Skip(NO_REPLY)
    if not 200 <= status < 300 and status < 400:
        return Skip(REDIRECT)
    content = dig(response, "content")
    body = read_body(content, dig(content, "size"), f"{where}.response")
    if not isinstance(body, bytes):
        return body
    said = dig(content, "mimeType")
    media_type = said if isinstance(said, str) and said else None
    label = f"{where}.response {status} from {address}"
    kind = "error" if status >= 400 else "response"
    return Document(kind, body, lambda _: lines(index), label, status, media_type)


def read_body(content: Json, size: Json, where: str) -> bytes | Skip | Trouble:
    """The bytes of a recorded body."""
    text = dig(content, "text")
    if not isinstance(text, str) or not text:
        return Skip(NO_BODY)
    body = text.encode(errors="surrogatepass")
    if dig(content, "encoding") == "base64":
        try:
            body = pybase64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            return Trouble(f"{where}: its recorded base64 is damaged. Record it again.")
    # Firefox, for one, keeps the first megabyte only.
    is_cut = isinstance(size, int) and size > len(body) and not body.rstrip().endswith(b"}")
    return Skip(CUT_BODY) if is_cut else body


def dig(value: Json, *names: str) -> Json:
    """What lies below some names; None where there is nothing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
