"""Descendants of a client: the processes that have inherited a variable of its environment.

Process groups and sessions do not hold them: `setsid` makes new ones. Environments can be read on Linux alone.
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["end_marked", "new_mark"]

PROCESSES = Path("/proc")
# A process that has just been killed takes a moment to end; one that waits for a disk may take longer.
ROUNDS, PAUSE = 200, 0.005
# A process that is just loading another program has no environment for a moment: one look could miss it.
LOOKS = 2


def new_mark() -> str:
    """Return the name of a variable that no other process has."""
    return f"OMIXA_GAUNTLET_{secrets.token_hex(8)}"


def end_marked(mark: str) -> None:
    """End all processes with a variable, and those that they start meanwhile."""
    empty_looks = 0
    for _ in range(ROUNDS if PROCESSES.is_dir() else 0):
        numbers = [*find_marked(mark)]
        for number in numbers:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        empty_looks = 0 if numbers else empty_looks + 1
        if empty_looks == LOOKS:
            return
        time.sleep(PAUSE)


def find_marked(mark: str) -> Iterator[int]:
    """Yield the numbers of the processes with a variable; none on a system whose environments cannot be read."""
    variable = f"{mark}=".encode()
    for folder in PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or is another user's
            if variable in (folder / "environ").read_bytes():
                yield int(folder.name)
