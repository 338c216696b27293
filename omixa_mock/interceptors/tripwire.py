"""The tripwire: an attempt to reach Omixa's hosts for real is refused before a byte leaves.

Best effort, at Python's own `socket` module, and (in `inprocess/guard.py`) where httpx, httpx2 and
requests take a connection: so pooled connections, proxies and resolvers in C do not pass there.
What escapes: other clients over a connection that is open, by a resolver in C or through a proxy, other
processes, calls to an IP address. A name that is given to `socket.connect` itself is resolved
before Python tells of it; the connection is refused.
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
# The audit events of CPython's socket module that carry a host, and where in their arguments.
EVENTS: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "socket.getaddrinfo": lambda args: args[0],
    "socket.gethostbyname": lambda args: args[0],
    "socket.connect": lambda args: args[1][0] if isinstance(args[1], tuple) else None,
}
# Where a frame's code is no user's own: as a part of its path, and as its beginning.
LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
STANDARD = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen")


class LiveCallBlocked(OSError):  # noqa: N818  # named by what happened
    """A call to the paid gateway that was about to leave this machine."""


class Attempt(Struct, frozen=True):
    """An attempt to reach Omixa: the host, who tried, and from which line."""

    host: str
    test: str
    line: str

    def __str__(self) -> str:
        place = f" from {self.line}" if self.line else ""
        return f"{self.test} tried to reach {self.host} for real{place}"


def current_test() -> str:
    """The running test, as pytest tells it to every process."""
    outside = "something outside a test"
    return os.environ.get("PYTEST_CURRENT_TEST", outside).rpartition(" (")[0] or outside


class Tripwire:
    """Refuses to resolve or connect to Omixa's hosts while it is armed.

    An audit hook sees every caller, those too that bound `getaddrinfo` before;
    it cannot be removed, so it is set at the first arming and heeds `armed`.

    Args:
        current: Names the running test.

    Attributes:
        live: Whether calls pass although it is armed.
        attempts: What was refused, and is nobody's yet.
    """

    def __init__(self, current: Callable[[], str] = current_test) -> None:
        self.current = current
        self.live = False
        self.attempts: list[Attempt] = []
        self._lock = threading.Lock()
        self._holders = 0
        self._set = False

    @property
    def armed(self) -> bool:
        """Whether attempts are refused now."""
        return self._holders > 0 and not self.live

    def arm(self) -> None:
        """Refuse from now on, until as many have disarmed it as have armed it."""
        with self._lock:
            self._holders += 1
            if not self._set:
                self._set = True
                sys.addaudithook(self._watch)

    def disarm(self) -> None:
        """Take one arming back."""
        with self._lock:
            self._holders -= 1

    def refuse(self, host: str) -> LiveCallBlocked:
        """Record an attempt; gives what is to be raised."""
        attempt = Attempt(host, self.current(), calling_line(sys._getframe(1)))  # noqa: SLF001  # the stack's only door
        self.attempts.append(attempt)
        return LiveCallBlocked(
            f"omixa-mock: {attempt}. Nothing was sent. {tell_answered(host)}Use the fixture omixa_mock, or "
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


# The process's own: whoever arms it, an attempt is refused and recorded once.
TRIPWIRE = Tripwire()


def is_guarded(host: str) -> bool:
    """Whether a host is the paid gateway's, or would be if it existed."""
    name = host.rstrip(".").lower()
    return name == DOMAIN or name.endswith(f".{DOMAIN}")


def tell_answered(host: str) -> str:
    """Which hosts are answered, for whoever calls another one."""
    known = host in {DOMAIN, f"www.{DOMAIN}"}
    return "" if known else f"Omixa's documented host, which the fake answers, is www.{DOMAIN}; not {host}. "


def as_text(host: Any) -> str:
    """A host as text; nothing for what is no host name."""
    if isinstance(host, bytes):
        return host.decode("ascii", "replace")
    return host if isinstance(host, str) else ""


def calling_line(frame: FrameType | None) -> str:
    """The innermost line of the user's own code on the stack, as `file:line`; empty where there is none."""
    while frame is not None:
        if is_users_own(frame):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def is_users_own(frame: FrameType) -> bool:
    """Whether a frame's code is neither a library's nor ours."""
    path, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    ours = module == "omixa_mock" or module.startswith("omixa_mock.")
    return not (ours or path.startswith(STANDARD) or any(part in path for part in LIBRARIES))
