"""Cells of a table of fields: types, required flags, accepted values and defaults."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from .vocabulary import ANY, CONJUNCTIONS, NO, NOTHING, TYPES, YES, pattern, plain, words

__all__ = ["NAME", "Accepted", "find_default", "is_name", "is_nothing", "is_required_word", "is_value"]
__all__ += ["read_accepted", "read_required", "read_type"]

NAME: Final = re.compile(r"[`*\s]*([A-Za-z_$][\w$.\[\]-]*)[`*\s]*")
# "array of strings" in English; in Chinese the word for array comes last.
ARRAY_OF: Final = re.compile(
    rf"(?:{pattern('array')})[ <\[].*|.*(?:\[\]|{'|'.join(word for word in words('array') if not word.isascii())})"
)
VALUE: Final = r"[A-Za-z0-9][A-Za-z0-9_.:+/-]*"
NUMBER: Final = r"[+-]?\d+(?:[.,_]\d+)*"
RANGE: Final = re.compile(rf"({NUMBER})\s*(?:-|–|—|−|~|\.{{2,3}}|{pattern('to')})\s*({NUMBER})\D*")
AT_LEAST: Final = pattern("at least")
AT_MOST: Final = pattern("at most")
DEFAULTS: Final = pattern("default")
ALTERNATIVES: Final = re.compile(rf"\s*(?:\||/|,|;|、|{pattern('or', whole=True)})\s*")
IN_BRACKETS: Final = re.compile(r"\([^()]*\)|（[^（）]*）|\[default\]", re.IGNORECASE)


# The words of a table repeat, and each is parsed several times.
remembered: Final = lru_cache(maxsize=4096)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Values that a field accepts.

    Attributes:
        values: The listed values; empty if the cell has no list.
        low: The minimum of a number, length or count.
        high: The maximum.
        unread: True if the cell has a number, but neither a list nor limits that can be parsed.
    """

    values: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    unread: bool = False

    @property
    def is_any(self) -> bool:
        """Return True if there is neither a list nor a limit."""
        return self == Accepted()


def is_nothing(text: str) -> bool:
    """Return True if a cell is empty, or has a dash or a word for nothing."""
    return plain(text) in NOTHING


def is_value(text: str) -> bool:
    """Return True if a text looks like a value of a request: one word of ASCII."""
    return re.fullmatch(VALUE, text) is not None


@remembered
def read_type(text: str) -> frozenset[str] | None:
    """Return the JSON types that a cell names; None if it names none."""
    parts = ALTERNATIVES.split(plain(IN_BRACKETS.sub("", text)))
    types = [types_of_word(part) for part in parts if part and part not in YES | NO]
    known = [names for names in types if names is not None]
    return frozenset().union(*known) if known and len(known) == len(types) else None


def types_of_word(word: str) -> frozenset[str] | None:
    """Return the JSON types of a word, or of a phrase such as `array of strings`."""
    if word in TYPES:
        return TYPES[word]
    return frozenset({"array"}) if ARRAY_OF.fullmatch(word) else None


def is_name(cell: str) -> bool:
    """Return True if a cell looks like a field's name, with at most two more words beside it."""
    return bool(cell) and NAME.match(cell) is not None and len(cell.split()) <= 3


def is_required_word(cell: str) -> bool:
    """Return True if a cell is a word for required or optional; a dash is ambiguous."""
    return plain(cell) in YES | NO


@remembered
def read_required(text: str) -> bool | None:
    """Return True for required, False for optional, None for any other text."""
    word = plain(IN_BRACKETS.sub("", text))
    if word in YES:
        return True
    return False if word in NO or word in NOTHING else None


@remembered
def read_accepted(text: str) -> Accepted:
    """Parse the list of values or the limits in a cell."""
    bare = without_default(unicodedata.normalize("NFKC", IN_BRACKETS.sub("", text)))
    shown = re.sub(r"[`\"'“”„]", "", bare).strip(" .。")
    if is_nothing(shown) or plain(shown) in ANY:
        return Accepted()
    spans = RANGE.fullmatch(shown.strip("[] "))
    if spans:
        return Accepted(low=number(spans[1]), high=number(spans[2]))
    return Accepted(values=values) if (values := listed(bare)) else limits(shown)


