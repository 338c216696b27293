"""Header fields and query strings, parsed and encoded alike for every transport and interceptor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import Scope

from omixa_mock.gateway import Request, Response

from .request_rules import decode_path

__all__ = [
    "Fields",
    "Headers",
    "build_request",
    "encode_fields",
    "join_fields",
    "parse_headers",
    "parse_query",
    "response_fields",
]

Fields = Iterable[tuple[bytes, bytes]]
Headers = tuple[tuple[str, str], ...]
# The names that nearly every request has, as servers and as clients write them.
NAMES = {
    written.encode(): name
    for name in (
        *("accept", "accept-encoding", "accept-language", "authorization", "connection", "content-length"),
        *("content-type", "host", "user-agent", "x-request-id"),
    )
    for written in (name, name.title())
}


def build_request(scope: Scope) -> Request:
    """Return the request of an ASGI HTTP scope."""
    raw_path = scope.get("raw_path") or b""
    path = decode_path(raw_path) if b"%2" in raw_path else scope["path"]
    return Request(scope["method"], path, parse_headers(scope), parse_query(scope["query_string"]))


def parse_headers(scope: Scope) -> Mapping[str, str]:
    """Return the header values of an ASGI scope by name."""
    return join_fields(scope["headers"])


def join_fields(fields: Fields) -> dict[str, str]:
    """Return header values by lower-case name; RFC 9110 §5.3: fields of one name are joined by a comma."""
    decoded = [(NAMES.get(name) or name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields]
    joined = dict(decoded)
    return joined if len(joined) == len(decoded) else join_repeated(decoded)


def join_repeated(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return values by name, if some names are repeated."""
    joined: dict[str, str] = {}
    for name, value in fields:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def parse_query(query: bytes) -> dict[str, str]:
    """Return the values of a raw query by name; of repeated names the last."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


def response_fields(response: Response) -> list[tuple[bytes, bytes]]:
    """Return the encoded header fields of a response, in order; the body's length is the last."""
    return [*encode_fields(response.headers), (b"content-length", b"%d" % len(response.body))]


@lru_cache(maxsize=256)
def encode_fields(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """Return header fields as bytes; most responses have the same."""
    return tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in headers)
