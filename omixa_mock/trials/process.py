"""Client processes: started in a group of their own, and ended with all of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

__all__ = ["Ending", "RunningProcesses", "run_process"]

LAST_LINE_MAX = 300
# The end of standard error that is read.
ERRORS_MAX = 65_536
# The line of a traceback that names the exception; some add advice below it.
EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*")


@dataclass(frozen=True, slots=True)
class Ending:
    """End of a process.

    Attributes:
        exit_code: The exit code; negative for a signal; None if the process was ended by force.
        last_words: The last line of standard error that is not blank, or the exception in a traceback.
    """

    exit_code: int | None
    last_words: str


@dataclass(slots=True)
class RunningProcesses:
    """Processes that run, so that all can be ended at once; used by several threads."""

    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Add a process; end it if all were ended before."""
        with self._lock:
            self._running.add(process)
            if self._is_over:
                end_group(process)

    def remove(self, process: subprocess.Popen[bytes]) -> None:
        """Remove a process, and end its group."""
        end_group(process)
        with self._lock:
            self._running.discard(process)

    def end_all(self) -> None:
        """End all processes, and each that is added later."""
        with self._lock:
            self._is_over = True
            for process in self._running:
                end_group(process)


def run_process(
    command: Sequence[str], folder: Path, variables: Mapping[str, str], timeout: float, running: RunningProcesses
) -> Ending:
    """Run a client in a folder until it ends; afterwards nothing of its process group runs any more.

    Args:
        command: The command.
        folder: The working folder.
        variables: Environment variables besides those of this process.
        timeout: The seconds after which the client is ended by force.
        running: The processes that run.

    Raises:
        OSError: The command cannot be started.
    """
    with (folder.parent / "stderr").open("w+b") as errors:
        process = subprocess.Popen(  # noqa: S603  # the user's own command
            command,
            cwd=folder,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        running.add(process)
        try:
            exit_code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            exit_code = None
        finally:
            running.remove(process)
        return Ending(exit_code, last_words(errors))


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group, which may outlive it."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_words(errors: BinaryIO) -> str:
    """Return the exception in the end of some output, or its last line that is not blank."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - ERRORS_MAX))
    lines = [line.strip() for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    exception = next((line for line in reversed(lines) if EXCEPTION.match(line)), "")
    return (exception or (lines[-1] if lines else ""))[:LAST_LINE_MAX]
