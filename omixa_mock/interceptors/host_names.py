"""Host names in the form in which they reach a resolver.

A name that is not ASCII gets its IDNA form (RFC 3490) first: with full-width letters or dots, it is the plain name.
"""

from __future__ import annotations

from unicodedata import normalize

__all__ = ["as_text", "canonical_host"]

# The full stop that NFKC leaves as it is, of the four that separate labels (RFC 3490 §3.1).
IDEOGRAPHIC_FULL_STOP = "\u3002"


def canonical_host(host: str) -> str:
    """Return a host name in its IDNA form, in lower case and without trailing dots."""
    if not host.isascii():
        host = to_ascii(host)
    return host.rstrip(".").lower()


def to_ascii(host: str) -> str:
    """Return the IDNA form of a host name; of an invalid one, the compatible characters of Unicode (NFKC)."""
    name = normalize("NFKC", host).replace(IDEOGRAPHIC_FULL_STOP, ".")
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def as_text(host: object) -> str:
    """Return a host as text; empty if it is no host name."""
    if isinstance(host, str):
        return host
    return host.decode("utf-8", "replace") if isinstance(host, (bytes, bytearray)) else ""
