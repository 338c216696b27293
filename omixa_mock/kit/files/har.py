"""HAR 1.2 parsing: request and response bodies of the generations endpoint.

A HAR is one JSON document and is read whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import orjson

from .exchanges import ElementLines, Exchange, decode_text, dig, read_exchange
from .items import CUT_BODY, NO_BODY, Advance, Item, Skip, Trouble

__all__ = ["ReadResource", "find_entries", "har_error", "read_har", "read_json"]

Json = Any
# Function from the name of a file beside a HAR to its bytes; None if there is none.
ReadResource = Callable[[str], bytes | None]


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


def read_har(text: bytes, entries: list[Json], advance: Advance, read_resource: ReadResource) -> Iterator[Item]:
    """Yield the bodies of calls to the generations endpoint of any host; skip other entries."""
    lines = ElementLines(text, "log", "entries")
    share = len(text) // max(len(entries), 1)
    for index, entry in enumerate(entries):
        yield from read_exchange(make_exchange(entry, index, lines, read_resource))
        advance(share)


def make_exchange(entry: Json, index: int, lines: ElementLines, read_resource: ReadResource) -> Exchange:
    """Return the exchange in an entry."""
    post_data, content = dig(entry, "request", "postData"), dig(entry, "response", "content")
    return Exchange(
        where=f"log.entries[{index}]",
        position=partial(lines, index),
        method=dig(entry, "request", "method"),
        url=dig(entry, "request", "url"),
        status=dig(entry, "response", "status"),
        media_type=dig(content, "mimeType"),
        read_request=partial(read_body, post_data, dig(entry, "request", "bodySize"), read_resource),
        read_response=partial(read_body, content, dig(content, "size"), read_resource),
    )


def read_body(content: Json, size: Json, read_resource: ReadResource, where: str) -> bytes | Skip | Trouble:
    """Return the bytes of a recorded body, or the reason for not reading it."""
    name, text = dig(content, "_file"), dig(content, "text")
    if isinstance(name, str) and name and not text:
        # Playwright's `content: "attach"` writes bodies to files beside the HAR.
        body = read_resource(name)
        return Trouble(f"{where}: its body is missing. Put {name!r} beside the HAR.") if body is None else body
    if not isinstance(text, str) or not text:
        return Skip(NO_BODY)
    decoded = decode_text(text, dig(content, "encoding"), where)
    if isinstance(decoded, Trouble):
        return decoded
    # Firefox, for example, keeps the first megabyte only.
    is_cut = isinstance(size, int) and size > len(decoded) and not decoded.rstrip().endswith(b"}")
    return Skip(CUT_BODY) if is_cut else decoded
