"""Refusals that repair: what came, what is accepted, how to make it right.

Each keyword of JSON Schema has one sentence here. None of them ever shows a
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

__all__ = ["Violation", "describe_violations", "pointer", "say", "show"]

Json = Any
SHOWN_CHARS = 60
SHOWN_VIOLATIONS = 12
SHOWN_POINTER = 120


class Violation(Struct, frozen=True):
    """One broken rule: where, which, what to do about it, and where the rule comes from."""

    pointer: str
    rule: str
    message: str
    provenance: Provenance

    @property
    def key(self) -> tuple[str, str]:
        """What makes a violation the same as another: place and rule."""
        return self.pointer, self.rule

    def __str__(self) -> str:
        place = redact(self.pointer)
        place = place if len(place) <= SHOWN_POINTER else f"{place[:SHOWN_POINTER]}…"
        return f"{place}: {self.message} [{self.rule}; {self.provenance}]"


def pointer(path: tuple[str | int, ...]) -> str:
    """A JSON pointer (RFC 6901 §3); the whole document is shown as `/`."""
    return "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path)


def describe_violations(violations: Sequence[Violation]) -> str:
    """All violations at once, one a line."""
    count = len(violations)
    lines = [str(violation) for violation in violations[:SHOWN_VIOLATIONS]]
    if count > SHOWN_VIOLATIONS:
        lines.append(f"… and {count - SHOWN_VIOLATIONS} more, or still more.")
    if count == 1:
        return f"The request breaks a rule. {lines[0]}"
    return "\n".join([f"The request breaks {count} rules.", *lines])


def show(value: Json) -> str:
    """A value as JSON, cut short; base64 and keys never."""
    if isinstance(value, str) and value.startswith("data:"):
        head, comma, _ = value[:SHOWN_CHARS].partition(",")
        return f'"{redact(head) if comma else "data:"}{comma}…" ({len(value):,} characters)'
    text = redact(value if isinstance(value, str) else dump(value))
    if len(text) > SHOWN_CHARS:
        cut = text[:SHOWN_CHARS]
        return f'"{cut}…" ({len(text):,} characters)' if isinstance(value, str) else f"{cut}…"
    return dump(text) if isinstance(value, str) else text


def dump(value: Json) -> str:
    """A value as JSON; a long list or object as what it is."""
    if isinstance(value, dict | list) and len(value) > SHOWN_CHARS:
        return f"{KINDS[type(value)]} of {len(value):,}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def say(keyword: str, accepted: Json, came: Json, schema: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where below the instance a keyword was broken, and the sentence that repairs it."""
    if keyword in OBJECT_SENTENCES:
        yield from OBJECT_SENTENCES[keyword](accepted, came, schema)
    else:
        sentence = SENTENCES.get(keyword, say_any)
        yield (), sentence(accepted, came, schema)


