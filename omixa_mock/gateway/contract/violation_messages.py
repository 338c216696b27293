"""Violation messages: the actual value, the accepted values, and a correction.

There is one message for each keyword of JSON Schema. No message contains an
image's base64 or an API key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import redact

from .hints import hint_at_field
from .rules import Provenance

__all__ = ["Violation", "describe_violations", "explain", "format_value", "pointer"]

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
        path = redact(self.pointer)
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
    if isinstance(value, str) and value.startswith("data:"):
        head, comma, _ = value[:VALUE_CHARS_MAX].partition(",")
        return f'"{redact(head) if comma else "data:"}{comma}…" ({len(value):,} characters)'
    text = redact(value if isinstance(value, str) else dump(value))
    if len(text) > VALUE_CHARS_MAX:
        start = text[:VALUE_CHARS_MAX]
        return f'"{start}…" ({len(text):,} characters)' if isinstance(value, str) else f"{start}…"
    return dump(text) if isinstance(value, str) else text


def dump(value: Json) -> str:
    """Return a value as JSON; for a long list or object, its kind and length."""
    if isinstance(value, dict | list) and len(value) > VALUE_CHARS_MAX:
        return f"{KINDS[type(value)]} of {len(value):,}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def explain(keyword: str, accepted: Json, actual: Json, schema: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path below the instance and the message of each violation of a keyword."""
    if keyword in OBJECT_MESSAGES:
        yield from OBJECT_MESSAGES[keyword](accepted, actual, schema)
    else:
        explain_keyword = MESSAGES.get(keyword, explain_any)
        yield (), explain_keyword(accepted, actual, schema)


