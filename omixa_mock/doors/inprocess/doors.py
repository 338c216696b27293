"""Every in-process door that this environment has a library for."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from .exchange import Answering

__all__ = ["open_doors"]


class Door(Protocol):
    """Answers one library's calls to Omixa's hosts between `open` and `close`."""

    def open(self) -> None:
        """Begin to answer."""

    def close(self) -> None:
        """Leave the library as it was."""


DOORS = {
    "httpx": ("httpx_door", "HttpxDoor"),
    "httpx2": ("httpx2_door", "Httpx2Door"),
    "requests": ("requests_door", "RequestsDoor"),
}


# Tests in threads open doors side by side, and respx patches without a lock.
OPENING = threading.RLock()


def open_doors(answering: Answering) -> ExitStack:
    """Open the door of each installed library; closing the stack closes them, newest first.

    Raises:
        PatchFailed: A library is not built as its door knows it; then none is open.
    """
    with OPENING, ExitStack() as stack:
        for make_door in installed_doors():
            door = make_door(answering)
            # Before opening: a door that opens halfway is closed as well.
            stack.callback(close, door)
            door.open()
        return stack.pop_all()


def close(door: Door) -> None:
    """Close a door."""
    with OPENING:
        door.close()


@cache
def installed_doors() -> tuple[Callable[[Answering], Door], ...]:
    """The doors whose libraries are installed; what those warn of at import is not our user's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(
            getattr(import_module(f"{__package__}.{module}"), name)
            for library, (module, name) in DOORS.items()
            if find_spec(library) is not None
        )