def say_missing(accepted: Json, came: Json, schema: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """A required field is not there."""
    for name in accepted:
        if name not in came:
            example = example_of(schema.get("properties", {}).get(name, {}))
            yield (name,), f"this field is required and did not come. Add {dump(name)}: {example}."


def say_unknown(_: Json, came: Json, schema: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """A field that the table does not have."""
    known = list(schema.get("properties", {}))
    for name in came:
        if name not in known:
            yield (name,), f"this field is not known here. {hint_at_field(name, known)}"


def say_type(accepted: Json, came: Json, schema: Json) -> str:
    """A value of another JSON type."""
    kinds = accepted if isinstance(accepted, list) else [accepted]
    wanted = " or ".join(WORDS[kind] for kind in kinds)
    what = "null came" if came is None else f"{show(came)} is {KINDS[type(came)]}"
    choices = f" ({', '.join(map(dump, schema['enum']))})" if "enum" in schema else range_of(schema)
    return f"{what}; accepted: {wanted}{choices}.{hint_at_type(kinds, came, schema)}"


def hint_at_type(kinds: Sequence[str], came: Json, schema: Json) -> str:
    """The value that was probably meant."""
    if came is None:
        return " Leave the field out where there is nothing to say."
    if "object" in kinds and "image_url" in schema.get("properties", {}):
        return ' Send {"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}.'
    if "integer" in kinds and isinstance(came, str) and came.strip().isascii() and came.strip().isdigit():
        return f" Send {came.strip()[:20]} without quotes."
    if "array" in kinds and not isinstance(came, list):
        return " Put it into a list: […]."
    return ""


def say_enum(accepted: Json, came: Json, _: Json) -> str:
    """A value that is not in the table."""
    text = came if isinstance(came, str) else dump(came)
    near = nearest(text[:100].lower(), map(str, accepted), cutoff=0.4)
    choices = ", ".join(dump(each) for each in accepted)
    hint = f" Did you mean {dump(near)}?" if near is not None else f" Send {dump(accepted[0])}."
    return f"{show(came)} is not accepted; accepted: {choices}.{hint}"


def say_const(accepted: Json, came: Json, _: Json) -> str:
    """A value where only one is accepted."""
    return f"{show(came)} is not accepted; accepted: {dump(accepted)} only."


def say_range(accepted: Json, came: Json, schema: Json) -> str:
    """A number that is too small or too large."""
    return f"{show(came)} is out of range; accepted: {range_of(schema).removeprefix(' ')}. Send {dump(accepted)}."


def range_of(schema: Json) -> str:
    """The range that a schema gives for a number, with a space before it, or nothing."""
    if "minimum" in schema and "maximum" in schema:
        return f" {schema['minimum']} to {schema['maximum']}"
    return f" {schema['minimum']} or more" if "minimum" in schema else ""


def say_short(accepted: Json, _: Json, __: Json) -> str:
    """Text that is too short."""
    least = "1 character" if accepted == 1 else f"{accepted:,} characters"
    return f"this text is too short; accepted: {least} or more. Say what the image should show."


def say_long(accepted: Json, came: Json, _: Json) -> str:
    """Text that is too long."""
    return f"this text has {len(came):,} characters; accepted: at most {accepted:,}. Shorten it."


def say_pattern(accepted: Json, came: Json, _: Json) -> str:
    """Text of another form."""
    if "data:image" not in accepted:
        return f"{show(came)} has the wrong form; accepted: text that matches {accepted}."
    if came.startswith(("http://", "https://")):
        return (
            f"{show(came)} is a link; accepted: inline data URLs only, and links are never fetched. "
            "Send the file's bytes as data:image/png;base64,…"
        )
    return f"{show(came)} is no image; accepted: data:image/png;base64,… (or jpeg, webp)."


def say_few(accepted: Json, came: Json, _: Json) -> str:
    """A list that is too short."""
    return f"this list has {len(came)} items; accepted: {accepted} or more. Leave the field out where there are none."


def say_many(accepted: Json, came: Json, _: Json) -> str:
    """A list that is too long."""
    return f"this list has {len(came)} items; accepted: at most {accepted}. Send fewer."


def say_not(_: Json, __: Json, schema: Json) -> str:
    """A combination that is refused as a whole; the schema itself says how to make it right."""
    return str(schema["x-omixa-provenance"]["not"]["repair"])


def say_any(accepted: Json, came: Json, _: Json) -> str:
    """Whatever else a schema may ask for."""
    return f"{show(came)} is not accepted; accepted: {show(accepted)}."


def example_of(schema: Json) -> str:
    """A value that a field accepts."""
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
SENTENCES: Mapping[str, Callable[[Json, Json, Json], str]] = {
    "type": say_type,
    "enum": say_enum,
    "const": say_const,
    "minimum": say_range,
    "maximum": say_range,
    "minLength": say_short,
    "maxLength": say_long,
    "pattern": say_pattern,
    "minItems": say_few,
    "maxItems": say_many,
    "not": say_not,
}
OBJECT_SENTENCES: Mapping[str, Callable[[Json, Json, Json], Iterator[tuple[tuple[str, ...], str]]]] = {
    "required": say_missing,
    "additionalProperties": say_unknown,
}
