"""Request body parsing, with error messages that name the position of a mistake.

Refused although the documentation does not mention it (assumed; the status is `malformed_status`):
text that is not JSON, NaN and infinities, duplicate names, nesting beyond `nesting_max`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from omixa_mock.gateway.contract import ParsedBody, Settings
from omixa_mock.gateway.http import LONG, Body, Problem, parse_json, redact

__all__ = ["build_parsed_body", "count_names", "parse_body", "refuse_length"]

# Each name of an object ends in a quote and a colon; text inside strings may do so as well.
NAME_END = re.compile(rb'"\s*:')
SPACES = re.compile(rb"\s")
SAMPLE = 'Send one JSON object, for instance {"model": "gpt-image-1.5", "prompt": "a cat"}.'
# RFC 1952 §2.3.1: the first two bytes of a gzip file.
GZIP = b"\x1f\x8b"
NOT_A_NUMBER = re.compile(r"-?(?:NaN|Infinity)")


def refuse_length(length: int | None, settings: Settings) -> None:
    """Refuse a body longer than `body_max` (assumed: 64 MiB, 413)."""
    if length is not None and length > settings.body_max:
        raise too_large(f"the request announces {length:,} bytes", settings)


def too_large(reason: str, settings: Settings) -> Problem:
    """Return a 413 that names the limit."""
    return Problem(
        "payload_too_large",
        f"The body is too large: {reason}; accepted: at most {settings.body_max:,} bytes. "
        "Send smaller or fewer input images, or raise the setting body_max.",
        rules=("gateway.body.size",),
    )


def build_parsed_body(body: Body | None, settings: Settings) -> ParsedBody:
    """Parse a body, and keep it with its JSON object.

    Raises:
        Problem: `payload_too_large` for None; otherwise as `parse_body`.
    """
    if body is None:
        raise too_large("more than the limit was sent", settings)
    return ParsedBody(body, parse_body(body, settings))


def parse_body(body: Body, settings: Settings) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises:
        Problem: `invalid_request` unless the body is one well-formed object without
            duplicate names, nested at most `nesting_max` deep.
    """
    if len(body) > PARTS_MAX:
        refuse_many_parts(body, settings)
    try:
        value = parse_json(body)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("depth limit"):
            raise too_deep(settings) from None
        raise malformed(describe_bad_json(body, error), settings) from None
    if not isinstance(value, dict):
        raise Problem(
            "invalid_request", f"The body is {NAMES[type(value)]}, not an object. {SAMPLE}", rules=("request.type",)
        )
    names = count_names(value, settings)
    # A colon follows each name in the text: with no more colons than names, no name occurs twice.
    if count_byte(body, b":") != names and count_name_ends(body) != names:
        refuse_duplicates(body, settings)
    return value


def refuse_many_parts(body: Body, settings: Settings) -> None:
    """Refuse a body with more lists, objects and fields than any valid request has.

    Validating them would block other requests.
    """
    parts = count_byte(body, b"[") + count_byte(body, b"{") + count_byte(body, b":")
    if parts > PARTS_MAX:
        raise malformed(f"it has more than {PARTS_MAX:,} lists, objects and fields", settings, "parts")


def count_byte(body: Body, byte: bytes) -> int:
    """Return the number of occurrences of a byte in a body, counted at least up to `PARTS_MAX`."""
    if len(body) < LONG:
        return body.count(byte)
    return sum(1 for _ in islice(find_positions(byte, body), PARTS_MAX + 1))


def find_positions(byte: bytes, body: Body) -> Iterator[int]:
    """Yield the positions of a byte in a body.

    In a body that is mostly base64, searching for the next occurrence is faster than counting.
    """
    position = body.find(byte)
    while position >= 0:
        yield position
        position = body.find(byte, position + 1)


def count_name_ends(body: Body) -> int:
    """Return the number of places where a colon follows a quote, those within strings included."""
    if len(body) < LONG:
        return len(NAME_END.findall(body))
    before = bytes(body[position - 1] for position in find_positions(b":", body))
    return len(NAME_END.findall(body)) if SPACES.search(before) else before.count(b'"')


PARTS_MAX = 100_000
NAMES: Mapping[type, str] = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


def malformed(reason: str, settings: Settings, rule: str = "malformed") -> Problem:
    """Return the refusal of a body that is not a well-formed request."""
    return Problem(
        "invalid_request",
        f"The body cannot be read: {reason}. {SAMPLE}",
        rules=(f"gateway.body.{rule}",),
        status=settings.malformed_status,
    )


def describe_bad_json(body: Body, error: orjson.JSONDecodeError) -> str:
    """Explain why a body is not JSON, with the position."""
    if not body.strip():
        return "it is empty"
    if body.startswith(GZIP):
        return "it is compressed (gzip). Send it as it is, without Content-Encoding"
    try:
        body.decode()
    except UnicodeDecodeError as bad:
        return f"it is not UTF-8 (byte 0x{body[bad.start]:02x} at position {bad.start})"
    reason = error.msg.partition(": line")[0]
    if reason.startswith("number is infinity"):
        reason = "a number beyond all bounds"
    word = NOT_A_NUMBER.match(error.doc, error.pos)
    if word:
        reason = f"{word.group()} is not a JSON value"
    return f"it is not JSON ({reason}: line {error.lineno}, column {error.colno})"


def count_names(value: dict[str, Any], settings: Settings) -> int:
    """Return the total number of names in the objects within `value`; refuse nesting beyond `nesting_max`."""
    names = len(value)
    level: list[Any] = [child for child in value.values() if type(child) in CONTAINERS]
    for _ in range(settings.nesting_max - 1):
        if not level:
            return names
        names += sum(len(node) for node in level if type(node) is dict)
        level = [child for node in level for child in children(node) if type(child) in CONTAINERS]
    if level:
        raise too_deep(settings)
    return names


def children(node: Any) -> Iterable[Any]:
    """Return the values of a list or an object."""
    return node.values() if type(node) is dict else node


def too_deep(settings: Settings) -> Problem:
    """Return the refusal of a body that nests too deeply."""
    return malformed(f"it nests deeper than {settings.nesting_max} levels", settings, "nesting")


CONTAINERS = (dict, list)


def refuse_duplicates(body: Body, settings: Settings) -> None:
    """Refuse a name that occurs twice in one object, which JSON parsers accept silently (RFC 8259 §4)."""

    def refuse(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise malformed(
                    f"the name {redact(name)[:80]!r} occurs twice in one object", settings, "duplicate-names"
                )
            seen.add(name)

    json.loads(body, object_pairs_hook=refuse)
