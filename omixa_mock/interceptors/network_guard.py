"""Tripwire for calls that resolve no name: over open connections, through proxies, or by resolvers in C.

The last method of each library before its connections calls this module. A mock of the user's stands in front of that
method, or is recognised.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from .tripwire import TRIPWIRE, is_guarded

__all__ = ["refuse_live"]


def refuse_live(host: str, error: Callable[[str], Exception]) -> None:
    """Refuse a call to one of Omixa's hosts while the tripwire is armed.

    Args:
        host: The host of the call.
        error: Makes the library's own exception from a message.
    """
    if TRIPWIRE.armed and is_guarded(host) and is_real_network():
        blocked = TRIPWIRE.refuse(host)
        raise error(str(blocked)) from blocked


def is_real_network() -> bool:
    """Return True if no mock such as HTTPretty or mocket replaces the network; pytest-socket refuses by itself."""
    return socket.socket.__module__ == "socket"
