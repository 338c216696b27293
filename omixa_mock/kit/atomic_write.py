"""Atomic replacement of a file's content."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file's content; concurrent readers see the old content or the new one.

    Raises:
        OSError: The folder does not exist or is not writable; the file is unchanged.
    """
    if path.exists() and not path.is_file():
        # A device, such as /dev/stdout, cannot be replaced.
        path.write_bytes(content)
        return
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # mkstemp makes files for their owner alone; a report has the mode of any new file.
        Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~current_umask())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def current_umask() -> int:
    """Return the process's umask; it can only be read by setting it, so it is set back."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
