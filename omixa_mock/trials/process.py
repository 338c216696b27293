"""Client processes: started in a group of their own, and ended with all that they started."""

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

from .descendants import end_marked, new_mark

__all__ = ["Client", "Ending", "RunningProcesses", "run_process"]

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


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """Client that runs.

    Attributes:
        process: Its process, which leads a group.
        mark: The variable that its descendants have inherited.
    """

    process: subprocess.Popen[bytes]
    mark: str

    def end(self) -> None:
        """End the process, its group and its descendants, which may outlive it."""
        if sys.platform == "win32":
            self.process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        end_marked(self.mark)


@dataclass(slots=True)
class RunningProcesses:
    """Clients that run, so that all can be ended at once; used by several threads."""

    _running: set[Client] = field(default_factory=set)
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, client: Client) -> None:
        """Add a client; end it if all were ended before."""
        with self._lock:
            self._running.add(client)
            if self._is_over:
                client.end()

    def remove(self, client: Client) -> None:
        """Remove a client, and end what is left of it."""
        client.end()
        with self._lock:
            self._running.discard(client)

    def end_all(self) -> None:
        """End all clients, and each that is added later."""
        with self._lock:
            self._is_over = True
            for client in self._running:
                client.end()


def run_process(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    timeout: float,
    running: RunningProcesses,
    *,
    output: Path = Path(os.devnull),
) -> Ending:
    """Run a client in a folder until it ends; afterwards nothing that it started runs any more.

    Args:
        command: The command.
        folder: The working folder.
        variables: Environment variables besides those of this process.
        timeout: The seconds after which the client is ended by force.
        running: The clients that run.
        output: The file that gets its standard output.

    Raises:
        OSError: The command cannot be started.
    """
    mark = new_mark()
    with (folder.parent / "stderr").open("w+b") as errors, output.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603  # the user's own command
            command,
            cwd=folder,
            env=os.environ | variables | {mark: "1"},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=errors,
            start_new_session=True,
        )
        client = Client(process, mark)
        running.add(client)
        try:
            exit_code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            exit_code = None
        finally:
            running.remove(client)
        return Ending(exit_code, last_words(errors))


def last_words(errors: BinaryIO) -> str:
    """Return the exception in the end of some output, or its last line that is not blank."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - ERRORS_MAX))
    lines = [line.strip() for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    exception = next((line for line in reversed(lines) if EXCEPTION.match(line)), "")
    return (exception or (lines[-1] if lines else ""))[:LAST_LINE_MAX]
