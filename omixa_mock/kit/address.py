"""Parsing of a gateway's URL, an API key and a spending limit, before anything is sent."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

__all__ = ["is_loopback", "parse_amount", "parse_key", "parse_origin"]

# RFC 3986 has no other characters; a blank or a line break would get into the request.
VISIBLE = re.compile(r"[!-~]+")
PATHS = {"", "/", "/api/v1", "/api/v1/"}
SAMPLE = "for instance https://www.omixa.cloud"


def parse_key(text: str) -> str:
    """Return the API key without surrounding blanks; empty if there is none.

    Raises:
        ValueError: The key has characters that are not allowed in a header. The message does not show them.
    """
    key = text.strip()
    if key and not VISIBLE.fullmatch(key):
        raise ValueError("OMIXA_API_KEY has blanks or other characters that no key has; copy it again")
    return key


def parse_amount(text: str) -> Decimal:
    """Return a spending limit in USD.

    Raises:
        ValueError: The text is no amount.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"--max-spend {text!r} is no amount; accepted: USD, for instance 0.40")
    return amount


def parse_origin(text: str, reason: str) -> SplitResult:
    """Return the parts of a gateway's URL.

    Args:
        text: The URL: an origin, or an origin with the path of the API.
        reason: The reason why another path is not accepted.

    Raises:
        ValueError: The URL is not an origin.
    """
    # The message does not show the URL, which may contain a password.
    if "@" in text:
        raise ValueError(f"the URL has a user name or a password; accepted: a URL without, {SAMPLE}")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no URL ({error}); accepted: {SAMPLE}") from error
    if not VISIBLE.fullmatch(text) or parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ValueError(f"{text!r} is no URL; accepted: {SAMPLE}")
    if parts.path not in PATHS or "?" in text or "#" in text:
        raise ValueError(f"{text!r} has a path; accepted: none, / or /api/v1, because {reason}")
    return parts


def is_loopback(host: str) -> bool:
    """Return True if a host is a loopback address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
