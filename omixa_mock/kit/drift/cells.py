"""What a cell of a table of fields says: a type, whether a field is required, which values it takes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from .words import ANY, CONJUNCTIONS, DEFAULT, NO, NOTHING, TYPES, YES, plain

__all__ = ["Accepted", "find_default", "is_nothing", "is_value", "read_accepted", "read_required", "read_type"]

ARRAY: Final = "|".join(re.escape(word) for word, kind in TYPES.items() if kind == {"array"})
ARRAY_OF: Final = re.compile(rf"(?:{ARRAY})[ <\[].*|.*(?:\[\]|数组|列表|陣列|配列|배열)")
VALUE: Final = r"[A-Za-z0-9][A-Za-z0-9_.:+/-]*"
NUMBER: Final = r"[+-]?\d+(?:[.,_]\d+)*"
RANGE: Final = re.compile(
    rf"({NUMBER})\s*(?:-|–|—|−|~|\.{{2,3}}|to|bis|à|al?|até|до|tot|至|到|から|부터)\s*({NUMBER})\D*"
)
AT_LEAST: Final = r"≥|>=|\bmin|at least|from|mindestens|ab|au moins|al menos|не менее|至少|最小|以上|이상"
AT_MOST: Final = (
    r"≤|<=|\bmax|at most|up to|höchstens|bis zu|au plus|jusqu|hasta|como máximo|не более|до|"
    r"至多|最多|最大|以内|以下|이하"
)
LONGEST: Final = sorted(DEFAULT, key=len, reverse=True)
DEFAULTS: Final = "|".join(map(re.escape, LONGEST))
ASIDE: Final = re.compile(r"\([^()]*\)|（[^（）]*）|\[default\]", re.IGNORECASE)


# The words of a table repeat, and each is looked at for several reasons.
remembered: Final = lru_cache(maxsize=4096)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which values a field takes.

    Attributes:
        values: The listed ones; none where the cell has no list.
        low: The least number, length or count.
        high: The greatest.
        unread: There is a number in it, and yet neither a list nor limits that can be read.
    """

    values: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    unread: bool = False

    @property
    def is_any(self) -> bool:
        """Whether it sets no limits."""
        return self == Accepted()


def is_nothing(text: str) -> bool:
    """Whether a cell is empty, or has a dash or word for that."""
    return plain(text) in NOTHING


def is_value(text: str) -> bool:
    """Whether a text looks like a value to be sent: one word of ASCII."""
    return re.fullmatch(VALUE, text) is not None


@remembered
def read_type(text: str) -> frozenset[str] | None:
    """The JSON types that a cell names; None if it is no type."""
    parts = re.split(r"\s*(?:\||/|,|;|、|或者?|または|\bor\b|\boder\b|\bou\b|\bили\b)\s*", plain(ASIDE.sub("", text)))
    found = [kind_of(part) for part in parts if part and part not in YES | NO]
    named = [kind for kind in found if kind is not None]
    return frozenset().union(*named) if named and len(named) == len(found) else None


def kind_of(word: str) -> frozenset[str] | None:
    """The JSON type of a word, or of a phrase such as `array of strings`."""
    if word in TYPES:
        return TYPES[word]
    return frozenset({"array"}) if ARRAY_OF.fullmatch(word) else None


@remembered
def read_required(text: str) -> bool | None:
    """Whether a cell says that a field is required; None if it says something else."""
    word = plain(ASIDE.sub("", text))
    if word in YES:
        return True
    return False if word in NO or word in NOTHING else None


@remembered
def read_accepted(text: str) -> Accepted:
    """The values that a cell lists, or the limits that it sets."""
    bare = without_default(unicodedata.normalize("NFKC", ASIDE.sub("", text)))
    shown = re.sub(r"[`\"'“”„]", "", bare).strip(" .。")
    if is_nothing(shown) or plain(shown) in ANY:
        return Accepted()
    spans = RANGE.fullmatch(shown.strip("[] "))
    if spans:
        return Accepted(low=number(spans[1]), high=number(spans[2]))
    return Accepted(values=values) if (values := listed(bare)) else limits(shown)