def without_default(text: str) -> str:
    """Return a cell without its default, which `find_default` parses."""
    return re.sub(rf"[,;.]?\s*\b(?:{DEFAULTS})\s*[:=].*$", "", text, flags=re.IGNORECASE | re.DOTALL)


def listed(text: str) -> tuple[str, ...]:
    """Return the values of a list; empty if the text is no list."""
    after_colon = re.sub(r"^[^,、`\"]*[^\s,、\d]:\s+", "", text)
    between_marks = re.sub(r"([`\"'])\s+(?=\1)", r"\1,", after_colon)
    lines = [line.strip(" •·-*`") for line in between_marks.split("\n") if line.strip()]
    joined = ",".join(lines) if all(map(is_value, lines)) else " ".join(lines)
    parts = [part.strip(" `\"'“”„[]{}") for part in re.split(r"\s*[,;、|，；]\s*|\s+/\s+", joined.strip(" ."))]
    tokens = [token for part in parts for token in split_conjunction(part) if token]
    values = sum(map(is_value, tokens))
    return tuple(dict.fromkeys(tokens)) if values and 2 * values >= len(tokens) else ()


def split_conjunction(part: str) -> list[str]:
    """Return the values of `low or high`, or the last value of a list that ends in `or high`."""
    texts = part.split()
    if texts and plain(texts[0]) in CONJUNCTIONS:
        texts = texts[1:]
    if len(texts) == 3 and plain(texts[1]) in CONJUNCTIONS:
        return [texts[0].strip("`\"'"), texts[2].strip("`\"'")]
    return [" ".join(texts).strip("`\"'")]


def limits(text: str) -> Accepted:
    """Parse the limits in a phrase such as `at least 1` or `from 1 to 10`; words without a number set none."""
    found = [number(digits) for digits in re.findall(r"\d+(?:[.,_]\d+)*", text)]
    if len(found) == 2 and found[0] <= found[1]:
        return Accepted(low=found[0], high=found[1])
    if len(found) == 1 and re.search(AT_MOST, text, re.IGNORECASE):
        return Accepted(high=found[0])
    if len(found) == 1 and (re.search(AT_LEAST, text, re.IGNORECASE) or text.endswith("+")):
        return Accepted(low=found[0])
    return Accepted(unread=bool(found))


def number(text: str) -> Decimal:
    """Parse a number as pages print it: 32,000 and 32.000 and 32_000 are equal, and so are 0.5 and 0,5."""
    whole = re.sub(r"[.,_](?=\d{3}(?:\D|$))", "", text).replace("_", "").replace(",", ".")
    units, dot, rest = whole.partition(".")
    return Decimal(units + dot + rest.replace(".", ""))


def find_default(text: str, values: tuple[str, ...]) -> str | None:
    """Return the default in a sentence: after a colon, in quotes, or beside "(default)"; None if there is none.

    Args:
        text: The row's prose.
        values: The field's accepted values. A word without marks counts only if it is one of them, or a number.
    """
    shown = unicodedata.normalize("NFKC", text)
    marked = re.search(
        rf"(?<!\w)(?:{DEFAULTS})\W{{0,3}}(?:\w{{1,3}}\s*)?[:=`\"'“„]+\s*[`\"'“„]?({VALUE})", shown, re.IGNORECASE
    )
    beside = re.search(rf"({VALUE})[`\"'”]?\s*\((?:{DEFAULTS})\)", shown, re.IGNORECASE)
    if marked or beside:
        return str((marked or beside or [""])[1]).rstrip(".,:;")
    bare = re.search(rf"(?<!\w)(?:{DEFAULTS})\s*(?:{pattern('is')})?\s*({VALUE})", shown, re.IGNORECASE)
    word = bare[1].rstrip(".,:;") if bare else ""
    return word if word in values or re.fullmatch(r"[\d.]+|true|false", word) else None
