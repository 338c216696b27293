"""JSON objects on a page: plain, or in the source code of a program."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

__all__ = ["find_samples"]

Json = Any
# The beginning of an object: of JSON, a string literal (\"), a C# literal (""), or a Python dictionary (').
OPENING: Final = re.compile(r'"?\{(?:\s|\\[nrt])*(?:\\"|""(?!")|"|\')')
DECODER: Final = json.JSONDecoder(strict=False)
# The maximum length of an object that is not plain JSON.
SOURCE_MAX: Final = 8_000
# The maximum number of texts that look like JSON and are not.
UNREADABLE_MAX: Final = 200
DEPTH_MAX: Final = 20
Read = tuple[Json, int]


def find_samples(text: str) -> tuple[list[Json], int]:
    """Return the outermost JSON objects on a page, and the number of requests that are no valid JSON."""
    found = list(objects(text))
    return [value for value in found if value is not None], found.count(None)


def objects(text: str) -> Iterator[Json | None]:
    """Yield each object, and None for each text that looks like a request and is no JSON."""
    at, left = 0, UNREADABLE_MAX
    while left and (opening := OPENING.search(text, at)):
        read = next(filter(None, (reader(text, opening.start()) for reader in READERS)), None)
        if read is not None:
            yield read[0]
        elif re.match(r'["\s\\nrt{\']*model["\s\\\']*:', text[opening.start() : opening.start() + 200]):
            yield None
        left -= read is None
        at = read[1] if read is not None else opening.end()


def read_plain(text: str, start: int) -> Read | None:
    """Parse plain JSON."""
    try:
        value, end = DECODER.raw_decode(text, text.index("{", start))
    except (ValueError, RecursionError):
        return None
    return value, end


def read_literal(text: str, start: int) -> Read | None:
    r"""Parse JSON in a string literal such as "{\"n\": 1}"."""
    if text[start] != '"':
        return None
    try:
        inner, end = DECODER.raw_decode(text, start)
        return json.loads(inner), end
    except (ValueError, RecursionError):
        return None


def read_doubled(text: str, start: int) -> Read | None:
    """Parse JSON in a C# literal, in which each quote is doubled."""
    begin = text.index("{", start)
    end = text.find('}"', begin, begin + SOURCE_MAX) + 1
    if not re.match(r'\{\s*""', text[begin : begin + 200]) or not end:
        return None
    read = read_plain(text[begin:end].replace('""', '"'), 0)
    return (read[0], end) if read else None


def read_python(text: str, start: int) -> Read | None:
    """Parse a Python dictionary: single quotes, True and None, trailing commas."""
    begin = text.index("{", start)
    end = end_of_braces(text, begin)
    try:
        value = ast.literal_eval(text[begin:end]) if end else None
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return (value, end) if isinstance(value, dict) else None


def end_of_braces(text: str, begin: int) -> int:
    """Return the end of the object that begins at `begin`, ignoring quoted braces; 0 if it is not near."""
    depth = 0
    for mark in re.finditer(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|[{}]", text[begin : begin + SOURCE_MAX]):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth in {0, DEPTH_MAX}:
            return begin + mark.end() if depth == 0 else 0
    return 0


READERS: Final[tuple[Callable[[str, int], Read | None], ...]] = (read_plain, read_literal, read_doubled, read_python)