def without_default(text: str) -> str:
    """A cell without what it says of the default, which other functions read."""
    return re.sub(rf"[,;.]?\s*\b(?:{DEFAULTS})\s*[:=].*$", "", text, flags=re.IGNORECASE | re.DOTALL)


def listed(text: str) -> tuple[str, ...]:
    """The values of a list; nothing if the text is no list."""
    after_colon = re.sub(r"^[^,、`\"]*[^\s,、\d]:\s+", "", text)
    between_marks = re.sub(r"([`\"'])\s+(?=\1)", r"\1,", after_colon)
    lines = [line.strip(" •·-*`") for line in between_marks.split("\n") if line.strip()]
    joined = ",".join(lines) if all(map(is_value, lines)) else " ".join(lines)
    parts = [part.strip(" `\"'“”„[]{}") for part in re.split(r"\s*[,;、|，；]\s*|\s+/\s+", joined.strip(" ."))]
    tokens = [token for part in parts for token in split_conjunction(part) if token]
    values = sum(map(is_value, tokens))
    return tuple(dict.fromkeys(tokens)) if values and 2 * values >= len(tokens) else ()


def split_conjunction(part: str) -> list[str]:
    """The values of `low or high`, and the last one of a list that ends in `or high`."""
    words = part.split()
    if words and plain(words[0]) in CONJUNCTIONS:
        words = words[1:]
    if len(words) == 3 and plain(words[1]) in CONJUNCTIONS:
        return [words[0].strip("`\"'"), words[2].strip("`\"'")]
    return [" ".join(words).strip("`\"'")]


def limits(text: str) -> Accepted:
    """The limits in a phrase such as `at least 1` or `from 1 to 10`; words without a number set none."""
    found = [number(each) for each in re.findall(r"\d+(?:[.,_]\d+)*", text)]
    if len(found) == 2 and found[0] <= found[1]:
        return Accepted(low=found[0], high=found[1])
    if len(found) == 1 and re.search(AT_MOST, text, re.IGNORECASE):
        return Accepted(high=found[0])
    if len(found) == 1 and (re.search(AT_LEAST, text, re.IGNORECASE) or text.endswith("+")):
        return Accepted(low=found[0])
    return Accepted(unread=bool(found))


def number(text: str) -> Decimal:
    """A number as pages print it: 32,000 and 32.000 and 32_000 are one, 0.5 and 0,5 another."""
    whole = re.sub(r"[.,_](?=\d{3}(?:\D|$))", "", text).replace("_", "").replace(",", ".")
    units, dot, rest = whole.partition(".")
    return Decimal(units + dot + rest.replace(".", ""))


def find_default(text: str, values: tuple[str, ...]) -> str | None:
    """The default that a sentence names: after a colon, in quotes, or in brackets beside a value that is listed.

    Args:
        text: What the row says in prose.
        values: What the field takes; a bare word counts only if it is one of these, or a number.
    """
    shown = unicodedata.normalize("NFKC", text)
    marked = re.search(
        rf"(?<!\w)(?:{DEFAULTS})\W{{0,3}}(?:\w{{1,3}}\s*)?[:=`\"'“„]+\s*[`\"'“„]?({VALUE})", shown, re.IGNORECASE
    )
    beside = re.search(rf"({VALUE})[`\"'”]?\s*\((?:{DEFAULTS})\)", shown, re.IGNORECASE)
    if marked or beside:
        return str((marked or beside or [""])[1]).rstrip(".,:;")
    bare = re.search(rf"(?<!\w)(?:{DEFAULTS})\s*(?:to|is|ist|为|是|es|est|é)?\s*({VALUE})", shown, re.IGNORECASE)
    word = bare[1].rstrip(".,:;") if bare else ""
    return word if word in values or re.fullmatch(r"[\d.]+|true|false", word) else None
