"""Spelling suggestions for unknown names."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["hint_at", "nearest"]

# difflib takes quadratic time, and no known name is this long.
LENGTH_MAX = 100


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the accepted word that is most similar to `word`; None if none is similar enough.

    Args:
        word: The unknown word.
        words: The accepted words.
        cutoff: The minimum similarity, from 0 to 1.
    """
    from difflib import get_close_matches  # imported here because most runs never need it

    return next(iter(get_close_matches(word[:LENGTH_MAX], list(words), 1, cutoff)), None)


def hint_at(word: str, words: Iterable[str]) -> str:
    """Return a sentence that suggests the nearest word, or lists the accepted ones."""
    known = list(words)
    near = nearest(word, known)
    return f"Did you mean {near}?" if near is not None else f"There are: {', '.join(known)}."
