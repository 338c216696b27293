"""API keys in every spelling, with line ends anywhere in them, and what a text gives away of their secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from hypothesis import strategies as st

__all__ = ["OTHER_TEXTS", "PIECE", "PREFIX", "decode", "shown_pieces", "spelled_keys"]

PREFIX = "omx_live_"
# A shorter piece of a secret is in any text.
PIECE = 3
CODINGS: tuple[Callable[[str], str], ...] = (
    lambda character: character,
    lambda character: f"%{ord(character):02x}",
    lambda character: f"%{ord(character):02X}",
    lambda character: f"%2525{ord(character):02x}",
    lambda character: f"\\u{ord(character):04x}",
    lambda character: f"\\\\u{ord(character):04X}",
    lambda character: f"\\x{ord(character):02x}",
)
LINE_ENDS = ("\n", "\r\n    ", "\n\t", "\\n", "\\r\\n  ", "%0D%0A", "\\u000a", "\\\n  ", "\\n\\t", "%0a%09")
# Letters that are no digits of a hash, and that no message has three of in a row.
LETTERS = "GHJKQVWXYZ"
SECRETS = st.text(LETTERS, min_size=6, max_size=16)
OTHER_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters=LETTERS), max_size=40)


@st.composite
def spelled_keys(draw: st.DrawFn) -> tuple[str, str]:
    """Return a strategy of secrets, each with its key in a spelling of its own."""
    secret = draw(SECRETS)
    key = PREFIX + secret
    codings = draw(
        st.one_of(
            st.sampled_from(CODINGS).map(lambda coding: [coding] * len(key)),
            st.lists(st.sampled_from(CODINGS), min_size=len(key), max_size=len(key)),
        )
    )
    ends = draw(st.dictionaries(st.integers(1, len(key) - 1), st.sampled_from(LINE_ENDS), max_size=3))
    return secret, "".join(ends.get(at, "") + codings[at](character) for at, character in enumerate(key))


def decode(text: str) -> str:
    """Return a text with all its codings undone, and without its line ends."""
    for _ in range(4):
        text = unquote(text)
        text = re.sub(r"\\+(?:u00|x)([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\s|(?:\\+[nrt])", "", text)


def shown_pieces(secret: str, text: str) -> list[str]:
    """Return the pieces of a secret that a text has in any spelling."""
    plain = decode(text)
    return [piece for at in range(len(secret) - PIECE + 1) if (piece := secret[at : at + PIECE]) in plain]
