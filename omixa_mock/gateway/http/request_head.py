"""HTTP request head parsing.

Consecutive requests of a client mostly have equal heads, so a transport may
pass the parsed head of an earlier request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType

from msgspec import Struct

from omixa_mock.gateway.common import Redacted

from .api_keys import KEY_HEADERS, bearer_key, fingerprint_key
from .messages import Request
from .problems import Problem
from .redaction import redact

__all__ = ["RequestHead", "parse_head"]


class RequestHead(Redacted, Struct, eq=False, frozen=True, dict=True):
    """Parsed head of a request.

    Attributes:
        headers: The header fields, with API keys redacted.
        path: The path, with API keys redacted.
        key: The API key; empty if it is missing or malformed.
        length: The declared length of the body; None if there is none.
    """

    headers: Mapping[str, str]
    path: str
    key: str
    length: int | None

    def __repr__(self) -> str:
        return f"<request head of {self.path}>"

    @cached_property
    def fingerprint(self) -> bytes:
        """Return the digest that is stored in place of the key."""
        return fingerprint_key(self.key)


def parse_head(request: Request) -> RequestHead:
    """Parse the head of a request."""
    headers = request.headers
    return RequestHead(redact_headers(headers), redact(request.path), find_key(headers), declared_length(headers))


def find_key(headers: Mapping[str, str]) -> str:
    """Return the API key of a request; empty if it is missing or malformed, which is refused later."""
    try:
        return bearer_key(headers)
    except Problem:
        return ""


def declared_length(headers: Mapping[str, str]) -> int | None:
    """Return the declared length of the body; None if there is none."""
    value = headers.get("content-length", "")
    # Twenty digits are more than any body has, and int() refuses thousands.
    return int(value[:20]) if value.isascii() and value.isdigit() else None


def redact_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header fields with secrets redacted."""
    redacted = dict(headers)
    for name in KEY_HEADERS & redacted.keys():
        redacted[name] = "(redacted)"
    text = "".join((*redacted, *redacted.values()))
    if redact(text) != text:
        redacted = {redact(name): redact(value) for name, value in redacted.items()}
    return intern_headers(tuple(redacted.items()))


@lru_cache(maxsize=256)
def intern_headers(fields: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return one shared mapping for equal header fields, because a journal keeps thousands of them."""
    return MappingProxyType(dict(fields))
