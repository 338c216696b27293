"""Redaction of API keys in text, however they are spelled there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from omixa_mock.gateway.common import escape

from .api_keys import EXAMPLE_KEY, KEY_PREFIX, label_key

__all__ = ["BEGINNING", "abbreviate", "redact", "replace_keys", "shorten"]

# A message shows less: of a longer text only this much is redacted for it.
BEGINNING = 64 * 1024
# A key that is too long is still redacted.
PLAIN = re.compile(rf"{KEY_PREFIX}[A-Za-z0-9_-]+")


def redact(text: str) -> str:
    """Return `text` with every API key except the example key replaced by its label."""
    return replace_keys(text, label)


def label(key: str) -> str:
    """Return what is shown of a key: its label, or the key itself if it may be shown."""
    return key if key == EXAMPLE_KEY else label_key(key)


def replace_keys(text: str, write: Callable[[str], str]) -> str:
    """Return `text` with every API key replaced.

    If a line ends with a key, the words at the beginnings of the next lines may be the rest of it: "…" stands for them.
    They are as many as fit a key, up to an empty line.

    Args:
        text: Any text.
        write: Returns the replacement of a key; a key that is its own replacement stays as it is spelled.
    """
    # No other spelling is without one of these. Four searches are faster than a generator: each request has two.
    if "%" in text or "\\" in text or "\n" in text or "\r" in text:
        from .spelled_keys import replace_spelled  # its patterns take 8 ms to compile, and few texts need them

        return replace_spelled(text, write)
    return PLAIN.sub(lambda match: write(match[0]), text) if KEY_PREFIX in text else text


def abbreviate(value: object) -> str:
    """Return an untrusted value as JSON for a message: keys redacted, escaped, at most 80 characters.

    A value that is not JSON is shown by its repr.
    """
    return shorten(to_json(value))


def shorten(text: str) -> str:
    """Return untrusted text for a message: keys redacted, escaped, at most 80 characters."""
    text = escape(redact(text[:BEGINNING]))
    return text if len(text) <= 80 else f"{text[:80]}…"


def to_json(value: object) -> str:
    """Return a value as JSON, or its repr if it is not JSON."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except TypeError:
        return repr(value)
    except ValueError:  # Python refuses to print an integer of more than 4300 digits.
        return "a number of more than 4300 digits"
