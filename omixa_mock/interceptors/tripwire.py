"""Tripwire: an attempt to reach Omixa's hosts for real is refused before a byte leaves.

It works as well as possible, at Python's own `socket` module. `network_guard.py` adds the leaves of the intercepted
libraries, so that pooled connections, proxies and resolvers in C do not pass there.

It does not see other clients over an open connection, by a resolver in C or through a proxy. Nor does it see other
processes than forked children, or calls to an IP address. Python itself resolves a name that is given to
`socket.connect`, `sendto` or `sendmsg` before the audit event; the connection or the message is refused.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from .call_stack import calling_line
from .host_names import as_text, canonical_host
from .remedies import remedy_for

__all__ = ["TRIPWIRE", "Attempt", "LiveCallBlocked", "Tripwire", "current_test", "is_guarded"]

DOMAIN = "omixa.cloud"


def host_of_address(args: tuple[Any, ...]) -> Any:
    """Return the host of a socket's address, which is the second argument; None if it has none."""
    address = args[1]
    return address[0] if isinstance(address, tuple) else None


def first(args: tuple[Any, ...]) -> Any:
    """Return the first argument."""
    return args[0]


# The audit events of CPython's socket module that carry a host, each with the host's place in their arguments. TCP Fast
# Open connects by `sendto` or `sendmsg`.
EVENTS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "socket.getaddrinfo": first,
    "socket.gethostbyname": first,
    "socket.gethostbyaddr": first,
    "socket.connect": host_of_address,
    "socket.sendto": host_of_address,
    "socket.sendmsg": host_of_address,
}


class LiveCallBlocked(OSError):  # noqa: N818  # named by what happened
    """A call to the paid gateway was about to leave this machine."""


class Attempt(Struct, frozen=True):
    """Attempt to reach Omixa.

    Attributes:
        host: The host.
        test: The name of the test.
        line: The user's line, as `file:line`; empty if unknown.
        remedy: The advice about it, in one or two sentences.
    """

    host: str
    test: str
    line: str
    remedy: str

    def __str__(self) -> str:
        place = f" from {self.line}" if self.line else ""
        return f"{self.test} tried to reach {self.host} for real{place}"


def current_test() -> str:
    """Return the running test, as pytest sets it in the environment."""
    outside = "something outside a test"
    return os.environ.get("PYTEST_CURRENT_TEST", outside).rpartition(" (")[0] or outside


class Tripwire:
    """Refusal to resolve or connect to Omixa's hosts while it is armed.

    An audit hook sees every caller, also one that bound `getaddrinfo` before. A hook cannot be removed: it is added at
    the first arming, and reads `armed`.

    Args:
        current: Returns the name of the running test.

    Attributes:
        live: True if calls pass although it is armed.
        attempts: The refused attempts that no test has been failed for yet.
    """

    def __init__(self, current: Callable[[], str] = current_test) -> None:
        self.current = current
        self.live = False
        self.attempts: list[Attempt] = []
        self._lock = threading.Lock()
        self._holders = 0
        self._hooked = False
        # A forked child has a copy of the tripwire.
        self._pid = os.getpid()

    @property
    def armed(self) -> bool:
        """Return True if attempts are refused now."""
        return self._holders > 0 and not self.live

    def arm(self) -> None:
        """Refuse from now on, until `disarm` was called as often as `arm`."""
        with self._lock:
            self._holders += 1
            self._pid = os.getpid()
            if not self._hooked:
                self._hooked = True
                sys.addaudithook(self._watch)

    def disarm(self) -> None:
        """Undo one call of `arm`."""
        with self._lock:
            self._holders -= 1

    def refuse(self, host: str) -> LiveCallBlocked:
        """Record an attempt, and return the exception to raise."""
        frame = sys._getframe(1)  # noqa: SLF001  # no other access to the stack
        remedy = remedy_for(host, DOMAIN, frame, forked=os.getpid() != self._pid)
        attempt = Attempt(canonical_host(host), self.current(), calling_line(frame), remedy)
        self.attempts.append(attempt)
        return LiveCallBlocked(f"omixa-mock: {attempt}. Nothing was sent. {remedy}")

    def _watch(self, event: str, args: tuple[Any, ...]) -> None:
        # Called for each audit event of the process: most are of other kinds.
        read_host = EVENTS.get(event)
        if read_host is None or not self.armed:
            return
        host = as_text(read_host(args))
        if is_guarded(host):
            raise self.refuse(host)


# One per process: however many interceptions arm it, an attempt is refused and recorded once.
TRIPWIRE = Tripwire()


def is_guarded(host: str) -> bool:
    """Return True if a host is the paid gateway's, or a subdomain of its domain, in any spelling."""
    name = canonical_host(host)
    return name.endswith(DOMAIN) and (name == DOMAIN or name.endswith(f".{DOMAIN}"))
