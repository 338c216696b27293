"""A claimed port: kept for those who share it knowingly, refused to anybody else."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from omixa_mock.transports.listen import Address
from omixa_mock.transports.port_reservation import claim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT spreads connections on Linux alone")


def listener(port: int, *options: int) -> socket.socket:
    """Listens on a port, with socket options."""
    made = socket.socket()
    for option in options:
        made.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


@pytest.fixture
def port() -> Iterator[int]:
    with claim(Address("127.0.0.1", 0)) as port:
        yield port


def test_port_is_free_until_it_is_claimed(port: int) -> None:
    assert port > 0


def test_nobody_else_gets_the_port(port: int) -> None:
    with pytest.raises(OSError, match="in use") as caught:
        listener(port)
    assert caught.value.errno == errno.EADDRINUSE


def test_several_may_listen_who_share_it(port: int) -> None:
    with closing(listener(port, socket.SO_REUSEPORT)), closing(listener(port, socket.SO_REUSEPORT)) as second:
        assert second.getsockname()[1] == port


def test_no_connection_comes_to_who_claimed_it(port: int) -> None:
    with closing(listener(port, socket.SO_REUSEPORT)) as only:
        only.settimeout(10)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)):
                only.accept()[0].close()


def test_port_that_others_share_is_not_joined() -> None:
    with closing(listener(0, socket.SO_REUSEADDR, socket.SO_REUSEPORT)) as others:
        address = Address("127.0.0.1", others.getsockname()[1])
        with pytest.raises(OSError, match="in use"), claim(address):
            pass


def test_every_address_of_a_name_is_claimed_at_one_port() -> None:
    with claim(Address("localhost", 0)) as port, pytest.raises(OSError, match="in use"):
        listener(port)
