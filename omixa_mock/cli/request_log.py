"""Request log: one line per call on standard error, without blocking the calls.

A full pipe blocks its writer if nothing reads standard error. A thread
therefore writes the lines, and lines that it cannot write in time are
dropped and counted.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from typing import Literal

import click

from omixa_mock.gateway import Call
from omixa_mock.gateway.common import escape

__all__ = ["escape", "request_log"]

LINE_MAX, LINES_MAX = 400, 10_000
# How long the end of the command waits for a reader, in seconds.
CLOSE_TIMEOUT = 1.0
Log = Callable[[Call], None]


@contextmanager
def request_log(which: Literal["all", "refused", "none"]) -> Iterator[Log]:
    """Yield a function that logs a call: all calls, refused ones, or none."""
    if which == "none":
        yield lambda _: None
        return
    writer = LineWriter(write_to_stderr)
    try:
        if which == "all":
            yield lambda call: writer.put(describe_call(call))
        else:
            yield lambda call: writer.put(describe_call(call)) if call.error or call.client_left else None
    finally:
        writer.close(CLOSE_TIMEOUT)


class LineWriter:
    """Bounded queue of lines with a writer thread; dropped lines are counted.

    Args:
        write: The function that writes text; may block.
        lines_max: The number of lines that may wait.
    """

    def __init__(self, write: Callable[[str], None], lines_max: int = LINES_MAX) -> None:
        self._write = write
        self._lines_max = lines_max
        self._lines: list[str] = []
        self._dropped = 0
        self._closed = False
        self._changed = threading.Condition()
        # A daemon thread: if it is blocked for ever, the process can still exit.
        self._thread = threading.Thread(target=self._run, name="omixa-mock log", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Queue a line, or drop it if the queue is full."""
        with self._changed:
            if len(self._lines) < self._lines_max:
                self._lines.append(line)
            else:
                self._dropped += 1
            self._changed.notify()

    def close(self, timeout: float) -> None:
        """Wait until all lines are written, for at most `timeout` seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        """Write queued lines until the writer is closed."""
        # After a write error the reader is gone: further lines only gather, up to the bound.
        with suppress(OSError, ValueError):
            while lines := self._take():
                self._write("".join(f"{line}\n" for line in lines))

    def _take(self) -> list[str]:
        """Return all queued lines and a count of the dropped ones; empty once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._closed)
            lines, self._lines = self._lines, []
            if self._dropped:
                lines.append(f"({self._dropped:,} lines of this log were dropped, since nobody read them in time)")
                self._dropped = 0
            return lines


def write_to_stderr(text: str) -> None:
    """Write to standard error without its lock: a thread blocked while holding it would abort Python's exit."""
    try:
        descriptor = sys.stderr.fileno()
    except UnsupportedOperation:
        click.echo(text, err=True, nl=False)
        return
    data = text.encode(sys.stderr.encoding or "utf-8", "backslashreplace")
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # Another process that shares the pipe may have made it non-blocking.
            time.sleep(0.01)


def describe_call(call: Call) -> str:
    """Return the log line of a call; a refused call's has the repair hint."""
    status = call.status or "---"
    text = " ".join(call.error.message.split()) if call.error else describe_success(call)
    if call.client_left:
        text = f"the client left after {call.waited:.1f} s. {text}"
    if call.fault:
        text = f"({call.fault}, as planned) {text}"
    # Cut before escaping as well, which bounds the work of escaping.
    line = escape(f"{status} {call.method} {call.path} {text}"[: LINE_MAX + 1])
    return line if len(line) <= LINE_MAX else f"{line[:LINE_MAX]}…"


def describe_success(call: Call) -> str:
    """Return a summary of a successful call's images and charge."""
    if call.image_request is None:
        return ""
    image_request = call.image_request
    images = f"{len(call.fingerprints)} {image_request.output_format} {image_request.width}x{image_request.height}"
    return f"{images} by {call.route}, {call.charge} USD" if call.charged else "nothing was charged"
