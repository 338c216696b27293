"""Parsing of files into documents: JSON, JSON Lines, HAR, VCR cassettes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import BinaryIO

import orjson

from omixa_mock.kit.validation import guess_response_kind

from .archives import ArchiveError, open_archive, read_beside
from .cassette import find_json_cassette, is_yaml_cassette, read_json_cassette, read_yaml_cassette
from .foreign import EMPTY, ZIP, describe_foreign, foreign_bytes, is_json, is_wiremock
from .har import ReadResource, find_entries, har_error, read_har
from .items import NO_BODY, NO_RESPONSE, Advance, Document, Item, Skip, Trouble
from .positions import Position, find, locate, position_at, span, steps_of

__all__ = ["LINE_ENDINGS", "read_documents"]

LINE_ENDINGS = (".jsonl", ".ndjson")
# Far more than ten of the largest images in base64.
LINE_MAX = 256 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """Iterator over a file's lines that keeps one line in memory.

    Attributes:
        stream: The rest of the file.
        first: A line that was read from it.
        number: The number of the last line that was yielded, from 1.
        blank: True until a line is not blank.
    """

    stream: BinaryIO
    first: bytes
    number: int = 0
    blank: bool = True

    def __iter__(self) -> Iterator[bytes | None]:
        """Yield each line that is not blank; None for a line of more than `LINE_MAX` bytes."""
        while line := self._next_line():
            self.number += 1
            self.blank = self.blank and not line.strip()
            if len(line) == LINE_MAX and not line.endswith(b"\n"):
                self._skip_rest()
                yield None
            elif line.strip():
                yield line

    def _next_line(self) -> bytes:
        """Return the first line, then each of the others; empty at the end."""
        line, self.first = self.first or self.stream.readline(LINE_MAX), b""
        return line

    def _skip_rest(self) -> None:
        """Read and discard the rest of a line."""
        while (rest := self.stream.readline(LINE_MAX)) and not rest.endswith(b"\n"):
            continue


def read_documents(name: str, stream: BinaryIO, advance: Advance) -> Iterator[Item]:
    """Yield the documents of a file.

    The name's ending determines the format; without a known ending, the first line does.

    Args:
        name: The file's name; `-` for standard input.
        stream: The file's bytes.
        advance: Called with each number of bytes that were processed.
    """
    first = stream.readline(LINE_MAX)
    if first.startswith(ZIP):
        yield from read_archive(first + stream.read(), advance)
        return
    try:
        first, stream = as_utf8(first, stream)
    except UnicodeDecodeError as error:
        yield Trouble(describe_foreign(f"not {error.encoding.upper()}, though it begins as such"))
        return
    foreign = foreign_bytes(first)
    if foreign:
        yield Trouble(foreign)
    else:
        yield from read_text(name, Lines(stream, first), advance)


def as_utf8(first: bytes, stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the first line and the rest in UTF-8 without a byte order mark, which editors add.

    Raises:
        UnicodeDecodeError: A file that begins as UTF-16 or UTF-32 is something else.
    """
    encoding = json.detect_encoding(first[:4])
    if encoding == "utf-8-sig":
        return first.removeprefix(b"\xef\xbb\xbf"), stream
    if encoding == "utf-8":
        return first, stream
    stream = BytesIO((first + stream.read()).decode(encoding).encode())
    return stream.readline(LINE_MAX), stream


def read_archive(data: bytes, advance: Advance) -> Iterator[Item]:
    """Yield the documents of the HAR in a zip archive."""
    try:
        text, read_resource = open_archive(data)
    except ArchiveError as error:
        yield Trouble(str(error))
        return
    yield from read_whole(text, advance, read_resource, must_be_har=True)


def read_text(name: str, lines: Lines, advance: Advance) -> Iterator[Item]:
    """Yield the documents of a text."""
    ending = name.lower()
    if ending.endswith(LINE_ENDINGS):
        yield from read_lines(lines, advance)
        if lines.blank:
            yield Trouble(EMPTY)
    elif ending.endswith((".har", ".json")) or not is_json(lines.first):
        text = lines.first + lines.stream.read()
        yield from read_whole(text, advance, partial(read_beside, name), must_be_har=ending.endswith(".har"))
    else:
        yield from read_unknown(name, lines, advance)


