"""What every door reads of a request's head and writes of a response's, so that they cannot differ in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from starlette.types import Scope

from omixa_mock.gateway import Request, Response

__all__ = [
    "Fields",
    "Headers",
    "encode_fields",
    "join_fields",
    "read_head",
    "read_headers",
    "read_query",
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


def read_head(scope: Scope) -> Request:
    """The head of a request, from an ASGI HTTP scope."""
    return Request(scope["method"], scope["path"], read_headers(scope), read_query(scope["query_string"]))


def read_headers(scope: Scope) -> Mapping[str, str]:
    """Header values by name."""
    return join_fields(scope["headers"])


def join_fields(fields: Fields) -> dict[str, str]:
    """Header values by lower-case name; RFC 9110 §5.3: fields of one name are joined by a comma."""
    read = [(NAMES.get(name) or name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields]
    joined = dict(read)
    return joined if len(joined) == len(read) else join_repeated(read)


def join_repeated(read: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Values by name, of which some come again."""
    joined: dict[str, str] = {}
    for name, value in read:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def read_query(query: bytes) -> dict[str, str]:
    """Values by name of a raw query; of repeated names the last."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


def response_fields(response: Response) -> list[tuple[bytes, bytes]]:
    """The header fields of a response on the wire, in order; the body's length is the last."""
    return [*encode_fields(response.headers), (b"content-length", b"%d" % len(response.body))]


@lru_cache(maxsize=256)
def encode_fields(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """Header fields as they go over the wire; most responses have the same."""
    return tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in headers)
