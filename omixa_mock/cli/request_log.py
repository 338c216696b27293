"""The request log: a line a call on standard error, which never holds up the calls.

Whoever started the fake may not read its standard error; a full pipe blocks
its writer. So a thread writes, and what it cannot write in time is dropped
and counted.
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

__all__ = ["escape", "request_log"]

LINE_MAX, LINES_MAX = 400, 10_000
# How long the end of the command waits for a reader, in seconds.
PATIENCE = 1.0
# What a pipe takes as a whole (pipe(7)): the lines of several workers, who share it, must not mix.
PIPE_BUF = 4096
Log = Callable[[Call], None]


@contextmanager
def request_log(which: Literal["all", "refused", "none"]) -> Iterator[Log]:
    """Log calls while the block runs: all, refused ones, or none."""
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
        writer.close(PATIENCE)


class LineWriter:
    """Writes lines in a thread of its own, and says how many it had to drop.

    Args:
        write: Writes text; may block.
        most: How many lines may wait.
    """

    def __init__(self, write: Callable[[str], None], most: int = LINES_MAX) -> None:
        self._write = write
        self._most = most
        self._lines: list[str] = []
        self._dropped = 0
        self._ended = False
        self._changed = threading.Condition()
        # A daemon: one that is blocked for ever must not keep the process.
        self._thread = threading.Thread(target=self._run, name="omixa-mock log", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Have a line written soon, or drop it where too many wait."""
        with self._changed:
            if len(self._lines) < self._most:
                self._lines.append(line)
            else:
                self._dropped += 1
            self._changed.notify()

    def close(self, read_timeout: float) -> None:
        """Wait until all is written, but no longer than `patience` seconds."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join(read_timeout)

    def _run(self) -> None:
        """Write what waits, until the end."""
        # A reader that is gone will read nothing more: then lines only gather, up to the bound.
        with suppress(OSError, ValueError):
            while lines := self._take():
                self._write("".join(f"{line}\n" for line in lines))

    def _take(self) -> list[str]:
        """All that waits, and what was dropped after it; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._ended)
            lines, self._lines = self._lines, []
            if self._dropped:
                lines.append(f"({self._dropped:,} lines of this log were dropped, since nobody read them in time)")
                self._dropped = 0
            return lines


def write_to_stderr(text: str) -> None:
    """Write to standard error without its lock: a thread that is blocked with it would abort Python's exit."""
    try:
        descriptor = sys.stderr.fileno()
    except UnsupportedOperation:
        click.echo(text, err=True, nl=False)
        return
    data = text.encode(sys.stderr.encoding or "utf-8", "backslashreplace")
    for block in whole_lines(data):
        write_all(descriptor, block)


def whole_lines(data: bytes, most: int = PIPE_BUF) -> Iterator[bytes]:
    """Blocks of whole lines, each no longer than `most` unless its line is."""
    while len(data) > most:
        end = data.rfind(b"\n", 0, most) + 1 or most
        yield data[:end]
        data = data[end:]
    yield data


def write_all(descriptor: int, data: bytes) -> None:
    """Write bytes, however long it takes."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # Whoever shares the pipe made it non-blocking.
            time.sleep(0.01)


def describe_call(call: Call) -> str:
    """One line for a call; a refused one has its repair hint."""
    status = call.response.status if call.response else "---"
    text = " ".join(call.error.message.split()) if call.error else describe_success(call)
    if call.client_left:
        text = f"the client left after {call.waited:.1f} s. {text}"
    if call.fault:
        text = f"({call.fault}, as planned) {text}"
    # Cut before as well: what is escaped is bounded then.
    line = escape(f"{status} {call.method} {call.path} {text}"[: LINE_MAX + 1])
    return line if len(line) <= LINE_MAX else f"{line[:LINE_MAX]}…"


def describe_success(call: Call) -> str:
    """What a successful call got."""
    if call.image_request is None:
        return ""
    image_request = call.image_request
    made = f"{len(call.fingerprints)} {image_request.output_format} {image_request.width}x{image_request.height}"
    return f"{made} by {call.route}, {call.charge} USD" if call.charged else "nothing was charged"


def escape(text: str) -> str:
    """Text as a terminal may get it: what is not printable as an escape, line ends and control characters alike."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
