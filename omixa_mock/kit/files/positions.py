"""Resolution of JSON pointers to line and column in JSON text.

Parsers do not keep positions. Only for a finding, the text is therefore scanned
again along the pointer. The text is known to be JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

__all__ = ["Position", "elements", "find", "locate", "position_at", "span", "steps_of"]

SPACE = re.compile(rb"[ \t\r\n]*")
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# Brackets, and strings, which may contain brackets.
TOKEN = re.compile(rb'[\[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
SCALAR = re.compile(rb"[^ \t\r\n,\]}]*")
OPENING_BRACKETS = b"[{"

Steps = Sequence[str]


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column in a text, from 1; the column in characters, None if unknown."""

    line: int
    column: int | None = None


def steps_of(pointer: str) -> tuple[str, ...]:
    """Return the steps of a violation's pointer; empty for the whole document or a part outside JSON."""
    if not pointer.startswith("/") or pointer == "/":
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def locate(text: bytes, pointer: str) -> Position:
    """Return the position of a pointer's target; of a missing member, the position of its parent.

    For text that is not JSON, return the position of the parsing error.
    """
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Position(max(error.lineno, 1), max(error.colno, 1))
    return position_at(text, find(text, steps_of(pointer)))


def position_at(text: bytes, offset: int) -> Position:
    """Return the line and column of an offset into `text`."""
    start = text.rfind(b"\n", 0, offset) + 1
    return Position(1 + text.count(b"\n", 0, start), 1 + len(text[start:offset].decode(errors="replace")))


def find(text: bytes, steps: Steps, start: int = 0) -> int:
    """Return the offset of a member's name or an element, or of its nearest existing ancestor."""
    position = value = skip_space(text, start)
    for step in steps:
        found = child(text, value, step)
        if found is None:
            break
        position, value = found
    return position


def span(text: bytes, steps: Steps) -> tuple[int, int]:
    """Return start and end of the value at `steps`.

    Raises:
        KeyError: There is no such value.
    """
    value = skip_space(text, 0)
    for step in steps:
        found = child(text, value, step)
        if found is None:
            raise KeyError(step)
        value = found[1]
    return value, end_of(text, value)


def child(text: bytes, value: int, step: str) -> tuple[int, int] | None:
    """Return the offsets of a child's position and of its value; None if it does not exist."""
    if text[value : value + 1] == b"{":
        # Of a repeated name the last one counts, as in every parser.
        offsets = [(start, child_value) for name, start, child_value in members(text, value) if name == step]
        return offsets[-1] if offsets else None
    if text[value : value + 1] == b"[" and step.isdecimal():
        starts = enumerate(elements(text, value))
        return next(((start, start) for index, start in starts if index == int(step)), None)
    return None


def members(text: bytes, value: int) -> Iterator[tuple[str, int, int]]:
    """Yield the members of the object at an offset: name, offset of the name, offset of the value."""
    start = skip_space(text, value + 1)
    while text[start : start + 1] == b'"':
        name_end = end_of(text, start)
        child_value = skip_space(text, skip_space(text, name_end) + 1)
        yield json.loads(text[start:name_end]), start, child_value
        start = skip_comma(text, end_of(text, child_value))


def elements(text: bytes, value: int) -> Iterator[int]:
    """Yield the offset of each element of the array at an offset."""
    start = skip_space(text, value + 1)
    while text[start : start + 1] not in {b"]", b""}:
        yield start
        start = skip_comma(text, end_of(text, start))


def end_of(text: bytes, value: int) -> int:
    """Return the end of the value at an offset."""
    first = text[value : value + 1]
    if first in {b"[", b"{"}:
        return end_of_container(text, value)
    match = (STRING if first == b'"' else SCALAR).match(text, value)
    return match.end() if match else len(text)


def end_of_container(text: bytes, value: int) -> int:
    """Return the end of the array or object at an offset."""
    depth = 0
    for token in TOKEN.finditer(text, value):
        first = text[token.start()]
        if first != STRING_QUOTE:
            depth += 1 if first in OPENING_BRACKETS else -1
        if depth == 0:
            return token.end()
    return len(text)


STRING_QUOTE = ord('"')


def skip_comma(text: bytes, offset: int) -> int:
    """Return the offset of the next element, name or closing bracket."""
    offset = skip_space(text, offset)
    return skip_space(text, offset + 1) if text[offset : offset + 1] == b"," else offset


def skip_space(text: bytes, offset: int) -> int:
    """Return the first offset, from `offset` on, without white space."""
    match = SPACE.match(text, offset)
    return match.end() if match else offset
