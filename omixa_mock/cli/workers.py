"""Several processes that serve one address.

The parent serves nothing: it starts the workers, says when all of them listen,
and ends them. What holds them is a pipe, the leash: its other end is the
parent's alone, so that it closes when the parent wants them to end, and by
itself when the parent is killed. A signal that comes to any of them rings the
parent's bell, a pipe as well; so Ctrl-C, which reaches all, ends them in order.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import click
from msgspec import Struct

from .exits import CouldNotServe

__all__ = ["Work", "oversee"]

# How long workers may take to end, in seconds; the request log alone waits one second for its reader.
PATIENCE = 5.0
# What a worker does: until the leash is readable, and saying when it listens.
Work = Callable[[Connection, Callable[[], None]], None]


class Worker(Struct, frozen=True):
    """A worker as its parent knows it.

    Attributes:
        name: What it is called in a message.
        process: Its process.
        word: Whence it says that it listens, or why it cannot.
    """

    name: str
    process: BaseProcess
    word: Connection

    def hear(self) -> None:
        """Take its word that it listens.

        Raises:
            CouldNotServe: It said why not, or died before it said anything.
        """
        try:
            trouble = self.word.recv()
        except EOFError:
            raise self.lost() from None
        if trouble:
            raise CouldNotServe(trouble)

    def lost(self) -> CouldNotServe:
        """That it ended without having been told to."""
        self.process.join(PATIENCE)
        return CouldNotServe(
            f"{self.name} (process {self.process.pid}) {describe_end(self.process.exitcode)}, so all were ended. "
            "Start the command again; if nobody killed it, the machine may lack memory: try fewer --workers."
        )


def oversee(count: int, work: Work, announce: Callable[[], None]) -> None:
    """Do `work` in so many processes until a signal comes.

    Args:
        count: How many.
        work: What each does.
        announce: Called once all of them listen.

    Raises:
        CouldNotServe: One could not listen, or ended by itself; the others have ended, too.
    """
    with bell() as rung, leashed(count, work) as workers:
        if not all_listen(workers, rung):
            return
        announce()
        sentinels = {worker.process.sentinel: worker for worker in workers}
        first = wait([rung, *sentinels])
        if rung not in first:
            raise next(sentinels[each] for each in first if isinstance(each, int)).lost()


def all_listen(workers: Sequence[Worker], rung: Connection) -> bool:
    """Wait until all listen; false where they are to end before."""
    waiting = {worker.word: worker for worker in workers}
    while waiting:
        for each in wait([rung, *waiting]):
            if each is rung:
                return False
            waiting.pop(each).hear()  # type: ignore[call-overload]  # what was given comes back
    return True


@contextmanager
def bell() -> Iterator[Connection]:
    """What becomes readable when a signal asks for the end, of this process or of one that it forks."""
    rung, rope = get_context("fork").Pipe(duplex=False)

    def ring(*_: object) -> None:
        # The parent may be gone.
        with suppress(OSError):
            os.write(rope.fileno(), b".")

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, ring)
    with rung, rope:
        yield rung


@contextmanager
def leashed(count: int, work: Work) -> Iterator[Sequence[Worker]]:
    """So many workers, which end with the block."""
    leash, hold = get_context("fork").Pipe(duplex=False)
    workers: list[Worker] = []
    try:
        names = (f"worker {number} of {count}" for number in range(1, count + 1))
        workers.extend(start(name, work, leash, hold) for name in names)
        yield workers
    finally:
        hold.close()
        for worker in workers:
            end(worker.process)


def start(name: str, work: Work, leash: Connection, hold: Connection) -> Worker:
    """Start a worker; forked, it has what the parent has read and checked."""
    fork = get_context("fork")
    heard, said = fork.Pipe(duplex=False)
    process = fork.Process(target=live, args=(work, leash, hold, said), name=name, daemon=True)
    process.start()
    # The worker's alone from now on: its death is the end of the file.
    said.close()
    return Worker(name, process, heard)


def live(work: Work, leash: Connection, hold: Connection, said: Connection) -> None:
    """A worker's life."""
    # The parent's alone: what holds its own leash never sees it end.
    hold.close()
    try:
        work(leash, lambda: said.send(""))
    except click.ClickException as error:
        with suppress(OSError):
            said.send(error.format_message())
        raise SystemExit(error.exit_code) from None


def end(process: BaseProcess) -> None:
    """Wait for a worker whose leash was dropped, and kill one that does not end."""
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()


def describe_end(code: int | None) -> str:
    """How a process ended."""
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended by itself with exit code {code}"
