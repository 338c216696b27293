"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, content: bytes) -> None:
    """Put some bytes in the place of a file; who reads meanwhile sees the old one or the new one.

    Raises:
        OSError: The folder does not exist, or cannot be written to; then the file is as it was.
    """
    if path.exists() and not path.is_file():
        # A device, such as /dev/stdout: there is nothing to replace.
        path.write_bytes(content)
        return
    target = path.resolve()
    mock, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(mock, "wb") as file:
            file.write(content)
        # What mkstemp makes is for its owner alone; a report has the mode that any new file would have.
        Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~current_umask())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def current_umask() -> int:
    """The bits that new files do not get; asking means setting, so it is set back."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
