"""Header fields that a proxy may pass on, and those of one connection only. [RFC 9110 §7.6.1]"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Fields", "content_length", "end_to_end", "first", "is_chunked", "joined"]

Fields = Sequence[tuple[bytes, bytes]]
HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade"},
)


def end_to_end(fields: Fields) -> list[tuple[bytes, bytes]]:
    """Return the fields that concern the message and not the connection, in order and as written."""
    named = {name.strip().lower() for name in values(fields, b"connection")}
    # A Connection field must not take away what frames or routes the message.
    dropped = HOP_BY_HOP | (named - {b"content-length", b"content-type", b"host", b"authorization"})
    return [(name, value) for name, value in fields if name.lower() not in dropped]


def values(fields: Fields, name: bytes) -> Iterable[bytes]:
    """Return the elements of a list-valued field."""
    return [part for found, value in fields if found.lower() == name for part in value.split(b",")]


def first(fields: Fields, name: bytes) -> bytes:
    """Return the first value of a field; empty if there is none."""
    return next((value for found, value in fields if found.lower() == name), b"")


def joined(fields: Fields) -> dict[str, str]:
    """Return the values by lower-case name; those of one name are joined by commas. [RFC 9110 §5.3]"""
    headers: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def is_chunked(fields: Fields) -> bool:
    """Return True if the body is chunked. [RFC 9112 §7.1]"""
    return any(part.strip().lower() == b"chunked" for part in values(fields, b"transfer-encoding"))


def content_length(fields: Fields) -> int | None:
    """Return the announced length of the body; None if there is none."""
    text = first(fields, b"content-length").strip()
    return int(text) if text.isdigit() and len(text) < 19 else None