def explain_missing(accepted: Json, actual: Json, schema: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """Explain a missing required field."""
    for name in accepted:
        if name not in actual:
            example = example_of(schema.get("properties", {}).get(name, {}))
            yield (name,), f"this field is required and missing. Add {dump(name)}: {example}."


def explain_unknown(_: Json, actual: Json, schema: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """Explain a field that the model's table does not have."""
    known = list(schema.get("properties", {}))
    for name in actual:
        if name not in known:
            yield (name,), f"this field is not known here. {hint_at_field(name, known)}"


def explain_type(accepted: Json, actual: Json, schema: Json) -> str:
    """Explain a value of a wrong JSON type."""
    kinds = accepted if isinstance(accepted, list) else [accepted]
    expected = " or ".join(WORDS[kind] for kind in kinds)
    problem = "null is not accepted" if actual is None else f"{format_value(actual)} is {KINDS[type(actual)]}"
    choices = f" ({', '.join(map(dump, schema['enum']))})" if "enum" in schema else range_of(schema)
    return f"{problem}; accepted: {expected}{choices}.{hint_at_type(kinds, actual, schema)}"


def hint_at_type(kinds: Sequence[str], actual: Json, schema: Json) -> str:
    """Return a sentence that suggests the probably intended value; empty if there is none."""
    if actual is None:
        return " Leave the field out if it has no value."
    if "object" in kinds and "image_url" in schema.get("properties", {}):
        return ' Send {"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}.'
    if "integer" in kinds and isinstance(actual, str) and actual.strip().isascii() and actual.strip().isdigit():
        return f" Send {actual.strip()[:20]} without quotes."
    if "array" in kinds and not isinstance(actual, list):
        return " Put it into a list: […]."
    return ""


def explain_enum(accepted: Json, actual: Json, _: Json) -> str:
    """Explain a value that is not in the enumeration."""
    text = actual if isinstance(actual, str) else dump(actual)
    near = nearest(text[:100].lower(), map(str, accepted), cutoff=0.4)
    choices = ", ".join(map(dump, accepted))
    hint = f" Did you mean {dump(near)}?" if near is not None else f" Send {dump(accepted[0])}."
    return f"{format_value(actual)} is not accepted; accepted: {choices}.{hint}"


def explain_const(accepted: Json, actual: Json, _: Json) -> str:
    """Explain a value that differs from the only accepted one."""
    return f"{format_value(actual)} is not accepted; accepted: {dump(accepted)} only."


def explain_range(accepted: Json, actual: Json, schema: Json) -> str:
    """Explain a number that is too small or too large."""
    accepted_range = range_of(schema).removeprefix(" ")
    return f"{format_value(actual)} is out of range; accepted: {accepted_range}. Send {dump(accepted)}."


def range_of(schema: Json) -> str:
    """Return the accepted range of a number after a space; empty if the schema has none."""
    if "minimum" in schema and "maximum" in schema:
        return f" {schema['minimum']} to {schema['maximum']}"
    return f" {schema['minimum']} or more" if "minimum" in schema else ""


def explain_too_short(accepted: Json, _: Json, __: Json) -> str:
    """Explain text that is too short."""
    least = "1 character" if accepted == 1 else f"{accepted:,} characters"
    return f"this text is too short; accepted: {least} or more. Describe what the image should show."


def explain_too_long(accepted: Json, actual: Json, _: Json) -> str:
    """Explain text that is too long."""
    return f"this text has {len(actual):,} characters; accepted: at most {accepted:,}. Shorten it."


def explain_pattern(accepted: Json, actual: Json, _: Json) -> str:
    """Explain text that does not match a pattern."""
    if "data:image" not in accepted:
        return f"{format_value(actual)} has the wrong form; accepted: text that matches {accepted}."
    if actual.startswith(("http://", "https://")):
        return (
            f"{format_value(actual)} is a link; accepted: inline data URLs only, and links are never fetched. "
            "Send the file's bytes as data:image/png;base64,…"
        )
    return f"{format_value(actual)} is not an image; accepted: data:image/png;base64,… (or jpeg, webp)."


def explain_too_few(accepted: Json, actual: Json, _: Json) -> str:
    """Explain a list that is too short."""
    return f"this list has {len(actual)} items; accepted: {accepted} or more. Leave the field out if there are none."


def explain_too_many(accepted: Json, actual: Json, _: Json) -> str:
    """Explain a list that is too long."""
    return f"this list has {len(actual)} items; accepted: at most {accepted}. Send fewer."


def explain_not(_: Json, __: Json, schema: Json) -> str:
    """Explain a refused combination; the schema itself has the correction."""
    return str(schema["x-omixa-provenance"]["not"]["repair"])


def explain_any(accepted: Json, actual: Json, _: Json) -> str:
    """Explain a violation of any other keyword."""
    return f"{format_value(actual)} is not accepted; accepted: {format_value(accepted)}."


def example_of(schema: Json) -> str:
    """Return an example of an accepted value."""
    if "enum" in schema or "const" in schema:
        return dump(schema.get("const", schema.get("enum", [""])[0]))
    return EXAMPLES.get(str(schema.get("type")), "…")


WORDS: Mapping[str, str] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "array": "an array",
    "object": "an object",
    "boolean": "true or false",
    "null": "null",
}
KINDS: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
    bool: "a boolean",
    type(None): "null",
}
EXAMPLES: Mapping[str, str] = {"string": '"a cat"', "integer": "1", "array": "[…]", "object": "{…}"}
MESSAGES: Mapping[str, Callable[[Json, Json, Json], str]] = {
    "type": explain_type,
    "enum": explain_enum,
    "const": explain_const,
    "minimum": explain_range,
    "maximum": explain_range,
    "minLength": explain_too_short,
    "maxLength": explain_too_long,
    "pattern": explain_pattern,
    "minItems": explain_too_few,
    "maxItems": explain_too_many,
    "not": explain_not,
}
OBJECT_MESSAGES: Mapping[str, Callable[[Json, Json, Json], Iterator[tuple[tuple[str, ...], str]]]] = {
    "required": explain_missing,
    "additionalProperties": explain_unknown,
}
