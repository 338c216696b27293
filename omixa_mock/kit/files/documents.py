"""Parsing of files into documents: JSON, JSON Lines, HAR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

import orjson

from omixa_mock.kit.validation import guess_response_kind

from .har import find_entries, har_error, read_har
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
        stream: The file.
        number: The number of the last line, from 1.
    """

    stream: BinaryIO
    number: int = field(default=0)

    def __iter__(self) -> Iterator[bytes | None]:
        """Yield each line that is not blank; None for a line of more than `LINE_MAX` bytes."""
        while line := self.stream.readline(LINE_MAX):
            self.number += 1
            if len(line) == LINE_MAX and not line.endswith(b"\n"):
                self._skip_rest()
                yield None
            elif line.strip():
                yield line

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
    name = name.lower()
    if name.endswith(LINE_ENDINGS):
        yield from read_lines(Lines(stream), advance)
    elif name.endswith((".har", ".json")):
        yield from read_whole(stream.read(), advance, must_be_har=name.endswith(".har"))
    else:
        yield from read_unknown(stream, advance)


def read_unknown(stream: BinaryIO, advance: Advance) -> Iterator[Item]:
    """Yield the lines as documents if the first is complete JSON and others follow; else one document."""
    lines = Lines(stream)
    first = stream.readline(LINE_MAX)
    if not first.strip() or not is_json(first):
        yield from read_whole(first + stream.read(), advance)
        return
    lines.number = 1
    second = next(iter(lines), b"")
    if second == b"":
        yield from read_whole(first, advance)
        return
    yield from read_record(first, 1)
    yield from read_line(second, lines.number)
    yield from read_lines(lines, advance)


def is_json(text: bytes) -> bool:
    """Return True if a text is one complete JSON value."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def read_whole(text: bytes, advance: Advance, *, must_be_har: bool = False) -> Iterator[Item]:
    """Yield one document, or those of a HAR's entries."""
    entries = find_entries(text)
    if entries is not None:
        yield from read_har(text, entries, advance)
        return
    if must_be_har:
        accepted = "accepted: a JSON object with log.entries. Save it again, or rename it."
        yield Trouble(f"this is no HAR: {har_error(text)}; {accepted}")
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
    record = read_exchange(line)
    if record is None:
        yield Document("auto", line, line_locator(line, number, ()))
        return
    for side, skip_reason in SIDES.items():
        yield Skip(skip_reason) if record[side] is None else read_side(line, number, side, record.get("status"))


# The sides of a recorded exchange, each with the reason for skipping it if it is null.
SIDES = {"request": NO_BODY, "response": NO_RESPONSE}


def read_side(line: bytes, number: int, side: str, status: object) -> Document:
    """Return the request or the response in the record of an exchange."""
    start, end = span(line, (side,))
    body, locate_pointer = line[start:end], line_locator(line, number, (side,))
    if side == "request":
        return Document(side, body, locate_pointer, side)
    if type(status) is int:
        return Document("auto", body, locate_pointer, side, status)
    return Document(guess_response_kind(body), body, locate_pointer, side)


def read_exchange(line: bytes) -> dict[str, object] | None:
    """Return the record of an exchange; None if a member `request` or `response` is missing."""
    if b'"request"' not in line or b'"response"' not in line or not is_json(line):
        return None
    value = orjson.loads(line)
    return value if isinstance(value, dict) and {"request", "response"} <= value.keys() else None


def line_locator(line: bytes, number: int, parent: tuple[str, ...]) -> Callable[[str], Position]:
    """Return a function from a pointer below `parent` to a position in a line."""

    def locate_in_line(pointer: str) -> Position:
        if not is_json(line):
            return Position(number, locate(line, "/").column)
        position = position_at(line, find(line, (*parent, *steps_of(pointer))))
        return Position(number, position.column)

    return locate_in_line