def read_unknown(name: str, lines: Lines, advance: Advance) -> Iterator[Item]:
    """Yield the lines as documents if others follow the first, which is complete JSON; else one document."""
    rest = iter(lines)
    first, second = next(rest) or b"", next(rest, b"")
    if second == b"":
        yield from read_whole(first, advance, partial(read_beside, name))
        return
    yield from read_record(first, 1)
    yield from read_line(second, lines.number)
    yield from read_lines(lines, advance)


def read_whole(
    text: bytes, advance: Advance, read_resource: ReadResource, *, must_be_har: bool = False
) -> Iterator[Item]:
    """Yield one document, or those of a HAR's, a cassette's or an exchange's."""
    entries, cassette, record = find_entries(text), find_json_cassette(text), parse_record(text)
    if not text.strip():
        yield Trouble(EMPTY)
    elif entries is not None:
        yield from read_har(text, entries, advance, read_resource)
        return
    elif must_be_har:
        accepted = "accepted: a JSON object with log.entries. Save it again, or rename it."
        yield Trouble(f"this is no HAR: {har_error(text)}; {accepted}")
    elif cassette is not None:
        yield from read_json_cassette(text, *cassette)
    elif is_yaml_cassette(text):
        yield from read_yaml_cassette(text)
    elif record is not None:
        yield from read_sides(text, 1, record)
    else:
        yield Document("auto", text, partial(locate, text))
    advance(len(text))


def read_lines(lines: Lines, advance: Advance) -> Iterator[Item]:
    """Yield the documents in the remaining lines."""
    for line in lines:
        yield from read_line(line, lines.number)
        advance(len(line or b""))


def read_line(line: bytes | None, number: int) -> Iterator[Item]:
    """Yield the documents in a line, or the reason for not reading it."""
    if line is None:
        yield Trouble(f"line {number:,} has more than {LINE_MAX:,} bytes. Split it, or leave it out.")
    else:
        yield from read_record(line, number)


def read_record(line: bytes, number: int) -> Iterator[Item]:
    """Yield the document in a line, or the two documents of a recorded exchange."""
    record = parse_record(line)
    if record is None:
        yield Document("auto", line, line_locator(line, number, ()))
    else:
        yield from read_sides(line, number, record)


def read_sides(text: bytes, number: int, record: dict[str, object]) -> Iterator[Item]:
    """Yield the two documents of a recorded exchange."""
    sides = {side: read_side(text, number, side, record.get("status")) for side in SIDES if record[side] is not None}
    request = sides["request"].body if "request" in sides else None
    for side, reason in SIDES.items():
        document = sides.get(side)
        if document is None:
            yield Skip(reason, side)
        else:
            yield replace(document, request=request) if side == "response" else document


# The sides of a recorded exchange, each with the reason for skipping it if it is null.
SIDES = {"request": NO_BODY, "response": NO_RESPONSE}


def read_side(text: bytes, number: int, side: str, status: object) -> Document:
    """Return the request or the response in the record of an exchange."""
    start, end = span(text, (side,))
    body, locate_pointer = text[start:end], line_locator(text, number, (side,))
    if side == "request":
        return Document(side, body, locate_pointer, side)
    if type(status) is int:
        return Document("auto", body, locate_pointer, side, status)
    return Document(guess_response_kind(body), body, locate_pointer, side)


def parse_record(text: bytes) -> dict[str, object] | None:
    """Return the record of an exchange; None if a member `request` or `response` is missing."""
    if b'"request"' not in text or b'"response"' not in text or not is_json(text):
        return None
    value = orjson.loads(text)
    is_record = isinstance(value, dict) and {"request", "response"} <= value.keys() and not is_wiremock(value)
    return value if is_record else None


def line_locator(text: bytes, number: int, parent: tuple[str, ...]) -> Callable[[str], Position]:
    """Return a function from a pointer below `parent` to a position in a text that begins at line `number`."""

    def locate_in_text(pointer: str) -> Position:
        if not is_json(text):
            return Position(number, locate(text, "/").column)
        position = position_at(text, find(text, (*parent, *steps_of(pointer))))
        return Position(number - 1 + position.line, position.column)

    return locate_in_text
