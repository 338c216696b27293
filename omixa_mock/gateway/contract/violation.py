"""Violation of a rule, its text, and abbreviated values in messages.

No message contains an image's base64 or an API key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from omixa_mock.gateway.common import escape
from omixa_mock.gateway.http import BEGINNING, redact

from .rules import Provenance

__all__ = ["KINDS", "Violation", "describe_violations", "dump", "format_value", "pointer"]

Json = Any
VALUE_CHARS_MAX = 60
VIOLATIONS_MAX = 12
POINTER_CHARS_MAX = 120


class Violation(Struct, frozen=True):
    """Broken rule: the path of the value, the rule's id, a message, and the rule's provenance."""

    pointer: str
    rule: str
    message: str
    provenance: Provenance

    @property
    def key(self) -> tuple[str, str]:
        """Return the identity of a violation: path and rule."""
        return self.pointer, self.rule

    def __str__(self) -> str:
        path = escape(redact(self.pointer))
        path = path if len(path) <= POINTER_CHARS_MAX else f"{path[:POINTER_CHARS_MAX]}…"
        return f"{path}: {self.message} [{self.rule}; {self.provenance}]"


def pointer(path: tuple[str | int, ...]) -> str:
    """Return a JSON pointer (RFC 6901 §3), except that the whole document is `/`."""
    return "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path)


def describe_violations(violations: Sequence[Violation]) -> str:
    """Return a message with all violations, one per line."""
    count = len(violations)
    lines = [str(violation) for violation in violations[:VIOLATIONS_MAX]]
    if count > VIOLATIONS_MAX:
        lines.append(f"… and at least {count - VIOLATIONS_MAX} more.")
    if count == 1:
        return f"The request breaks a rule. {lines[0]}"
    return "\n".join([f"The request breaks {count} rules.", *lines])


def format_value(value: Json) -> str:
    """Return a value as abbreviated JSON, without base64 and API keys."""
    if isinstance(value, str) and value[:5].lower() == "data:":
        head, comma, _ = value[:VALUE_CHARS_MAX].partition(",")
        return f'"{escape(redact(head)) if comma else "data:"}{comma}…" ({len(value):,} characters)'
    whole = value if isinstance(value, str) else dump(value)
    text = redact(whole[:BEGINNING])
    if len(text) > VALUE_CHARS_MAX or len(whole) > BEGINNING:
        start = escape(text[:VALUE_CHARS_MAX])
        return f'"{start}…" ({len(whole):,} characters)' if isinstance(value, str) else f"{start}…"
    return escape(dump(text) if isinstance(value, str) else text)


def dump(value: Json) -> str:
    """Return a value as JSON; for a long list or object, its kind and length."""
    if isinstance(value, dict | list) and len(value) > VALUE_CHARS_MAX:
        return f"{KINDS[type(value)]} of {len(value):,}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


KINDS: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
    bool: "a boolean",
    type(None): "null",
}
