"""A port that several processes of one command listen on, and nobody else's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .listen import Address

__all__ = ["claim"]


@contextmanager
def claim(address: Address) -> Iterator[int]:
    """Keep a port as long as the block runs, for processes that listen there with SO_REUSEPORT; gives its number.

    What claims it never listens, so that no connection comes here.

    Raises:
        OSError: Somebody has it, another command of several processes included.
    """
    port, flags = address.port, socket.AI_PASSIVE
    with ExitStack() as kept:
        found = socket.getaddrinfo(address.host, port, type=socket.SOCK_STREAM, flags=flags)
        for family, kind, protocol, _, where in dict.fromkeys(found):
            port = take(kept.enter_context(socket.socket(family, kind, protocol)), (where[0], port, *where[2:]))
        yield port


def take(claimed: socket.socket, where: tuple[str | int, ...]) -> int:
    """Bind a socket that nobody shares, and share it from then on; gives its port."""
    # As asyncio does: the last server's connections may still linger.
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if claimed.family == socket.AF_INET6:
        claimed.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    claimed.bind(where)
    # Set before, it would silently join whoever listens there in the same way, and half of the calls would be theirs.
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    port: int = claimed.getsockname()[1]
    return port
