"""What is read out of the head of a request when it arrives.

A client's next request has nearly always the head of its last: a door that knows
so hands in what was read then.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType

from msgspec import Struct

from omixa_mock.gateway.common import Redacted

from .api_keys import KEY_HEADERS, bearer_key, fingerprint_key, redact
from .messages import Request
from .problems import Problem

__all__ = ["RequestHead", "parse_head"]


class RequestHead(Redacted, Struct, eq=False, frozen=True, dict=True):
    """What the head of a request says.

    Attributes:
        headers: As a journal may show them: keys redacted.
        path: As a journal may show it.
        key: The API key; empty where there is none that is well-formed.
        length: How long the body is to be; None where nothing is announced.
    """

    headers: Mapping[str, str]
    path: str
    key: str
    length: int | None

    def __repr__(self) -> str:
        return f"<arrival at {self.path}>"

    @cached_property
    def fingerprint(self) -> bytes:
        """What is kept of the key."""
        return fingerprint_key(self.key)


def parse_head(request: Request) -> RequestHead:
    """What the head of a request says."""
    fields = request.headers
    return RequestHead(show_headers(fields), redact(request.path), find_key(fields), declared_length(fields))


def find_key(headers: Mapping[str, str]) -> str:
    """The API key that a request carries, if it carries a well-formed one; what is wrong with it is told later."""
    try:
        return bearer_key(headers)
    except Problem:
        return ""


def declared_length(headers: Mapping[str, str]) -> int | None:
    """The length that a request announces for its body, where it announces one."""
    value = headers.get("content-length", "")
    # Twenty digits are more than any body has, and int() refuses thousands.
    return int(value[:20]) if value.isascii() and value.isdigit() else None


def show_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Headers without the keys in them."""
    shown = dict(headers)
    for name in KEY_HEADERS & shown.keys():
        shown[name] = "(redacted)"
    if "omx_live_" in "".join((*shown, *shown.values())):
        shown = {redact(name): redact(value) for name, value in shown.items()}
    return share(tuple(shown.items()))


@lru_cache(maxsize=256)
def share(fields: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Header values by name: one object for all calls that have the same ones, since a journal keeps thousands."""
    return MappingProxyType(dict(fields))
