"""JSON values as they are handed out: copies that may be changed, and copies without pictures and keys."""

from __future__ import annotations

from typing import Any

from .keys import redact

__all__ = ["copied", "picture_free"]


Json = Any


def copied(value: Json) -> Json:
    """A JSON value that whoever asked for it may change."""
    if isinstance(value, dict):
        return {name: copied(child) for name, child in value.items()}
    return [copied(child) for child in value] if isinstance(value, list) else value


# Longer text is cut in the journal's JSON: the commonest is a picture's base64 in a place of its own.
TEXT_MAX = 1000


def picture_free(value: Json) -> Json:
    """A JSON value with its data URLs cut to their heads and its keys redacted."""
    if isinstance(value, dict):
        return {redact(name): picture_free(child) for name, child in value.items()}
    if isinstance(value, list):
        return [picture_free(child) for child in value]
    if isinstance(value, str):
        head, comma, text = value.partition(",") if value.startswith("data:") else (value, "", "")
        told = redact(head)
        if len(told) > TEXT_MAX:
            told = f"{told[:TEXT_MAX]}… ({len(head):,} characters)"
        return f"{told},… ({len(text):,} characters)" if comma else told
    return value
