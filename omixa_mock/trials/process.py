"""Client processes: started in a group of their own, and ended with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Ending", "run_process"]

LAST_LINE_MAX = 300


@dataclass(frozen=True, slots=True)
class Ending:
    """End of a process.

    Attributes:
        exit_code: The exit code; None if the process was ended by force.
        last_words: The last line of standard error that is not blank.
    """

    exit_code: int | None
    last_words: str


def run_process(command: Sequence[str], folder: Path, variables: Mapping[str, str], timeout: float) -> Ending:
    """Run a client in a folder until it ends; afterwards nothing that it started runs any more.

    Args:
        command: The command.
        folder: The working folder.
        variables: Environment variables besides those of this process.
        timeout: The seconds after which the client is ended by force.

    Raises:
        OSError: The command cannot be started.
    """
    with (folder.parent / f"{folder.name}.stderr").open("w+b") as errors:
        process = subprocess.Popen(  # noqa: S603  # the user's own command
            command,
            cwd=folder,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        try:
            exit_code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            exit_code = None
        finally:
            end_group(process)
        errors.seek(0)
        return Ending(exit_code, last_line(errors.read()))


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group, which may outlive it."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_line(output: bytes) -> str:
    """Return the last line of output that is not blank, shortened."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:LAST_LINE_MAX] if lines else ""
