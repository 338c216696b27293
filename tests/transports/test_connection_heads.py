"""What a connection reads of a head: an equal one once, and every other anew."""

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


class Carrier(asyncio.Transport):
    """A transport that carries nothing, and has a socket as every other."""

    def __init__(self, own: socket.socket) -> None:
        super().__init__({"socket": own})


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    """What a connection is made of."""
    own, peer = socket.socketpair()
    with own, peer:
        yield Carrier(own)


@pytest.fixture
def connection(carrier: Carrier) -> Connection:
    """A connection on which nothing was read."""
    return Connection(carrier, BATCHER)


Scope = dict[str, Any]
FIELDS = [(b"host", b"a"), (b"authorization", b"Bearer omx_live_one"), (b"x-mark", b"red"), (b"x-mark", b"blue")]


def scope(**parts: Any) -> Scope:
    """A head as a server reads it: equal to every other that is made alike, and the same as none."""
    return {
        "method": "POST",
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
OTHERWISE = pytest.mark.parametrize("other", SCOPES.values(), ids=SCOPES)


def seen(connection: Connection, head: Scope) -> tuple[Any, ...]:
    """What is read of a head."""
    read, said = connection.read_head(head)
    return read.method, read.path, dict(read.headers), dict(read.query), said.path, dict(said.headers), said.key


def test_equal_head_is_not_read_again(connection: Connection) -> None:
    assert connection.read_head(scope())[1] is connection.read_head(scope())[1]


def test_what_a_head_does_not_say_makes_no_difference(connection: Connection) -> None:
    assert connection.read_head(scope())[1] is connection.read_head(scope(extensions={"a": {}}, http_version="1.0"))[1]


@OTHERWISE
def test_head_that_differs_is_read(connection: Connection, other: Scope) -> None:
    assert connection.read_head(scope())[1] is not connection.read_head(other)[1]


@OTHERWISE
def test_head_that_differs_is_read_as_on_a_connection_of_its_own(carrier: Carrier, other: Scope) -> None:
    connection = Connection(carrier, BATCHER)
    connection.read_head(scope())
    assert seen(connection, other) == seen(Connection(carrier, BATCHER), other)


@OTHERWISE
def test_head_is_read_as_before_after_one_that_differs(connection: Connection, other: Scope) -> None:
    first = seen(connection, scope())
    connection.read_head(other)
    assert seen(connection, scope()) == first


def test_first_head_may_say_nothing(connection: Connection) -> None:
    nothing = scope(method="", path="", query_string=b"", headers=[])
    assert seen(connection, nothing) == ("", "", {}, {}, "", {}, "")


def test_connections_do_not_share_a_head(carrier: Carrier) -> None:
    assert Connection(carrier, BATCHER).read_head(scope())[1] is not Connection(carrier, BATCHER).read_head(scope())[1]
