"""Redaction of API keys in text: every spelling is found, and nothing else is touched."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omixa_mock.gateway.http import label_key, redact
from tests.spelled_keys import OTHER_TEXTS, shown_pieces, spelled_keys

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
    "cut and indented, escaped": "omx_\\n\\tlive_SECRET-1",
    "cut and indented, percent-coded": "omx_%0a%20%09live_SECRET-1",
    "cut as in a shell": "omx_\\\n  live_SECRET-1",
    "cut twice": "omx\n\n\n_live_SECRET-1",
}
UNTOUCHED = (
    "omx_live_test",
    "omx_live_mock_issued",
    "omx%5Flive%5Ftest",
    "a key is omx_live_ and 1 to 200 of A-Z\na-z",
    "omx_live_\u2026#1234abcd\nand more",
    "100%25 omx\nlive",
    "omx_live_test\nand more",
    "omx_live_mock_issued\nand more",
    "\\u006f\\u006d",
    "?key=omx_live_test%26model=gpt-1",
    "key%3Domx_live_test%22%7D",
    "omx_live_test%20and more",
    "omx_live_test\\x1b[0m",
    "omx_ live_SECRET in words,\nnot in a line",
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


@pytest.mark.parametrize(
    "text",
    ["omx_\n", "omx_live_\n", "\\", "%25", "omx_live_%0a", "omx_\\n", "\n \n", "xomx_live_a\n", "omx\n\n\n_live_"],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    begin = time.process_time()
    redact(f"omx_{text * 20_000}!")
    # Linear work takes 0.3 s at most; if each key looked at 200 lines, it would take three.
    assert time.process_time() - begin < 2


# Longer than the part of a text that a message shows.
LONG = "some words\n" * 8000


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_key_is_found_far_behind(spelling: str) -> None:
    assert redact(f"{LONG}<{spelling}>{LONG}") == f"{LONG}<{LABEL}>{LONG}"


CUT = {
    "omx_live_SEC\nRET-1": "SEC",
    "omx_live_SEC\r\n   RET-1": "SEC",
    "omx_live_SEC \nRE\nT-1": "SEC",
    "omx_live_SEC\\nRET-1": "SEC",
    "omx_live_SEC%0aRET-1": "SEC",
    "omx_\nlive_\nSEC\nRET-1": "SEC",
    "%6fmx_live_S\nECRET-1": "S",
    "omx_live_SEC\\n\\tRET-1": "SEC",
    "omx_live_SEC\\\n  RET-1": "SEC",
}


@pytest.mark.parametrize(("text", "begin"), CUT.items())
def test_next_word_of_a_key_that_is_cut_is_left_out(text: str, begin: str) -> None:
    assert redact(f"<{text}> and more") == f"<{label_key(f'omx_live_{begin}')}…> and more"


def test_words_behind_an_empty_line_are_no_part_of_a_key() -> None:
    assert redact(f"{KEY}\n\nTherefore") == f"{LABEL}\n\nTherefore"


def test_no_more_words_are_left_out_than_fit_a_key() -> None:
    assert redact(f"{KEY}\n" + "a-long-word-and-so-on\n" * 20).count("a-long-word") == 11


def test_key_on_the_next_line_is_one_of_its_own() -> None:
    assert redact("omx_live_a\nomx_live_b\n%6fmx_live_c") == "\n".join(
        map(label_key, ("omx_live_a", "omx_live_b", "omx_live_c"))
    )


@given(spelled=spelled_keys(), before=OTHER_TEXTS, after=OTHER_TEXTS, end=st.integers(1, 200))
@example(spelled=("GHJKQV", "omx_live_GHJ\nKQV"), before="", after="", end=200)
def test_no_piece_of_a_key_is_shown(spelled: tuple[str, str], before: str, after: str, end: int) -> None:
    secret, key = spelled
    # A text may be cut before it is redacted.
    for text in (f"{before}{key}{after}", f"{before}{key}{after}"[:end]):
        assert shown_pieces(secret, redact(text)) == []


@given(spelled=spelled_keys(), before=OTHER_TEXTS, after=OTHER_TEXTS)
def test_redacted_text_stays_as_it_is(spelled: tuple[str, str], before: str, after: str) -> None:
    text = redact(f"{before}{spelled[1]}{after}")
    assert redact(text) == text


MEGABYTES = {
    "prose": "the old fox often looks out of the foggy window\n",
    "base64 in lines": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAA\n",
    "JSON": '{\\"model\\": \\"gpt\\"}, ',
}


@pytest.mark.parametrize("piece", MEGABYTES.values(), ids=MEGABYTES)
def test_many_megabytes_take_no_time(piece: str) -> None:
    text = piece * (32_000_000 // len(piece))
    begin = time.process_time()
    redact(text)
    # 0.1 s at most; a search at each character would take one second or two.
    assert time.process_time() - begin < 0.6
