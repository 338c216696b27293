"""Escaping of unprintable characters, so that a terminal shows a text as it is and on one line."""

from __future__ import annotations

__all__ = ["escape"]


def escape(text: str) -> str:
    """Return text with every unprintable character escaped."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
