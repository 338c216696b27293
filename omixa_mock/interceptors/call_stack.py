"""Call stack of a call: the user's line that made it, and the client libraries that send it."""

from __future__ import annotations

import os
import sysconfig
from types import FrameType

__all__ = ["calling_line", "client_libraries"]

# Parts and beginnings of the paths of code that is not the user's own.
LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
STANDARD = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen")
# The HTTP clients of the standard library, and packages that send no requests of their own.
STANDARD_CLIENTS = frozenset({"http.client", "urllib.request", "xmlrpc.client"})
NO_CLIENTS = frozenset({"_pytest", "anyio", "eventlet", "gevent", "omixa_mock", "pluggy", "trio", "uvloop"})


def calling_line(frame: FrameType | None) -> str:
    """Return the innermost line of the user's own code on the stack, as `file:line`; empty if there is none."""
    while frame is not None:
        if is_users_own(frame):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def client_libraries(frame: FrameType | None) -> list[str]:
    """Return the client libraries between the network and the user's own code on the stack, the innermost first.

    These are installed packages. If there are none, it is the outermost client of the standard library.
    """
    installed: list[str] = []
    standard: list[str] = []
    while frame is not None and not is_users_own(frame):
        module = module_of(frame)
        package = module.partition(".")[0]
        if is_installed(frame) and package not in NO_CLIENTS:
            installed.append(package)
        elif module in STANDARD_CLIENTS:
            standard.append(module)
        frame = frame.f_back
    return installed or standard[-1:]


def is_users_own(frame: FrameType) -> bool:
    """Return True if a frame's code belongs neither to a library nor to this package."""
    ours = module_of(frame).partition(".")[0] == "omixa_mock"
    return not (ours or frame.f_code.co_filename.startswith(STANDARD) or is_installed(frame))


def is_installed(frame: FrameType) -> bool:
    """Return True if a frame's code belongs to an installed package."""
    return any(part in frame.f_code.co_filename for part in LIBRARIES)


def module_of(frame: FrameType) -> str:
    """Return the name of a frame's module."""
    return str(frame.f_globals.get("__name__", ""))
