"""Placeholders of recordings: what stands in place of an image, a prompt or a key that was left out.

`omixa-mock proxy --record` writes them; what a placeholder stands for cannot be validated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

__all__ = [
    "ELIDED_IMAGE",
    "ELIDED_KEY",
    "ELIDED_TEXT",
    "LINK_FACT",
    "elided_pointers",
    "elision",
    "is_distinct",
    "is_link",
    "kind_of_elision",
]

Json = Any
ELIDED_IMAGE, ELIDED_TEXT, ELIDED_KEY = KINDS = "image", "text", "key"
BEGIN = "<not recorded: "
LINK_FACT = "a link"
# Facts by which equal texts are known.
IDENTITY = re.compile(r", (?:number \d+|sha256 [0-9a-f]+)")
PLACEHOLDER = re.compile(rf"<not recorded: ({'|'.join(KINDS)})[^<>]*>")


def elision(kind: str, *facts: str) -> str:
    """Return the placeholder of a value of a kind, with facts about it."""
    return f"{BEGIN}{', '.join((kind, *facts))}>"


def kind_of_elision(value: Json) -> str:
    """Return the kind of the value that a placeholder stands for; empty for any other value."""
    found = PLACEHOLDER.search(value) if isinstance(value, str) else None
    return found[1] if found else ""


def is_link(value: Json) -> bool:
    """Return True if a value is a link, or a placeholder of one."""
    if not isinstance(value, str):
        return False
    return LINK_FACT in value if kind_of_elision(value) else value.lower().startswith(("http://", "https://"))


def is_distinct(value: Json) -> bool:
    """Return True if equal values are equal texts: no placeholder in it stands for any text."""
    if isinstance(value, dict):
        return all(map(is_distinct, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(is_distinct, value))
    return not kind_of_elision(value) or IDENTITY.search(value) is not None


def elided_pointers(body: bytes) -> dict[str, str]:
    """Return the kind of each placeholder in a JSON text, by its pointer."""
    if BEGIN.encode() not in body:
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return dict(find_placeholders(value, ""))


def find_placeholders(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield pointer and kind of each placeholder in a value."""
    if isinstance(value, dict):
        for name, member in value.items():
            escaped = name.replace("~", "~0").replace("/", "~1")
            yield from find_placeholders(member, f"{pointer}/{escaped}")
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from find_placeholders(element, f"{pointer}/{index}")
    elif kind := kind_of_elision(value):
        yield pointer or "/", kind
