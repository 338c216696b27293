"""JSON values as they are handed out: copies that may be changed, copies without images and keys, outlines."""

from __future__ import annotations

from typing import Any

from .api_keys import redact

__all__ = ["copy_json", "outline", "without_images"]


Json = Any


def copy_json(value: Json) -> Json:
    """A JSON value that whoever asked for it may change."""
    if isinstance(value, dict):
        return {name: copy_json(child) for name, child in value.items()}
    return [copy_json(child) for child in value] if isinstance(value, list) else value


# Longer text is cut in the journal's JSON: the commonest is an image's base64 in a place of its own.
TEXT_MAX = 1000


def without_images(value: Json) -> Json:
    """A JSON value with its data URLs cut to their heads and its keys redacted."""
    if isinstance(value, dict):
        return {redact(name): without_images(child) for name, child in value.items()}
    if isinstance(value, list):
        return [without_images(child) for child in value]
    if isinstance(value, str):
        # Not by `partition`: it copies the image.
        comma = value.find(",") if value.startswith("data:") else -1
        head = value[:comma] if comma >= 0 else value
        told = redact(head)
        if len(told) > TEXT_MAX:
            told = f"{told[:TEXT_MAX]}… ({len(head):,} characters)"
        return f"{told},… ({len(value) - comma - 1:,} characters)" if comma >= 0 else told
    return value


# What a field may weigh in an outline; ten data URLs cut to their heads are a fifth of it.
FIELD_MAX = 10_000
NAMES_MAX = 1000
TOO_LARGE = "… (too large to be kept)"


def outline(value: dict[str, Json]) -> dict[str, Json]:
    """A JSON object without images and keys, whose fields that are large all the same are told by their kind."""
    fields = list(without_images(value).items())[:NAMES_MAX]
    return {name[:TEXT_MAX]: child if weigh(child) <= FIELD_MAX else TOO_LARGE for name, child in fields}


def weigh(value: Json) -> int:
    """About how many characters a JSON value has."""
    if isinstance(value, dict):
        return 8 + sum(len(name) + weigh(child) for name, child in value.items())
    if isinstance(value, list):
        return 8 + sum(map(weigh, value))
    return len(value) if isinstance(value, str) else 8
