"""Vocabulary of documentation pages in English and Chinese.

A translated page keeps the names and values of fields, and translates the rest. `WORDS` has the words of the known
pages. For a page in another language the caller names the headings of the columns: see `columns.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

__all__ = ["ANY", "CONJUNCTIONS", "DEFAULT", "HOLD", "NO", "NOTHING", "PRICE", "TOKEN", "TYPES", "VALUES", "YES"]
__all__ += ["pattern", "plain", "words"]

# Meaning: English words, Chinese words.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # Cells: JSON types. An image is sent as text, or as an object around it.
    "string": ("string, str, text, varchar, enum, uri, url", "字符串, 文本, 字串"),
    "integer": ("integer, int, int32, int64, long, whole number", "整数, 整型, 整數"),
    "number": ("number, float, double, decimal, numeric", "数字, 数值, 浮点数, 小数, 數字, 數值"),
    "boolean": ("boolean, bool", "布尔, 布尔值, 布尔型, 布林值"),
    "array": ("array, list", "数组, 列表, 陣列"),
    "object": ("object, dict, dictionary, map, json", "对象, 物件"),
    "string or object": (
        "image data, image, file, image file",
        "图像数据, 图片数据, 图像, 图片, 影像資料, 圖片資料",
    ),
    "null": ("null, nil", ""),
    # Cells: required or optional, and no entry.
    "yes": ("yes, true, required, mandatory, always, ✓, ✔, ✅, ☑, ●", "是, 必填, 必需, 必须, 必选, 必須"),
    "no": (
        "no, false, optional, not required, ✗, ✘, ✕, ×, ❌, ☐, ○",
        "否, 可选, 选填, 非必填, 不, 不是, 可選, 選填",
    ),
    "nothing": ("-, –, —, ―, n/a, /, none, null", "无, 無"),
    # Cells: accepted values and limits.
    "any": ("any, all, anything, any value, any valid value, any string, free", "任意, 任意值, 任意有效值"),
    "or": ("or", "或, 或者"),
    "and": ("and", "和"),
    "to": ("to", "至, 到"),
    "at least": ("≥, >=, min, at least, from", "至少, 最小, 以上"),
    "at most": ("≤, <=, max, at most, up to", "至多, 最多, 最大, 以内, 以下"),
    # Headings. `default` also occurs in descriptions, and `is` after it.
    "values": (
        (
            "values, accepted values, allowed values, possible values, valid values, accepted, allowed, options, "
            "range, enum"
        ),
        "可接受的值, 可接受值, 接受的值, 允许值, 可选值, 取值范围, 取值, 允許值",
    ),
    "default": ("default, defaults, default value", "默认, 默认值, 缺省值, 預設, 預設值"),
    "is": ("to, is", "为, 是"),
    # Amounts of money, and the words beside them.
    "dollar": ("USD, US$, dollar, dollars", "美元"),
    "hold": ("hold, reserve", "预留, 预扣, 冻结, 預留"),
    "price": ("price, prices, pricing, cost, costs, per image, / image", "价格, 定价, 费用, 每张, 单价, 價格"),
    "token": ("token", "词元"),
}
JSON_TYPES: Final = ("string", "integer", "number", "boolean", "array", "object", "string or object", "null")
DROPPED: Final = re.compile('[`*"“”„«»\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]')


def plain(text: str) -> str:
    """Return a text without case, character width, emphasis and outer punctuation, so that spellings compare equal."""
    folded = DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold())
    return re.sub(r"\s+", " ", folded).strip(" .:;,。、")


def words(meaning: str) -> frozenset[str]:
    """Return the words of a meaning in both languages."""
    return frozenset(plain(word) for listing in WORDS[meaning] for word in listing.split(",") if word.strip())


def pattern(meaning: str, *, whole: bool = False) -> str:
    """Return a regular expression for the words of a meaning, longest first.

    Args:
        meaning: A key of `WORDS`.
        whole: True to match whole English words; False to match their beginnings too. Chinese has no word boundaries.
    """
    end = "(?![a-z])" if whole else ""
    longest_first = sorted(words(meaning), key=lambda word: (-len(word), word))
    return "|".join(
        rf"(?<![a-z]){re.escape(word)}{end}" if word[0].isascii() and word[0].isalpha() else re.escape(word)
        for word in longest_first
    )


TYPES: Final[Mapping[str, frozenset[str]]] = {
    word: frozenset(meaning.split(" or ")) for meaning in JSON_TYPES for word in words(meaning)
}
YES: Final = words("yes")
NO: Final = words("no")
NOTHING: Final = words("nothing") | {""}
# A phrase without a number and without a list also accepts any value, in any language.
ANY: Final = words("any")
CONJUNCTIONS: Final = words("or") | words("and")
VALUES: Final = words("values")
DEFAULT: Final = words("default")
HOLD: Final = words("hold")
PRICE: Final = words("price")
TOKEN: Final = words("token")
