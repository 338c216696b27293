"""API keys: their grammar, how a request carries one, and how one is shown.

The prefix is documented [docs/authentication]; length and alphabet are assumed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from .problems import Problem

__all__ = [
    "CHALLENGE",
    "EXAMPLE_KEY",
    "ISSUED_PREFIX",
    "KEY_HEADERS",
    "bearer_key",
    "fingerprint_key",
    "is_well_formed",
    "label_key",
    "redact",
    "short",
]

EXAMPLE_KEY = "omx_live_test"
ISSUED_PREFIX = "omx_live_mock_"
# Header fields that carry secrets; a journal never shows their values.
KEY_HEADERS = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
        "x-omixa-mock-token",
        "x-omixa-signature",
    }
)
KEY = re.compile(r"omx_live_[A-Za-z0-9_-]{1,200}")
# In other text even one that is too long is somebody's secret.
KEY_IN_TEXT = re.compile(r"omx_live_[A-Za-z0-9_-]+")
# RFC 9110 §11.6.1: a server that answers 401 must send a challenge.
CHALLENGE = (("www-authenticate", 'Bearer realm="omixa"'),)


def bearer_key(headers: Mapping[str, str]) -> str:
    """The API key that a request carries in `Authorization: Bearer …`.

    Raises:
        Problem: `invalid_key`, when it is missing or not of a key's form.
    """
    value = headers.get("authorization")
    if value is None:
        raise invalid_key(f'No API key. Send the header "Authorization: Bearer {EXAMPLE_KEY}".', "bearer")
    scheme, _, key = value.partition(" ")
    # RFC 9110 §11.1: the scheme is case-insensitive.
    if scheme.lower() != "bearer":
        came = "a header without a scheme" if is_well_formed(value.strip()) else "another scheme"
        raise invalid_key(
            f'The Authorization header must be "Bearer <key>"; {came} came. '
            f'Send "Authorization: Bearer {EXAMPLE_KEY}".',
            "bearer",
        )
    key = key.strip()
    if not is_well_formed(key):
        raise invalid_key(
            f"The API key has the wrong form: {describe_form(key)}. "
            f"A key is omx_live_ and 1 to 200 of A-Z a-z 0-9 _ - (for instance {EXAMPLE_KEY}).",
            "grammar",
        )
    return key


def invalid_key(message: str, fault: str, *, late: str = "") -> Problem:
    """A 401 with the challenge that HTTP demands. [docs/errors]"""
    return Problem("invalid_key", message, rules=(f"gateway.key.{fault}",), headers=CHALLENGE, late=late)


def is_well_formed(key: str) -> bool:
    """Whether `key` is of a key's form; says nothing about who knows it."""
    return KEY.fullmatch(key) is not None


def describe_form(key: str) -> str:
    """What is wrong with a key's form, without showing the key."""
    if not key:
        return "it is empty"
    if not key.startswith("omx_live_"):
        return f"{len(key)} characters that do not begin with omx_live_"
    return f"{len(key) - len('omx_live_')} characters after omx_live_, or one outside the alphabet"


def fingerprint_key(key: str) -> bytes:
    """What the fake keeps of a key: enough to know it again, not enough to use it."""
    return hashlib.sha256(key.encode()).digest()


def label_key(key: str) -> str:
    """The key as it may be shown: in the clear only where the fake itself issued it."""
    if key.startswith(ISSUED_PREFIX):
        return key
    return f"omx_live_…#{fingerprint_key(key).hex()[:8]}"


def redact(text: str) -> str:
    """`text` with every API key in it replaced by its label; the example key of our own messages is no secret."""
    if "omx_live_" not in text:
        return text
    return KEY_IN_TEXT.sub(lambda found: found[0] if found[0] == EXAMPLE_KEY else label_key(found[0]), text)


def short(value: object) -> str:
    """A value that may be anybody's JSON, for a message: as Python shows it, without keys, in 80 characters."""
    try:
        text = redact(repr(value))
    except ValueError:  # Python shows no number of more than 4300 digits.
        text = "a number without end"
    return text if len(text) <= 80 else f"{text[:80]}…"
