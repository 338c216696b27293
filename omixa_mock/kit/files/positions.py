"""Where a value lies in JSON text: from a pointer to a line and a column.

Parsers forget places, so the text is walked once more, along the pointer only,
and only for what has a finding. The text is known to be JSON.
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
# What a container may hold that opens, closes, or hides brackets.
MARK = re.compile(rb'[\[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
SCALAR = re.compile(rb"[^ \t\r\n,\]}]*")
INTERCEPTING = b"[{"

Steps = Sequence[str]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text: line and column, each counted from 1, the column in characters; None where unknown."""

    line: int
    column: int | None = None


def steps_of(pointer: str) -> tuple[str, ...]:
    """The steps of a violation's pointer; none where it means the whole document, or no place in JSON."""
    if not pointer.startswith("/") or pointer == "/":
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def locate(text: bytes, pointer: str) -> Position:
    """Where `text` has what `pointer` names; what is missing is shown at the object that should have it.

    Text that is no JSON is shown at the place where it fails.
    """
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Position(max(error.lineno, 1), max(error.colno, 1))
    return position_at(text, find(text, steps_of(pointer)))


def position_at(text: bytes, offset: int) -> Position:
    """An offset into `text` as line and column."""
    start = text.rfind(b"\n", 0, offset) + 1
    return Position(1 + text.count(b"\n", 0, start), 1 + len(text[start:offset].decode(errors="replace")))


def find(text: bytes, steps: Steps, start: int = 0) -> int:
    """The offset of a member's name or an element, or of the nearest value around it that is there."""
    place = value = skip_space(text, start)
    for step in steps:
        found = child(text, value, step)
        if found is None:
            break
        place, value = found
    return place


def span(text: bytes, steps: Steps) -> tuple[int, int]:
    """Where the value at `steps` begins and ends; it is known to be there."""
    value = skip_space(text, 0)
    for step in steps:
        found = child(text, value, step)
        if found is None:
            raise KeyError(step)
        value = found[1]
    return value, end_of(text, value)


def child(text: bytes, value: int, step: str) -> tuple[int, int] | None:
    """Where a container's child is shown, and where its value begins."""
    if text[value : value + 1] == b"{":
        # Of a name that is there twice the last one counts, as for every parser.
        found = [(at, inner) for name, at, inner in members(text, value) if name == step]
        return found[-1] if found else None
    if text[value : value + 1] == b"[" and step.isdecimal():
        return next(((at, at) for index, at in enumerate(elements(text, value)) if index == int(step)), None)
    return None


def members(text: bytes, value: int) -> Iterator[tuple[str, int, int]]:
    """The members of the object at an offset: name, where the name begins, where the value begins."""
    at = skip_space(text, value + 1)
    while text[at : at + 1] == b'"':
        name_end = end_of(text, at)
        inner = skip_space(text, skip_space(text, name_end) + 1)
        yield json.loads(text[at:name_end]), at, inner
        at = after_comma(text, end_of(text, inner))


def elements(text: bytes, value: int) -> Iterator[int]:
    """Where each element of the array at an offset begins."""
    at = skip_space(text, value + 1)
    while text[at : at + 1] not in {b"]", b""}:
        yield at
        at = after_comma(text, end_of(text, at))


def end_of(text: bytes, value: int) -> int:
    """Where the value at an offset ends."""
    first = text[value : value + 1]
    if first in {b"[", b"{"}:
        return end_of_container(text, value)
    found = (STRING if first == b'"' else SCALAR).match(text, value)
    return found.end() if found else len(text)


def end_of_container(text: bytes, value: int) -> int:
    """Where the array or object at an offset ends."""
    depth = 0
    for mark in MARK.finditer(text, value):
        first = text[mark.start()]
        if first != STRING_QUOTE:
            depth += 1 if first in INTERCEPTING else -1
        if depth == 0:
            return mark.end()
    return len(text)


STRING_QUOTE = ord('"')


def after_comma(text: bytes, at: int) -> int:
    """Where the next element or name begins, or the closing bracket is."""
    at = skip_space(text, at)
    return skip_space(text, at + 1) if text[at : at + 1] == b"," else at


def skip_space(text: bytes, at: int) -> int:
    """The first offset from `at` on that is no white space."""
    found = SPACE.match(text, at)
    return found.end() if found else at
