"""The tripwire's other half: calls over connections that are open already, through proxies, or by resolvers in C.

Each library's last method before its connections asks here. A mock of the
user's stands in front of it, or is recognised.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from .tripwire import TRIPWIRE, is_guarded

__all__ = ["refuse_live"]


def refuse_live(host: str, error: Callable[[str], Exception]) -> None:
    """Refuse a call to one of Omixa's hosts while the tripwire is armed.

    Args:
        host: Where the call goes.
        error: Makes the library's own exception.
    """
    if TRIPWIRE.armed and is_guarded(host) and is_real_network():
        blocked = TRIPWIRE.refuse(host)
        raise error(str(blocked)) from blocked


def is_real_network() -> bool:
    """Whether nobody plays the network, as HTTPretty and mocket do; pytest-socket refuses by itself."""
    return socket.socket.__module__ == "socket"
