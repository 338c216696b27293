"""Violation messages: the actual value, the accepted values, and a correction.

There is one message for each keyword of JSON Schema. A value that a message advises breaks no other rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from omixa_mock.gateway.common import nearest

from .breach import CREATED, DATA_URL, SECONDS_MAX, Breach, example_of, format_advice
from .hints import hint_at_field
from .remedies import remedy_of_pattern, remedy_of_type
from .rules import resolve
from .violation import KINDS, dump, format_value

__all__ = ["explain"]

Json = Any
Subpath = tuple[str, ...]
HEADS_BY_BASE64 = {"iVBORw0KGgo": "png", "/9j/": "jpeg", "UklGR": "webp"}
LINK = re.compile(r"https?://", re.IGNORECASE)


def explain(breach: Breach) -> Iterator[tuple[Subpath, str]]:
    """Yield the path below the instance and the message of each violation of a keyword."""
    if breach.keyword in OBJECT_MESSAGES:
        yield from OBJECT_MESSAGES[breach.keyword](breach)
    else:
        yield (), MESSAGES.get(breach.keyword, explain_any)(breach)


def explain_missing(breach: Breach) -> Iterator[tuple[Subpath, str]]:
    """Explain a missing required field."""
    for name in breach.accepted:
        if name not in breach.actual:
            example = example_of(breach.schema.get("properties", {}).get(name, {}), breach.root, name)
            yield (name,), f"this field is required and missing. Add {dump(name)}: {format_advice(example)}."


def explain_unknown(breach: Breach) -> Iterator[tuple[Subpath, str]]:
    """Explain a field that the schema does not list."""
    known = list(breach.schema.get("properties", {}))
    of_request = breach.in_request and not breach.path
    for name in breach.actual:
        if name not in known:
            hint = hint_at_field(name, known, breach.actual, partial(suggest, breach, name), of_request=of_request)
            yield (name,), f"this field is not known here. {hint}"


def suggest(breach: Breach, name: str, suggested: str) -> str:
    """Return the field that was probably meant by `name`; with a value, if it does not accept the actual one."""
    schema = resolve(breach.root, breach.schema["properties"][suggested])
    if breach.is_valid(schema, breach.actual[name]):
        return dump(suggested)
    return f"{dump(suggested)}: {format_advice(example_of(schema, breach.root, suggested))}"


def explain_type(breach: Breach) -> str:
    """Explain a value of a wrong JSON type."""
    actual, schema = breach.actual, breach.schema
    kinds = breach.accepted if isinstance(breach.accepted, list) else [breach.accepted]
    words = [f"{WORDS[kind]}{range_of(schema)}" if kind in NUMBERS else WORDS[kind] for kind in kinds]
    problem = "null is not accepted" if actual is None else f"{format_value(actual)} is {KINDS[type(actual)]}"
    choices = f" ({', '.join(map(dump, schema['enum']))})" if "enum" in schema else ""
    return f"{problem}; accepted: {' or '.join(words)}{choices}. {remedy_of_type(kinds, breach)}"


def explain_enum(breach: Breach) -> str:
    """Explain a value that is not in the enumeration."""
    text = breach.actual if isinstance(breach.actual, str) else dump(breach.actual)
    fitting = [value for value in breach.accepted if breach.fits(value)] or list(breach.accepted)
    texts = [value for value in fitting if isinstance(value, str)]
    near = nearest(text[:100].lower(), texts, cutoff=0.4)
    choices = ", ".join(map(dump, breach.accepted))
    hint = f"Did you mean {dump(near)}?" if near is not None else f"{breach.verb} {dump(fitting[0])}."
    return f"{format_value(breach.actual)} is not accepted; accepted: {choices}. {hint}"


def explain_const(breach: Breach) -> str:
    """Explain a value that differs from the only accepted one."""
    return f"{format_value(breach.actual)} is not accepted; accepted: {dump(breach.accepted)} only."


def explain_range(breach: Breach) -> str:
    """Explain a number that is too small or too large."""
    seconds = to_seconds(breach)
    if seconds is not None:
        unit, value = seconds
        return f"{format_value(breach.actual)} is out of range: that is {unit}; write {value}."
    accepted_range = range_of(breach.schema).removeprefix(" ")
    number = CREATED if breach.schema.get("maximum") == SECONDS_MAX else breach.accepted
    return f"{format_value(breach.actual)} is out of range; accepted: {accepted_range}. {breach.verb} {dump(number)}."


def to_seconds(breach: Breach) -> tuple[str, int] | None:
    """Return the unit of a time that is too large for seconds, and the time in seconds; None for anything else."""
    if breach.schema.get("maximum") != SECONDS_MAX or breach.actual < 0:
        return None
    for factor, unit in UNITS.items():
        if SECONDS_MIN <= breach.actual // factor <= SECONDS_MAX:
            return unit, int(breach.actual // factor)
    return None


# From 2001-09-09 on, seconds have ten digits: fewer are no time of a response.
SECONDS_MIN = 10**9
UNITS = {10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}


def range_of(schema: Json) -> str:
    """Return the accepted range of a number after a space; empty if the schema has none."""
    if "minimum" in schema and "maximum" in schema:
        return f" {schema['minimum']} to {schema['maximum']}"
    return f" {schema['minimum']} or more" if "minimum" in schema else ""


def explain_too_short(breach: Breach) -> str:
    """Explain text that is too short."""
    least = "1 character" if breach.accepted == 1 else f"{breach.accepted:,} characters"
    of_prompt = breach.in_request and breach.path == ("prompt",)
    hint = "Describe what the image should show." if of_prompt else f"{breach.verb} {format_advice(breach.example())}."
    return f"this text is too short; accepted: {least} or more. {hint}"


def explain_too_long(breach: Breach) -> str:
    """Explain text that is too long."""
    return f"this text has {len(breach.actual):,} characters; accepted: at most {breach.accepted:,}. Shorten it."


def explain_pattern(breach: Breach) -> str:
    """Explain text that does not match a pattern."""
    actual = breach.actual
    if not breach.in_request:
        problem = f"{format_value(actual)} has the wrong form; accepted: text that matches {breach.accepted}."
        return f"{problem} {remedy_of_pattern(breach)}"
    if LINK.match(actual):
        return (
            f"{format_value(actual)} is a link; accepted: inline data URLs only, and links are never fetched. "
            f"Send the file's bytes as {DATA_URL}"
        )
    problem = f"{format_value(actual)} is not an image; accepted: {DATA_URL} (or jpeg, webp)."
    kind = next((kind for start, kind in HEADS_BY_BASE64.items() if actual.startswith(start)), "")
    return f"{problem} Put data:image/{kind};base64, before it." if kind else problem


def explain_too_few(breach: Breach) -> str:
    """Explain a list that is too short."""
    left_out = "Leave the field out if there are none."
    hint = left_out if breach.can_be_left_out else f"{breach.verb} {format_advice(breach.example())}."
    return f"this list has {len(breach.actual)} items; accepted: {breach.accepted} or more. {hint}"


def explain_too_many(breach: Breach) -> str:
    """Explain a list that is too long."""
    return f"this list has {len(breach.actual)} items; accepted: at most {breach.accepted}. {breach.verb} fewer."


def explain_not(breach: Breach) -> str:
    """Explain a refused combination; the schema itself has the correction."""
    return str(breach.schema["x-omixa-provenance"]["not"]["repair"])


def explain_any(breach: Breach) -> str:
    """Explain a violation of any other keyword."""
    return f"{format_value(breach.actual)} is not accepted; accepted: {format_value(breach.accepted)}."


NUMBERS = frozenset({"integer", "number"})
WORDS: Mapping[str, str] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "array": "an array",
    "object": "an object",
    "boolean": "true or false",
    "null": "null",
}
MESSAGES: Mapping[str, Callable[[Breach], str]] = {
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
OBJECT_MESSAGES: Mapping[str, Callable[[Breach], Iterator[tuple[Subpath, str]]]] = {
    "required": explain_missing,
    "additionalProperties": explain_unknown,
}
