"""Text for reports: control characters escaped, names chosen by words."""

from __future__ import annotations

__all__ = ["has_words", "printable"]


def printable(text: str) -> str:
    """Return text on one line, with every control character escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def has_words(name: str, words: str) -> bool:
    """Return True if a name matches words, joined by `and`, `or` and `not` as for pytest's -k, in any case."""
    return any(
        all(has_word(name.casefold(), term.strip()) for term in alternative.split(" and "))
        for alternative in words.casefold().split(" or ")
    )


def has_word(name: str, term: str) -> bool:
    """Return True if a name has a word, or for `not word` if it does not."""
    return term.removeprefix("not ").strip() not in name if term.startswith("not ") else term in name
