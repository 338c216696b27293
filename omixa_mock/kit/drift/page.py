"""A saved copy of a model's documentation page, read for what it says of the contract."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any, Final

from .calls import find_headers, find_methods, find_urls
from .lines import NAME, read_bars, read_stream
from .markup import Rows, clean, is_markup, read_markup
from .prices import Price, find_prices
from .samples import find_samples
from .table import Field, read_fields

__all__ = ["Page", "PageError", "read_page"]

PAGE_MAX: Final = 16_000_000
SAVE: Final = (
    "Open the page in a browser, and save what it shows: select all, copy, and paste into a text file; "
    "or save it as HTML once it is fully loaded."
)
BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class PageError(ValueError):
    """The file is no page of a model: what was looked for, what came, and what to save instead."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says.

    Attributes:
        text: All that it shows.
        tables: The fields of each table of fields.
        samples: The JSON objects in its samples.
        unread_samples: How many samples are no JSON that can be read.
        urls: The addresses that requests for images are sent to.
        methods: The methods that they are sent with.
        headers: The headers that they are sent with: name, and value up to a key's prefix.
        prices: Amounts of money.
    """

    text: str
    tables: tuple[tuple[Field, ...], ...]
    samples: tuple[Any, ...] = ()
    unread_samples: int = 0
    urls: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    prices: tuple[Price, ...] = ()


def read_page(body: bytes) -> Page:
    """Read a page from the bytes of a file, plain text or HTML.

    Raises:
        PageError: It is empty or no text, or has no table of fields.
    """
    source = clean(decode(body))
    text, tables = read_markup(source) if is_markup(source) else (source, read_bars(source))
    fields = choose_tables(text, tables)
    if not fields:
        raise PageError(
            "there is no table of fields. Looked for: rows of a name such as prompt, a type such as string, and yes or "
            f"no for required, in a dozen languages. {hint_at_source(source, text)}{SAVE}"
        )
    samples, unread = find_samples(text)
    return Page(
        text=text,
        tables=fields,
        samples=tuple(samples),
        unread_samples=unread,
        urls=tuple(find_urls(text)),
        methods=tuple(find_methods(text)),
        headers=tuple(find_headers(text)),
        prices=tuple(find_prices(text)),
    )


def hint_at_source(source: str, text: str) -> str:
    """Why a page that looks right in a browser may hold nothing here."""
    waits = "<script" in source.lower() and len(text.split()) < 200
    return "The file holds scripts that build the page, and not yet what they build. " if waits else ""


def choose_tables(text: str, tables: list[Rows]) -> tuple[tuple[Field, ...], ...]:
    """The tables of fields; those whose cells went to pieces only where that finds far more."""
    drawn = tuple(filter(None, map(read_fields, tables)))
    loose = tuple(filter(None, map(read_fields, read_stream(text))))
    return loose if count_names(loose) >= 2 * max(1, count_names(drawn)) else drawn


def count_names(tables: tuple[tuple[Field, ...], ...]) -> int:
    """How many fields tables have; what was read amiss has phrases, or the same few values, for names."""
    return len({field.name for table in tables for field in table if NAME.fullmatch(field.name)})


def page_within(body: bytes) -> bytes:
    """The HTML in a page that a browser saved as a single file (MHTML), in UTF-8; other files as they are."""
    if not re.search(rb"^Content-Type:\s*multipart/related", body[:4096], re.IGNORECASE | re.MULTILINE):
        return body
    parts = (part for part in message_from_bytes(body).walk() if part.get_content_type() == "text/html")
    first = next(parts, None)
    held = first.get_payload(decode=True) if first is not None else None
    return held if isinstance(held, bytes) else body


def decode(body: bytes) -> str:
    """The text of a file: in UTF-8 or UTF-16, or as its HTML declares.

    Raises:
        PageError: It is empty, too long, or no text.
    """
    if not body.strip():
        raise PageError(f"the file is empty. {SAVE}")
    if len(body) > PAGE_MAX:
        raise PageError(f"the file has {len(body):,} bytes; a page has at most {PAGE_MAX:,}. {SAVE}")
    body = page_within(body)
    declared = re.search(rb"<meta[^>]{0,100}charset=[\"']?([\w-]{1,40})", body[:4096], re.IGNORECASE)
    encodings = [name for mark, name in BOMS if body.startswith(mark)] or ["utf-8"]
    for encoding in [*encodings, *([declared[1].decode("ascii")] if declared else [])]:
        try:
            text = body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise PageError(f"the file is no text in UTF-8; it begins with {body[:8]!r}. {SAVE}")
