"""Environment variables, set for the duration of a block."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["environment"]


@contextmanager
def environment(names: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the block and restore the previous values; overlapping blocks may end in any order."""
    with CHANGING:
        before = {name: os.environ.get(name) for name in names}
        OPEN.append(before)
        os.environ.update(names)
    try:
        yield
    finally:
        with CHANGING:
            restore(before)


# The values before each block that has not ended, newest last.
OPEN: list[dict[str, str | None]] = []
CHANGING = threading.Lock()


def restore(before: dict[str, str | None]) -> None:
    """End a block: its previous values go to the next block that set the same name, or else to the environment."""
    # By identity: two may be equal.
    place = next(index for index, entry in enumerate(OPEN) if entry is before)
    later = OPEN[place + 1 :]
    del OPEN[place]
    for name, value in before.items():
        heir = next((entry for entry in later if name in entry), None)
        if heir is not None:
            heir[name] = value
        elif value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
