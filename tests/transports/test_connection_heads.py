"""Request heads on one connection: an equal head is parsed once, and a different one anew."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from omixa_mock.transports.connection import Connection
from omixa_mock.transports.write_batcher import WriteBatcher

BATCHER = WriteBatcher(lambda _: None)  # nothing is sent
REQUEST = "/api/v1/images/generations"


class FakeTransport(asyncio.Transport):
    """Transport that sends nothing, with a socket."""

    def __init__(self, own: socket.socket) -> None:
        super().__init__({"socket": own})


@pytest.fixture
def transport() -> Iterator[FakeTransport]:
    """Return the transport of a connection."""
    own, peer = socket.socketpair()
    with own, peer:
        yield FakeTransport(own)


@pytest.fixture
def connection(transport: FakeTransport) -> Connection:
    """Return a new connection."""
    return Connection(transport, BATCHER)


Scope = dict[str, Any]
FIELDS = [(b"host", b"a"), (b"authorization", b"Bearer omx_live_one"), (b"x-mark", b"red"), (b"x-mark", b"blue")]


def scope(**parts: Any) -> Scope:
    """Return the ASGI scope of a head; equal arguments give equal scopes, but never the same object."""
    return {
        "method": "POST",
        "raw_path": parts.get("path", REQUEST).encode(),
        "path": REQUEST,
        "query_string": b"a=1",
        "headers": list(FIELDS),
        "extensions": {},
        **parts,
    }


SCOPES: dict[str, Scope] = {
    "method": scope(method="PUT"),
    "path": scope(path=f"{REQUEST}/"),
    "case of the path": scope(path=REQUEST.upper()),
    "query": scope(query_string=b"a=2"),
    "no query": scope(query_string=b""),
    "value of a header": scope(headers=[*FIELDS[:3], (b"x-mark", b"bluE")]),
    "name of a header": scope(headers=[*FIELDS[:3], (b"x-mart", b"blue")]),
    "key": scope(headers=[FIELDS[0], (b"authorization", b"Bearer omx_live_two"), *FIELDS[2:]]),
    "one header more": scope(headers=[*FIELDS, (b"x-more", b"")]),
    "one header less": scope(headers=FIELDS[:3]),
    "no headers": scope(headers=[]),
    "order of the headers": scope(headers=[*FIELDS[:2], FIELDS[3], FIELDS[2]]),
}
DIFFERENT = pytest.mark.parametrize("different", SCOPES.values(), ids=SCOPES)


def parsed_values(connection: Connection, head: Scope) -> tuple[Any, ...]:
    """Return the values parsed from a head."""
    request, parsed = connection.parse_head(head)
    values = request.method, request.path, dict(request.headers), dict(request.query)
    return *values, parsed.path, dict(parsed.headers), parsed.key


def test_equal_head_is_not_parsed_again(connection: Connection) -> None:
    assert connection.parse_head(scope())[1] is connection.parse_head(scope())[1]


def test_rest_of_the_scope_makes_no_difference(connection: Connection) -> None:
    assert (
        connection.parse_head(scope())[1] is connection.parse_head(scope(extensions={"a": {}}, http_version="1.0"))[1]
    )


@DIFFERENT
def test_different_head_is_parsed(connection: Connection, different: Scope) -> None:
    assert connection.parse_head(scope())[1] is not connection.parse_head(different)[1]


@DIFFERENT
def test_different_head_is_parsed_as_on_a_new_connection(transport: FakeTransport, different: Scope) -> None:
    connection = Connection(transport, BATCHER)
    connection.parse_head(scope())
    assert parsed_values(connection, different) == parsed_values(Connection(transport, BATCHER), different)


@DIFFERENT
def test_head_is_parsed_as_before_after_a_different_one(connection: Connection, different: Scope) -> None:
    first = parsed_values(connection, scope())
    connection.parse_head(different)
    assert parsed_values(connection, scope()) == first


def test_first_head_may_be_empty(connection: Connection) -> None:
    empty = scope(method="", path="", query_string=b"", headers=[])
    assert parsed_values(connection, empty) == ("", "", {}, {}, "", {}, "")


def test_connections_do_not_share_a_head(transport: FakeTransport) -> None:
    assert (
        Connection(transport, BATCHER).parse_head(scope())[1]
        is not Connection(transport, BATCHER).parse_head(scope())[1]
    )
