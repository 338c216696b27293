"""Standard streams that may be missing, full, or closed by their reader."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import UnsupportedOperation

import click

__all__ = ["READER_LEFT", "discard_output", "echo_if_possible", "end_if_reader_left", "is_full", "open_missing_streams"]

# The code that a shell shows for a program that SIGPIPE ended: 128 + 13. No finding may look like it.
READER_LEFT = 141

FULL = frozenset({errno.ENOSPC, errno.EIO, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def open_missing_streams() -> None:
    """Open the null device in place of each standard stream that the process was started without.

    Otherwise a socket would get its descriptor, which uvloop refuses to close.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest free descriptor is that of the missing stream. It stays open until the process ends.
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode, closefd=False))  # noqa: SIM115


def is_full(error: OSError) -> bool:
    """Return True if an error means that a stream takes no more bytes; errors of a named file are no stream's."""
    return error.filename is None and error.errno in FULL


@contextmanager
def end_if_reader_left() -> Iterator[None]:
    """End the command, without a message, if the reader of its output has left, as `head` does after its lines.

    SIGPIPE itself stays ignored, as Python has it: a server's clients leave too.
    """
    try:
        yield
    except BrokenPipeError:
        discard_output()
        sys.exit(READER_LEFT)


def discard_output() -> None:
    """Discard all further output, and the bytes that could not be written: Python would try again at its exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(UnsupportedOperation):
                os.dup2(null, stream.fileno())
    os.close(null)


def echo_if_possible(text: str) -> None:
    """Print a line to standard error, or go on without it if that takes no more bytes."""
    try:
        click.echo(text, err=True)
    except OSError:
        discard_output()
