"""Ready file: it holds the URL of a server as long as the server listens."""

from __future__ import annotations

import re
import stat
from contextlib import ExitStack, suppress
from pathlib import Path

from .serve_error import ServeError

__all__ = ["publish_url"]

# The whole content of a ready file; a server that was killed has left it behind.
URL = re.compile(rb"https?://[^\s/]+")
# A URL has at most a host name of 253 characters.
URL_MAX = 300


def publish_url(path: Path | None, url: str, cleanup: ExitStack) -> None:
    """Write a URL to the ready file, if there is one, and have `cleanup` remove it.

    Raises:
        ServeError: The path has something else than a ready file, or cannot be written.
    """
    if path is None:
        return
    from omixa_mock.kit.atomic_write import write_atomically  # most starts write no file

    try:
        refuse_other_content(path)
        # A symbolic link stays; the file is its target.
        target = path.resolve()
        write_atomically(target, url.encode())
    except (OSError, RuntimeError) as error:  # before Python 3.13 a loop of links raises RuntimeError
        reason = error.strerror if isinstance(error, OSError) else error
        raise ServeError(f"the ready file {path} cannot be written: {reason}") from None
    cleanup.callback(remove_own, target, url)


def refuse_other_content(path: Path) -> None:
    """Refuse a path with anything but a ready file; an empty file, as mktemp makes it, holds nothing to lose.

    Raises:
        ServeError: Writing would destroy something.
        OSError: The path cannot be read.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise ServeError(
            f"the ready file {path} is no regular file, and would be replaced and then removed. "
            "Name a file that does not exist yet, for instance --ready-file gateway.url."
        )
    if status.st_size and (status.st_size > URL_MAX or not URL.fullmatch(path.read_bytes())):
        raise ServeError(
            f"the ready file {path} exists, and omixa-mock did not write it. Remove it, or name another file, "
            "for instance --ready-file gateway.url."
        )


def remove_own(path: Path, url: str) -> None:
    """Remove a ready file, unless it is gone or another server has written its own URL."""
    with suppress(OSError):
        if path.read_bytes() == url.encode():
            path.unlink()
