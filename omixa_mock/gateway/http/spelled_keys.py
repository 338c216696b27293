"""API keys in any spelling within a text.

A key may be percent-coded (also twice), written with escapes of JSON or Python, or cut by the ends of lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from heapq import merge

from msgspec import Struct

from .api_keys import KEY_PREFIX

__all__ = ["replace_spelled"]

# Each repr doubles them; an endless run would be searched once from each of them.
BACKSLASHES = r"\\\\{0,7}"
# A character of a secret by its code, which is not that of a line end.
HEX = "(?!0[aAdD])[0-9a-fA-F]{2}"


def any_case(digits: str) -> str:
    """Return a pattern of hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" for digit in digits)


def codings(digits: str) -> tuple[str, str]:
    """Return patterns of a character by its code: percent-coded any number of times, and escaped."""
    return rf"%(?:25)*+{digits}", rf"{BACKSLASHES}(?:u00|x){digits}"


def spellings(character: str) -> tuple[str, str, str]:
    """Return patterns of a character: as it is, percent-coded, and escaped."""
    return re.escape(character), *codings(any_case(f"{ord(character):02x}"))


def either(*patterns: str) -> str:
    """Return a pattern that matches if one of the patterns does."""
    return f"(?:{'|'.join(patterns)})"


CODED_END = (rf"{BACKSLASHES}[rn]", *codings("0[aAdD]"))
BLANKS = either(r"\s", *CODED_END) + "*"
LINE_END = "[ \t]*" + either("[\r\n]", *CODED_END) + BLANKS


def spell(text: str) -> str:
    """Return a pattern of a text in any spelling, with blanks and line ends within it."""
    return BLANKS.join(either(*spellings(character)) for character in text)


# The prefix is found by its first underscore, which is rare: a pattern with a first literal searches quickly.
HEAD = re.compile(rf"{spell('omx')}{BLANKS}\Z")
TAIL = rf"(?=[l%\\\s]){BLANKS}{spell('live_')}"
AS_IT_IS, *CODED = (re.compile(underscore + TAIL) for underscore in spellings("_"))
# The head ends right before its tail; indentation longer than this is none.
HEAD_MAX = 1024
RUN = either("[A-Za-z0-9_-]", *codings(HEX)) + "+"
# The rest of a key that is cut within its secret is the first word of the next line, which may be no part of it.
SECRET = re.compile(f"(?:{LINE_END})?({RUN})((?:{LINE_END}(?!{spell(KEY_PREFIX)}){RUN}){{0,200}})")
ESCAPED = re.compile(rf"(?:\\+(?:u00|x)|%(?:25)*+)({HEX})")


class SpelledKey(Struct, frozen=True):
    """API key in any spelling within a text.

    Attributes:
        start: The index of its first character.
        end: The index behind its last one on the same line.
        rest: The index behind the text that may be the rest of the key.
        key: The key, without the rest.
    """

    start: int
    end: int
    rest: int
    key: str


def replace_spelled(text: str, write: Callable[[str], str]) -> str:
    """Return `text` with every API key replaced, in any spelling."""
    parts, done = [], 0
    for found in find_keys(text):
        replacement = write(found.key)
        if replacement == found.key:
            continue
        parts += [text[done : found.start], replacement, "…" if found.rest > found.end else ""]
        done = found.rest
    return "".join((*parts, text[done:])) if parts else text


def find_keys(text: str) -> Iterator[SpelledKey]:
    """Yield every API key in a text, in any spelling, in time linear in the text's length."""
    done = 0
    for tail in find_tails(text):
        head = HEAD.search(text, max(done, tail.start() - HEAD_MAX), tail.start()) if tail.start() >= done else None
        secret = SECRET.match(text, tail.end()) if head else None
        done = max(done, tail.end())
        if head and secret:
            done = secret.end(1)
            yield SpelledKey(head.start(), done, secret.end(), f"{KEY_PREFIX}{decode(secret[1])}")


def find_tails(text: str) -> Iterator[re.Match[str]]:
    """Yield every `_live_` in a text, in any spelling, in order."""
    patterns = [AS_IT_IS] if "_" in text else []
    if ("%" in text or "\\" in text) and ("5f" in text or "5F" in text):
        patterns += CODED
    return merge(*(pattern.finditer(text) for pattern in patterns), key=lambda match: match.start())


def decode(text: str) -> str:
    """Return a part of a key as it is, without codings."""
    return ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
