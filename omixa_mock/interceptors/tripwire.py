"""Tripwire: an attempt to reach Omixa's hosts for real is refused before a byte leaves.

It works as well as possible, at Python's own `socket` module. `network_guard.py` adds the methods by which httpx,
httpx2 and requests take a connection, so that pooled connections, proxies and resolvers in C do not pass there.

It does not see other clients over an open connection, by a resolver in C or through a proxy. Nor does it see other
processes, or calls to an IP address. Python resolves a name that is given to `socket.connect` itself before the audit
event; the connection is refused.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from msgspec import Struct

__all__ = ["TRIPWIRE", "Attempt", "LiveCallBlocked", "Tripwire", "current_test", "is_guarded"]

DOMAIN = "omixa.cloud"
# The audit events of CPython's socket module that carry a host, each with the host's place in their arguments.
EVENTS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "socket.getaddrinfo": lambda args: args[0],
    "socket.gethostbyname": lambda args: args[0],
    "socket.connect": lambda args: args[1][0] if isinstance(args[1], tuple) else None,
}
# Parts and beginnings of the paths of code that is not the user's own.
LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
STANDARD = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen")


class LiveCallBlocked(OSError):  # noqa: N818  # named by what happened
    """A call to the paid gateway was about to leave this machine."""


class Attempt(Struct, frozen=True):
    """Attempt to reach Omixa.

    Attributes:
        host: The host.
        test: The name of the test.
        line: The user's line, as `file:line`; empty if unknown.
    """

    host: str
    test: str
    line: str

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

    @property
    def armed(self) -> bool:
        """Return True if attempts are refused now."""
        return self._holders > 0 and not self.live

    def arm(self) -> None:
        """Refuse from now on, until `disarm` was called as often as `arm`."""
        with self._lock:
            self._holders += 1
            if not self._hooked:
                self._hooked = True
                sys.addaudithook(self._watch)

    def disarm(self) -> None:
        """Undo one call of `arm`."""
        with self._lock:
            self._holders -= 1

    def refuse(self, host: str) -> LiveCallBlocked:
        """Record an attempt, and return the exception to raise."""
        attempt = Attempt(host, self.current(), calling_line(sys._getframe(1)))  # noqa: SLF001  # no other access to the stack
        self.attempts.append(attempt)
        return LiveCallBlocked(
            f"omixa-mock: {attempt}. Nothing was sent. {mention_documented_host(host)}Use the fixture omixa_mock, or "
            "omixa_mock_server for clients that it does not intercept; "
            "@pytest.mark.omixa_mock(live=True) lets a test through."
        )

    def _watch(self, event: str, args: tuple[Any, ...]) -> None:
        read_host = EVENTS.get(event) if self.armed else None
        if read_host is None:
            return
        host = as_text(read_host(args)).rstrip(".").lower()
        if is_guarded(host):
            raise self.refuse(host)


# One per process: however many interceptions arm it, an attempt is refused and recorded once.
TRIPWIRE = Tripwire()


def is_guarded(host: str) -> bool:
    """Return True if a host is the paid gateway's, or a subdomain of its domain."""
    name = host.rstrip(".").lower()
    return name == DOMAIN or name.endswith(f".{DOMAIN}")


def mention_documented_host(host: str) -> str:
    """Return a sentence about the documented host; empty if `host` is documented."""
    known = host in {DOMAIN, f"www.{DOMAIN}"}
    return "" if known else f"Omixa's documented host, which the fake answers, is www.{DOMAIN}; not {host}. "


def as_text(host: Any) -> str:
    """Return a host as text; empty if it is no host name."""
    if isinstance(host, bytes):
        return host.decode("ascii", "replace")
    return host if isinstance(host, str) else ""


def calling_line(frame: FrameType | None) -> str:
    """Return the innermost line of the user's own code on the stack, as `file:line`; empty if there is none."""
    while frame is not None:
        if is_users_own(frame):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def is_users_own(frame: FrameType) -> bool:
    """Return True if a frame's code belongs neither to a library nor to this package."""
    path, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    ours = module == "omixa_mock" or module.startswith("omixa_mock.")
    return not (ours or path.startswith(STANDARD) or any(part in path for part in LIBRARIES))
