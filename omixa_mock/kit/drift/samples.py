"""The JSON on a page: printed as it is, or within the source of a program."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

__all__ = ["find_samples"]

Json = Any
# Where an object may begin: as JSON; in a string literal (\"); in one of C# (""); as a Python dictionary (').
INTERCEPTING: Final = re.compile(r'"?\{(?:\s|\\[nrt])*(?:\\"|""(?!")|"|\')')
DECODER: Final = json.JSONDecoder(strict=False)
# How far the end of what is no plain JSON is looked for.
SOURCE_MAX: Final = 8_000
# How many things may look like JSON and be none, before no more is looked for.
FAILURES_MAX: Final = 200
DEPTH_MAX: Final = 20
Read = tuple[Json, int]


def find_samples(text: str) -> tuple[list[Json], int]:
    """The JSON objects on a page that stand in no other; and how many begin like a request, and cannot be read."""
    found = list(objects(text))
    return [value for value in found if value is not None], found.count(None)


def objects(text: str) -> Iterator[Json | None]:
    """Each object; None for what looks like a request, and is no JSON."""
    at, left = 0, FAILURES_MAX
    while left and (opening := INTERCEPTING.search(text, at)):
        read = next(filter(None, (reader(text, opening.start()) for reader in READERS)), None)
        if read is not None:
            yield read[0]
        elif re.match(r'["\s\\nrt{\']*model["\s\\\']*:', text[opening.start() : opening.start() + 200]):
            yield None
        left -= read is None
        at = read[1] if read is not None else opening.end()


def read_plain(text: str, start: int) -> Read | None:
    """JSON as it is."""
    try:
        value, end = DECODER.raw_decode(text, text.index("{", start))
    except (ValueError, RecursionError):
        return None
    return value, end


def read_literal(text: str, start: int) -> Read | None:
    r"""JSON within a string literal such as "{\"n\": 1}"."""
    if text[start] != '"':
        return None
    try:
        inner, end = DECODER.raw_decode(text, start)
        return json.loads(inner), end
    except (ValueError, RecursionError):
        return None


def read_doubled(text: str, start: int) -> Read | None:
    """JSON within a C# literal, where each quote is written twice."""
    begin = text.index("{", start)
    end = text.find('}"', begin, begin + SOURCE_MAX) + 1
    if not re.match(r'\{\s*""', text[begin : begin + 200]) or not end:
        return None
    read = read_plain(text[begin:end].replace('""', '"'), 0)
    return (read[0], end) if read else None


def read_python(text: str, start: int) -> Read | None:
    """A Python dictionary: single quotes, True and None, a comma at the end."""
    begin = text.index("{", start)
    end = end_of_braces(text, begin)
    try:
        value = ast.literal_eval(text[begin:end]) if end else None
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return (value, end) if isinstance(value, dict) else None


def end_of_braces(text: str, begin: int) -> int:
    """Where the brace that opens at `begin` is closed, braces within quotes aside; 0 if nowhere near."""
    depth = 0
    for mark in re.finditer(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|[{}]", text[begin : begin + SOURCE_MAX]):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth in {0, DEPTH_MAX}:
            return begin + mark.end() if depth == 0 else 0
    return 0


READERS: Final[tuple[Callable[[str, int], Read | None], ...]] = (read_plain, read_literal, read_doubled, read_python)
