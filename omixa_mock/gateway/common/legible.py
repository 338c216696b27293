"""Text in printable ASCII: accents folded, other characters named by their code points."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["legible"]

# Longer than any caption; a prompt may have megabytes.
_LONGEST: Final = 2_000

_FOLDED: Final = str.maketrans(
    {
        "ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ð": "D",
        "ð": "d", "Þ": "Th", "þ": "th", "Ł": "L", "ł": "l", "ı": "i", "‘": "'", "’": "'", "‚": ",", "“": '"',
        "”": '"', "„": '"', "«": '"', "»": '"', "‐": "-", "–": "-", "—": "-", "−": "-", "⁄": "/", "×": "x",
        "•": "*", "·": "*", "€": "EUR",
    }
)  # fmt: skip
_WITHOUT_GLYPHS: Final = re.compile(r"[^ -~]+")


def legible(text: str) -> str:
    """Return text in printable ASCII, shortened if it is very long.

    Accents are removed: `é` becomes `e`. A run of characters without a glyph becomes the code
    point of its first one, and the number of the others: `[U+732B and 3 more]`.
    """
    text = " ".join(text.lstrip()[:_LONGEST].split())
    if text.isascii() and text.isprintable():
        return text
    return _WITHOUT_GLYPHS.sub(_name, "".join(map(_fold, text)))


@lru_cache(maxsize=1024)
def _fold(character: str) -> str:
    """Return the letters of a character without its accents; the character itself if they are not ASCII."""
    # The database of Unicode 3.2 is in every version of Python, so that the result does not depend on the version.
    from unicodedata import ucd_3_2_0 as unicode  # a library of 1 MB, which few prompts need

    parts = unicode.normalize("NFKD", character)
    letters = "".join(part for part in parts if not unicode.combining(part)).translate(_FOLDED)
    return letters if letters.isascii() and letters.isprintable() else character


def _name(run: re.Match[str]) -> str:
    more = f" and {len(run[0]) - 1} more" if len(run[0]) > 1 else ""
    return f"[U+{ord(run[0][0]):04X}{more}]"
