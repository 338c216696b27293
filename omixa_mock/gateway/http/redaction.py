"""Redaction of API keys in text, however they are spelled there.

A key may be percent-coded (also twice), written with escapes of JSON or Python, or cut by the end of a line.
"""

from __future__ import annotations

import re

from .api_keys import EXAMPLE_KEY, KEY_PREFIX, label_key

__all__ = ["abbreviate", "redact"]


# Each repr doubles them; an endless run would be searched once from each of them.
BACKSLASHES = r"\\{1,8}"


def any_case(digits: str) -> str:
    """Return a pattern of hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" for digit in digits)


def spellings(character: str) -> str:
    """Return a pattern of a character as it is, percent-coded any number of times, or escaped."""
    digits = any_case(f"{ord(character):02x}")
    return rf"(?:{re.escape(character)}|%(?:25)*{digits}|{BACKSLASHES}(?:u00|x){digits})"


LINE_END = rf"(?:[\r\n]|{BACKSLASHES}[rn]|%(?:25)*0[aAdD])"
BLANK = rf"(?:\s|{BACKSLASHES}[rn]|%(?:25)*0[aAdD])"
HEX = "[0-9a-fA-F]{2}"
SECRET = rf"(?:[A-Za-z0-9_-]|%(?:25)*{HEX}|{BACKSLASHES}(?:u00|x){HEX})+"
# In other text, a key that is too long is still redacted.
PLAIN = re.compile(rf"{KEY_PREFIX}[A-Za-z0-9_-]+")
SPELLED = re.compile(
    f"{BLANK}*".join(spellings(character) for character in KEY_PREFIX) + rf"(?:[ \t]*{LINE_END}{BLANK}*)?" + SECRET
)
# No other spelling is without one of these.
MARKS = ("%", "\\", "\n", "\r")
# Other spellings are searched for in the beginning of a text, which is the part that is shown.
BEGINNING = 64 * 1024
ESCAPED = re.compile(rf"(?:\\+(?:u00|x)|%)({HEX})")
CUT = re.compile(r"\s|\\+[rn]")


def redact(text: str) -> str:
    """Return `text` with every API key except the example key replaced by its label."""
    if any(mark in text for mark in MARKS):
        text = SPELLED.sub(label_spelled, text[:BEGINNING]) + text[BEGINNING:]
    if KEY_PREFIX not in text:
        return text
    return PLAIN.sub(lambda match: match[0] if match[0] == EXAMPLE_KEY else label_key(match[0]), text)


def label_spelled(match: re.Match[str]) -> str:
    """Return the label of a key in any spelling; the match itself if the key may be shown."""
    key = match[0]
    while "%25" in key:
        key = key.replace("%25", "%")
    key = CUT.sub("", ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), key))
    label = label_key(key)
    return match[0] if key in (EXAMPLE_KEY, label) else label


def abbreviate(value: object) -> str:
    """Return the repr of an untrusted JSON value for a message: keys redacted, at most 80 characters."""
    try:
        text = redact(repr(value))
    except ValueError:  # Python refuses to print an integer of more than 4300 digits.
        text = "a number of more than 4300 digits"
    return text if len(text) <= 80 else f"{text[:80]}…"
