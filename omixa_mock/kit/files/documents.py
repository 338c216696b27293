"""The documents in a file: one of JSON, one a line of JSON Lines, several an entry of a HAR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

import orjson

from omixa_mock.kit.validation import guess_kind_of_response

from .har import entries_of, read_har, why_no_har
from .items import NO_BODY, NO_RESPONSE, Advance, Document, Item, Skip, Trouble
from .positions import Position, find, locate, position_at, span, steps_of

__all__ = ["LINE_ENDINGS", "documents_in"]

LINE_ENDINGS = (".jsonl", ".ndjson")
# Far more than ten of the largest images in base64.
LINE_MAX = 256 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """A file's lines one after the other, of which no more than one is in memory.

    Attributes:
        stream: Where they come from.
        number: Of the line that came last, from 1.
    """

    stream: BinaryIO
    number: int = field(default=0)

    def __iter__(self) -> Iterator[bytes | None]:
        """Each line that is not blank; None for one that is too long to be read."""
        while line := self.stream.readline(LINE_MAX):
            self.number += 1
            if len(line) == LINE_MAX and not line.endswith(b"\n"):
                self._pass_over()
                yield None
            elif line.strip():
                yield line

    def _pass_over(self) -> None:
        """Leave out what remains of a line."""
        while (rest := self.stream.readline(LINE_MAX)) and not rest.endswith(b"\n"):
            continue


def documents_in(name: str, stream: BinaryIO, advance: Advance) -> Iterator[Item]:
    """What a file holds, by the ending of its name; what has none that we know, by its first line.

    Args:
        name: The file's name; `-` for standard input.
        stream: Its bytes.
        advance: Told of the bytes that were dealt with.
    """
    name = name.lower()
    if name.endswith(LINE_ENDINGS):
        yield from read_lines(Lines(stream), advance)
    elif name.endswith((".har", ".json")):
        yield from read_whole(stream.read(), advance, must_be_har=name.endswith(".har"))
    else:
        yield from read_unknown(stream, advance)


def read_unknown(stream: BinaryIO, advance: Advance) -> Iterator[Item]:
    """JSON Lines where the first line is whole JSON and more follow; or else one document."""
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
    """Whether a text is one whole JSON value."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def read_whole(text: bytes, advance: Advance, *, must_be_har: bool = False) -> Iterator[Item]:
    """One document, or the entries of a HAR."""
    entries = entries_of(text)
    if entries is not None:
        yield from read_har(text, entries, advance)
        return
    if must_be_har:
        accepted = "accepted: a JSON object with log.entries. Save it again, or rename it."
        yield Trouble(f"this is no HAR: {why_no_har(text)}; {accepted}")
    else:
        yield Document("auto", text, partial(locate, text))
    advance(len(text))


def read_lines(lines: Lines, advance: Advance) -> Iterator[Item]:
    """The documents in the lines that are left."""
    for line in lines:
        yield from read_line(line, lines.number)
        advance(len(line or b""))


def read_line(line: bytes | None, number: int) -> Iterator[Item]:
    """The documents in a line, or the trouble with it."""
    if line is None:
        yield Trouble(f"line {number:,} has more than {LINE_MAX:,} bytes. Split it, or leave it out.")
    else:
        yield from read_record(line, number)


def read_record(line: bytes, number: int) -> Iterator[Item]:
    """The documents in a line: one, or two where it records a whole exchange."""
    record = read_exchange(line)
    if record is None:
        yield Document("auto", line, in_line(line, number, ()))
        return
    for side, absence in SIDES.items():
        yield Skip(absence) if record[side] is None else read_side(line, number, side, record.get("status"))


# What an exchange's record has, and what it is called where it is not there.
SIDES = {"request": NO_BODY, "response": NO_RESPONSE}


def read_side(line: bytes, number: int, side: str, status: object) -> Document:
    """The request or the response in the record of an exchange."""
    start, end = span(line, (side,))
    body, place = line[start:end], in_line(line, number, (side,))
    if side == "request":
        return Document(side, body, place, side)
    if type(status) is int:
        return Document("auto", body, place, side, status)
    return Document(guess_kind_of_response(body), body, place, side)


def read_exchange(line: bytes) -> dict[str, object] | None:
    """The record of an exchange, which has the members `request` and `response`; None of anything else."""
    if b'"request"' not in line or b'"response"' not in line or not is_json(line):
        return None
    value = orjson.loads(line)
    return value if isinstance(value, dict) and {"request", "response"} <= value.keys() else None


def in_line(line: bytes, number: int, above: tuple[str, ...]) -> Callable[[str], Position]:
    """How to find a value in a line."""

    def place(pointer: str) -> Position:
        if not is_json(line):
            return Position(number, locate(line, "/").column)
        found = position_at(line, find(line, (*above, *steps_of(pointer))))
        return Position(number, found.column)

    return place
