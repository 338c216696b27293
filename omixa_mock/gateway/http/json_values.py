"""Copies of JSON values: deep copies, and redacted or abridged copies for the journal."""

from __future__ import annotations

from typing import Any

from .redaction import BEGINNING, redact

__all__ = ["copy_json", "outline", "redact_json", "without_images"]


Json = Any


def copy_json(value: Json) -> Json:
    """Return a deep copy of a JSON value."""
    if isinstance(value, dict):
        return {name: copy_json(child) for name, child in value.items()}
    return [copy_json(child) for child in value] if isinstance(value, list) else value


def redact_json(value: Json) -> Json:
    """Return a copy of a JSON value with its API keys redacted, and with its images."""
    if isinstance(value, dict):
        return {redact(name): redact_json(child) for name, child in value.items()}
    if isinstance(value, list):
        return [redact_json(child) for child in value]
    return redact(value) if isinstance(value, str) else value


# Longer text is cut in the journal's JSON. Most often it is an image's base64 outside a data URL.
TEXT_MAX = 1000


def without_images(value: Json) -> Json:
    """Return a copy of a JSON value with its data URLs cut to their heads and its API keys redacted."""
    if isinstance(value, dict):
        return {redact(name): without_images(child) for name, child in value.items()}
    if isinstance(value, list):
        return [without_images(child) for child in value]
    if isinstance(value, str):
        # `partition` would copy the image.
        comma = value.find(",") if value[:5].lower() == "data:" else -1
        head = value[:comma] if comma >= 0 else value
        text = redact(head[:BEGINNING])
        if len(text) > TEXT_MAX or len(head) > BEGINNING:
            text = f"{text[:TEXT_MAX]}… ({len(head):,} characters)"
        return f"{text},… ({len(value) - comma - 1:,} characters)" if comma >= 0 else text
    return value


# The maximum size of a field in an outline; ten data URLs cut to their heads are a fifth of it.
FIELD_MAX = 10_000
NAMES_MAX = 1000
TOO_LARGE = "… (too large to be kept)"


def outline(value: dict[str, Json]) -> dict[str, Json]:
    """Return a copy of a JSON object without images and API keys, and with a note in place of large fields."""
    fields = list(without_images(value).items())[:NAMES_MAX]
    return {name[:TEXT_MAX]: child if weigh(child) <= FIELD_MAX else TOO_LARGE for name, child in fields}


def weigh(value: Json) -> int:
    """Return the approximate number of characters of a JSON value."""
    if isinstance(value, dict):
        return 8 + sum(len(name) + weigh(child) for name, child in value.items())
    if isinstance(value, list):
        return 8 + sum(map(weigh, value))
    return len(value) if isinstance(value, str) else 8
