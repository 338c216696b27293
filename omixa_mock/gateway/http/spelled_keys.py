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
# A character that a secret may have, by its code.
HEX = "(?:2[dD]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])"
# More characters than this are no key.
LONGEST = 200


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


BLANK = either("[ \t]", rf"{BACKSLASHES}t", *codings("(?:09|20)"))
# CR, LF or both: as they are, behind the backslash with which a shell continues a line, and coded.
END = either(
    r"\\{0,8}(?:\r\n?|\n)",
    rf"{BACKSLASHES}(?:r(?:{BACKSLASHES}n)?|n)",
    *(f"(?:{cr}(?:{lf})?|{lf})" for cr, lf in zip(codings("0[dD]"), codings("0[aA]"), strict=True)),
)
LINE_END = f"{BLANK}*+{END}{BLANK}*"
LINE_ENDS = f"(?:(?:{BLANK}*+{END})++{BLANK}*)?"


def spell(text: str) -> str:
    """Return a pattern of a text in any spelling, with line ends and indentation within it."""
    return LINE_ENDS.join(either(*spellings(character)) for character in text)


# The prefix is found by its first underscore, which is rare: a pattern with a first literal searches quickly.
HEAD = re.compile(rf"{spell('omx')}{LINE_ENDS}\Z")
TAIL = rf"(?=[l%\\\s]){LINE_ENDS}{spell('live_')}"
AS_IT_IS, *CODED = (re.compile(underscore + TAIL) for underscore in spellings("_"))
# The head ends right before its tail; indentation longer than this is none.
HEAD_MAX = 1024
RUN = either("[A-Za-z0-9_-]", *codings(HEX)) + "++"
SECRET = re.compile(f"(?:{LINE_END})?({RUN})")
# The next part of a key that is cut within its secret; it may be an ordinary word instead.
REST = re.compile(f"{LINE_END}(?!{spell(KEY_PREFIX)})({RUN})")
ESCAPED = re.compile(rf"(?:\\+(?:u00|x)|%(?:25)*+)({HEX})")


class SpelledKey(Struct, frozen=True):
    """API key in any spelling within a text, without what the next lines may have of it.

    Attributes:
        start: The index of its first character.
        end: The index behind its last one.
        key: The key.
    """

    start: int
    end: int
    key: str


def replace_spelled(text: str, write: Callable[[str], str]) -> str:
    """Return `text` with every API key replaced, in any spelling."""
    parts, done = [], 0
    for found in find_keys(text):
        replacement = write(found.key)
        # A key within the rest of the one before is gone with it.
        if found.start < done or replacement == found.key:
            continue
        rest = find_rest(text, found)
        parts += [text[done : found.start], replacement, "…" if rest > found.end else ""]
        done = rest
    return "".join((*parts, text[done:])) if parts else text


def find_rest(text: str, found: SpelledKey) -> int:
    """Return the index behind the words at the beginnings of the next lines that may be the rest of a key."""
    end, room = found.end, LONGEST - len(found.key)
    while room > 0 and (more := REST.match(text, end)):
        end, room = more.end(), room - len(more[1])
    return end


def find_keys(text: str) -> Iterator[SpelledKey]:
    """Yield every API key in a text, in any spelling, in time linear in the text's length."""
    done = 0
    for tail in find_tails(text):
        head = HEAD.search(text, max(done, tail.start() - HEAD_MAX), tail.start()) if tail.start() >= done else None
        secret = SECRET.match(text, tail.end()) if head else None
        done = max(done, tail.end())
        if head and secret:
            done = secret.end()
            yield SpelledKey(head.start(), done, f"{KEY_PREFIX}{decode(secret[1])}")


def find_tails(text: str) -> Iterator[re.Match[str]]:
    """Yield every `_live_` in a text, in any spelling, in order."""
    patterns = [AS_IT_IS] if "_" in text else []
    if ("%" in text or "\\" in text) and ("5f" in text or "5F" in text):
        patterns += CODED
    return merge(*(pattern.finditer(text) for pattern in patterns), key=lambda match: match.start())


def decode(text: str) -> str:
    """Return a part of a key as it is, without codings."""
    return ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
