"""Redaction of API keys in text: every spelling is found, and nothing else is touched."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest

from omixa_mock.gateway.http import label_key, redact

KEY = "omx_live_SECRET-1"
LABEL = label_key(KEY)
PERCENT = "".join(f"%{ord(character):02X}" for character in KEY)
SPELLINGS = {
    "plain": KEY,
    "percent-coded": PERCENT,
    "percent-coded in lower case": PERCENT.lower(),
    "percent-coded in part": KEY.replace("_", "%5f"),
    "percent-coded twice": quote(PERCENT),
    "percent-coded three times": quote(quote(PERCENT)),
    "escaped as in JSON": "".join(f"\\u{ord(character):04x}" for character in KEY),
    "escaped as in Python": "".join(f"\\x{ord(character):02x}" for character in KEY),
    "escaped twice": "".join(f"\\\\u{ord(character):04x}" for character in KEY),
    "cut in the prefix": "omx_\nlive_SECRET-1",
    "cut and indented": "omx_\r\n    live_SECRET-1",
    "cut behind the prefix": "omx_live_\nSECRET-1",
    "cut with an escape": "omx_live_\\nSECRET-1",
    "cut with a percent-coded line end": "omx_live_%0D%0ASECRET-1",
}
UNTOUCHED = (
    "omx_live_test",
    "omx_live_mock_issued",
    "omx%5Flive%5Ftest",
    "a key is omx_live_ and 1 to 200 of A-Z\na-z",
    "omx_live_\u2026#1234abcd\nand more",
    "100%25 omx\nlive",
    "\\u006f\\u006d",
    LABEL,
)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_key_in_any_spelling_becomes_its_label(spelling: str) -> None:
    assert redact(f"<{spelling}>, and\nmore") == f"<{LABEL}>, and\nmore"


@pytest.mark.parametrize("text", UNTOUCHED)
def test_other_text_is_untouched(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_key_is_found_between_others(spelling: str) -> None:
    assert redact(f"omx_live_a {spelling} omx_live_test") == f"{label_key('omx_live_a')} {LABEL} omx_live_test"


@pytest.mark.parametrize("text", ["omx_\n", "omx_live_\n", "\\", "%25", "omx_live_%0a", "omx_\\n", "\n \n"])
def test_hostile_text_takes_no_time(text: str) -> None:
    begin = time.perf_counter()
    redact(f"omx_{text * 100_000}!")
    # Linear work takes some milliseconds; the bound is for busy machines.
    assert time.perf_counter() - begin < 2
