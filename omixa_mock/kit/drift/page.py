"""Parsing of a saved documentation page."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any, Final

from .calls import find_headers, find_methods, find_urls
from .columns import EXAMPLE, refuse_absent_headings
from .markup import Found, clean, is_markup, read_markup
from .owners import split_by_model
from .prices import Price, find_prices
from .samples import find_samples
from .table import Field, read_fields
from .text_tables import NAME, read_bars, read_stream

__all__ = ["Page", "PageError", "read_page"]

# The fields of a table, and the text above it.
FieldTable = tuple[tuple[Field, ...], str]
PAGE_MAX: Final = 16_000_000
SAVE: Final = (
    "Open the page in a browser, and save what it shows: select all, copy, and paste into a text file; "
    "or save it as HTML once it is fully loaded."
)
BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class PageError(ValueError):
    """The file is no documentation page of a model. The message names the reason and a remedy."""


@dataclass(frozen=True, slots=True)
class Page:
    """Parsed documentation page.

    Attributes:
        text: The visible text.
        tables: The fields of each table of fields; one in which a second model begins is several.
        above: The text above each table, up to the table of fields before.
        samples: The JSON objects in its samples.
        unread_samples: The number of samples that are no valid JSON.
        urls: The URLs of requests for images.
        methods: The methods of these requests.
        headers: The headers of these requests: name, and value up to a key's prefix.
        prices: The amounts of money.
    """

    text: str
    tables: tuple[tuple[Field, ...], ...]
    above: tuple[str, ...]
    samples: tuple[Any, ...] = ()
    unread_samples: int = 0
    urls: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    prices: tuple[Price, ...] = ()


def read_page(body: bytes, columns: Mapping[str, str] | None = None) -> Page:
    """Parse the bytes of a file, plain text or HTML.

    Args:
        body: The file.
        columns: The headings of the table's columns, by `COLUMNS`, for instance `{"name": "Nom", "type": "Type"}`.
            Columns that are not named are recognised by their cells, in English and Chinese.

    Raises:
        PageError: The file is empty or no text, has no table of fields, or has no column of a named heading.
    """
    source = clean(decode(body))
    text, tables = read_markup(source) if is_markup(source) else (source, read_bars(source))
    headings = columns or {}
    chosen = choose_tables(text, tables, headings)
    try:
        refuse_absent_headings(headings, [found.rows for found in (*tables, *read_stream(text))])
    except ValueError as error:
        raise PageError(str(error)) from None
    if not chosen:
        raise PageError(
            "there is no table of fields. Looked for: rows of a name such as prompt, a type such as string, and yes or "
            "no for required, in English or Chinese. For another language, name the headings of its columns: "
            f"--columns {EXAMPLE}. {hint_at_source(source, text)}{SAVE}"
        )
    samples, unread = find_samples(text)
    return Page(
        text=text,
        tables=tuple(fields for fields, _ in chosen),
        above=tuple(above for _, above in chosen),
        samples=tuple(samples),
        unread_samples=unread,
        urls=tuple(find_urls(text)),
        methods=tuple(find_methods(text)),
        headers=tuple(find_headers(text)),
        prices=tuple(find_prices(text)),
    )


def hint_at_source(source: str, text: str) -> str:
    """Return a sentence for a page that scripts build in the browser; empty for other pages."""
    is_built_by_scripts = "<script" in source.lower() and len(text.split()) < 200
    return "The file holds scripts that build the page, but not their output. " if is_built_by_scripts else ""


def choose_tables(text: str, tables: list[Found], headings: Mapping[str, str]) -> list[FieldTable]:
    """Return the tables of fields; those with one cell a line only if they have at least twice as many fields."""
    drawn, loose = (list(field_tables(found, headings)) for found in (tables, read_stream(text)))
    return loose if count_names(loose) >= 2 * max(1, count_names(drawn)) else drawn


def field_tables(tables: list[Found], headings: Mapping[str, str]) -> Iterator[FieldTable]:
    """Yield each table of fields with the text above it; other tables do not end that text."""
    above = ""
    for table in tables:
        above += f"{table.above}\n"
        for fields in split_by_model(read_fields(table.rows, headings)):
            if fields:
                yield fields, above
                above = ""


def count_names(tables: list[FieldTable]) -> int:
    """Return the number of different field names; a table that was misread has phrases instead, or repeats few."""
    return len({field.name for fields, _ in tables for field in fields if NAME.fullmatch(field.name)})


def page_within(body: bytes) -> bytes:
    """Return the HTML of a page saved as a single file (MHTML), in UTF-8; other files unchanged."""
    if not re.search(rb"^Content-Type:\s*multipart/related", body[:4096], re.IGNORECASE | re.MULTILINE):
        return body
    parts = (part for part in message_from_bytes(body).walk() if part.get_content_type() == "text/html")
    first = next(parts, None)
    content = first.get_payload(decode=True) if first is not None else None
    return content if isinstance(content, bytes) else body


def decode(body: bytes) -> str:
    """Decode a file: from UTF-8, UTF-16, or the encoding that its HTML declares.

    Raises:
        PageError: The file is empty, too long, or no text.
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
