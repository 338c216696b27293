"""Environment variables for the time of a test."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["environment"]


@contextmanager
def environment(names: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the block, and put back what was there; blocks that overlap may end in any order."""
    with CHANGING:
        before = {name: os.environ.get(name) for name in names}
        OPEN.append(before)
        os.environ.update(names)
    try:
        yield
    finally:
        with CHANGING:
            restore(before)


# What the variables said before each block that has not ended, the newest last.
OPEN: list[dict[str, str | None]] = []
CHANGING = threading.Lock()


def restore(before: dict[str, str | None]) -> None:
    """End a block: what was there before it goes to the next block that has the name, or else back."""
    # By identity: two may be equal.
    place = next(index for index, each in enumerate(OPEN) if each is before)
    later = OPEN[place + 1 :]
    del OPEN[place]
    for name, value in before.items():
        heir = next((each for each in later if name in each), None)
        if heir is not None:
            heir[name] = value
        elif value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
