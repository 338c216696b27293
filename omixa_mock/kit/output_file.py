"""File in which a command leaves its result."""

from __future__ import annotations

from pathlib import Path

import click

from .atomic_write import write_atomically

__all__ = ["write_output"]


def write_output(path: Path, content: bytes) -> None:
    """Write a file that a user named, whole or not at all.

    Raises:
        BrokenPipeError: It is a pipe, and its reader left.
        click.UsageError: It cannot be written.
    """
    try:
        write_atomically(path, content)
    except BrokenPipeError:
        raise  # no fault of the path: the command ends as for standard output
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
