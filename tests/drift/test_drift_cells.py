"""Cells of a table are parsed in the spellings of English and Chinese pages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from omixa_mock.kit.drift.cells import Accepted, find_default, read_accepted, read_required, read_type

TO_TEN = Accepted(low=Decimal(1), high=Decimal(10))
LEVELS = Accepted(values=("auto", "low", "high"))
ACCEPTED = {
    "1-10": TO_TEN,
    "1–10": TO_TEN,
    "1 … 10": TO_TEN,
    "1 to 10": TO_TEN,
    "1 bis 10": TO_TEN,
    "1 至 10": TO_TEN,
    "1～10": TO_TEN,
    "zwischen 1 und 10": TO_TEN,
    "1-10 (default: 1)": TO_TEN,
    "≤ 10": Accepted(high=Decimal(10)),
    "at most 10": Accepted(high=Decimal(10)),
    "最多 10": Accepted(high=Decimal(10)),
    "at least 1": Accepted(low=Decimal(1)),
    "up to 32,000 characters": Accepted(high=Decimal(32000)),
    "0.5-1.5": Accepted(low=Decimal("0.5"), high=Decimal("1.5")),
    "auto, low, high": LEVELS,
    "auto, low or high": LEVELS,
    "auto、low、high": LEVELS,
    "auto, low 或 high": LEVELS,
    "auto | low | high": LEVELS,
    "auto / low / high": LEVELS,
    "`auto` `low` `high`": LEVELS,
    '"auto", "low", "high"': LEVELS,
    "auto\nlow\nhigh": LEVELS,
    "• auto\n• low\n• high": LEVELS,
    "One of: auto, low, high": LEVELS,
    "Eines von: auto, low, high.": LEVELS,
    "auto (default), low, high": LEVELS,
    "auto, low, high. Default: auto": LEVELS,
    "auto, low, very high": Accepted(values=("auto", "low", "very high")),
    "1024x1024": Accepted(values=("1024x1024",)),
    "1:1, 16:9": Accepted(values=("1:1", "16:9")),
    "0.5K, 1K": Accepted(values=("0.5K", "1K")),
    "gpt-image-1.5": Accepted(values=("gpt-image-1.5",)),
    "Any valid value": Accepted(),
    "Any": Accepted(),
    "Beliebiger gültiger Wert": Accepted(),
    "任意有效值": Accepted(),
    "Any valid\nvalue": Accepted(),
    "aon luach bailí": Accepted(),
    "-": Accepted(),
    "": Accepted(),
    "see 3 pages, of which 7 or 9 apply here": Accepted(unread=True),
    "version 1.2.3.4 and 5.6.7 of 8": Accepted(unread=True),
}
TYPES = {
    "string": {"string"},
    "`String`": {"string"},
    "string (base64)": {"string"},
    "string, optional": {"string"},
    "string | null": {"string", "null"},
    "string or object": {"string", "object"},
    "字符串或对象": {"string", "object"},
    "字符串": {"string"},
    "array": {"array"},
    "array of strings": {"array"},
    "string[]": {"array"},
    "list<string>": {"array"},
    "字符串数组": {"array"},
    "image data": {"string", "object"},
    "图像数据": {"string", "object"},
    "整数": {"integer"},
    "float": {"number"},
}
REQUIRED = {
    **dict.fromkeys(("Yes", "required", "**Required**", "✓", "✅", "true", "是", "必填", "必须"), True),
    **dict.fromkeys(("No", "Optional", "not required", "✗", "false", "否", "可选", "无", "—", ""), False),
    **dict.fromkeys(("For edits", "Required if n is 1", "string", "Ja", "Oui"), None),
}
DEFAULTS = {
    "Default: `auto`.": "auto",
    "The default is `low`.": "low",
    "Defaults to auto.": "auto",
    "Default value: low": "low",
    "Standardwert: low": None,
    "默认为 auto": "auto",
    "默认值：low": "low",
    "auto (default), low": "auto",
    "Default: 1.": "1",
    "The default provider is chosen.": None,
    "Nothing of the kind.": None,
}


@pytest.mark.parametrize(("cell", "accepted"), ACCEPTED.items(), ids=ACCEPTED)
def test_accepted_values_are_parsed(cell: str, accepted: Accepted) -> None:
    assert read_accepted(cell) == accepted


@pytest.mark.parametrize(("cell", "types"), TYPES.items(), ids=TYPES)
def test_type_is_parsed(cell: str, types: set[str]) -> None:
    assert read_type(cell) == frozenset(types)


@pytest.mark.parametrize("cell", ["Yes", "auto, low", "Any valid value", "flurb", "Zeichenkette", ""])
def test_other_words_are_no_type(cell: str) -> None:
    assert read_type(cell) is None


@pytest.mark.parametrize(("cell", "required"), REQUIRED.items(), ids=REQUIRED)
def test_required_word_is_parsed(cell: str, required: bool | None) -> None:
    assert read_required(cell) is required


@pytest.mark.parametrize(("sentence", "default"), DEFAULTS.items(), ids=DEFAULTS)
def test_default_is_found(sentence: str, default: str | None) -> None:
    assert find_default(sentence, ("auto", "low")) == default
