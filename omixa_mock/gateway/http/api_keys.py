"""API keys: grammar, extraction from a request, printable form.

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
    "KEY_PREFIX",
    "NOT_ISSUED",
    "NOT_LISTED",
    "bearer_key",
    "fingerprint_key",
    "is_well_formed",
    "label_key",
]

EXAMPLE_KEY = "omx_live_test"
ISSUED_PREFIX = "omx_live_mock_"
# Refusals of a key that opens no workspace.
NOT_ISSUED = (
    "This key was not issued by the fake. Send omixa_mock_server.api_key, or let the test call "
    f"omixa_mock_server.adopt(key). Issued keys begin with {ISSUED_PREFIX}."
)
NOT_LISTED = "This key is not on the fake's list. Use one of the keys that it was started with."
# Header fields that carry secrets; a journal never has their values.
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
KEY_PREFIX = "omx_live_"
KEY = re.compile(rf"{KEY_PREFIX}[A-Za-z0-9_-]{{1,200}}")
# RFC 9110 §11.6.1: a server that answers 401 must send a challenge.
CHALLENGE = (("www-authenticate", 'Bearer realm="omixa"'),)


def bearer_key(headers: Mapping[str, str]) -> str:
    """Return the API key in `Authorization: Bearer …`.

    Raises:
        Problem: `invalid_key`, if the key is missing or malformed.
    """
    value = headers.get("authorization")
    if value is None:
        raise invalid_key(f'No API key. Send the header "Authorization: Bearer {EXAMPLE_KEY}".', "bearer")
    scheme, _, key = value.partition(" ")
    # RFC 9110 §11.1: the scheme is case-insensitive.
    if scheme.lower() != "bearer":
        actual = "no scheme" if is_well_formed(value.strip()) else "another scheme"
        raise invalid_key(
            f'The Authorization header must be "Bearer <key>"; this one has {actual}. '
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
    """Return a 401 problem with the challenge that HTTP requires. [docs/errors]"""
    return Problem("invalid_key", message, rules=(f"gateway.key.{fault}",), headers=CHALLENGE, late=late)


def is_well_formed(key: str) -> bool:
    """Return True if `key` matches the grammar of API keys."""
    return KEY.fullmatch(key) is not None


def describe_form(key: str) -> str:
    """Return a description of how a key breaks the grammar, without the key itself."""
    if not key:
        return "it is empty"
    if not key.startswith("omx_live_"):
        return f"{len(key)} characters that do not begin with omx_live_"
    return f"{len(key) - len('omx_live_')} characters after omx_live_, or one outside the alphabet"


def fingerprint_key(key: str) -> bytes:
    """Return the SHA-256 digest that is stored in place of a key."""
    return hashlib.sha256(key.encode()).digest()


def label_key(key: str) -> str:
    """Return the printable form of a key; only keys that the fake issued are printed in full."""
    if key.startswith(ISSUED_PREFIX):
        return key
    return f"omx_live_…#{fingerprint_key(key).hex()[:8]}"
