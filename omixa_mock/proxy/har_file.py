"""HAR file that is complete after each entry.

Each entry is written in one call together with the closing brackets, over those of the entry before. So a process
that is killed leaves a file that can be read. Each entry is one line; the first is line 2.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from .har import HEAD, File

__all__ = ["HarFile"]

TAIL = b"\n]}}\n"


class HarFile:
    """HAR that grows by entries; may be used from several threads.

    Args:
        path: The file, which must not exist: a recording cost money.

    Raises:
        OSError: The file exists, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        # For the owner alone: what a body says is nobody else's.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        head = json.dumps({"log": {**HEAD, "entries": []}}).encode().removesuffix(b"]}}")
        self._end = len(head)
        self._count = 0
        write_at(self._descriptor, head + TAIL, 0)

    def add(self, entry: Any, files: list[File]) -> int:
        """Write the files beside an entry, then the entry, and return its line.

        Raises:
            OSError: The disk is full, or the file is gone.
        """
        for name, body in files:
            write_beside(self.path.with_name(name), body.pieces())
        with self._lock:
            text = (b",\n" if self._count else b"\n") + json.dumps(entry, separators=(",", ":")).encode()
            try:
                write_at(self._descriptor, text + TAIL, self._end)
            except OSError:
                # What a full disk has of the entry must not spoil the entries before it.
                write_at(self._descriptor, TAIL, self._end)
                os.ftruncate(self._descriptor, self._end + len(TAIL))
                raise
            self._end += len(text)
            self._count += 1
            return self._count + 1

    def close(self) -> None:
        """Close the file, once it is on the disk."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)


def write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write bytes at an offset."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    while data:
        written = os.write(descriptor, data)
        data = data[written:]


def write_beside(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whose name is the hash of its content."""
    draft = path.with_name(f".{path.name}")
    draft.touch(0o600)
    with draft.open("wb") as file:
        file.writelines(pieces)
    draft.replace(path)
