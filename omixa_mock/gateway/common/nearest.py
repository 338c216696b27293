"""What was probably meant by a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["hint_at", "nearest"]

# Comparing takes quadratic time, and no name is as long.
LENGTH_MAX = 100


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The word that is most like another one; None where none is.

    Args:
        word: What came.
        words: What is accepted.
        cutoff: How much alike they must be, from 0 to 1.
    """
    from difflib import get_close_matches  # most never ask

    return next(iter(get_close_matches(word[:LENGTH_MAX], list(words), 1, cutoff)), None)


def hint_at(word: str, words: Iterable[str]) -> str:
    """A sentence that says which word was probably meant, or which there are."""
    known = list(words)
    near = nearest(word, known)
    return f"Did you mean {near}?" if near is not None else f"There are: {', '.join(known)}."
