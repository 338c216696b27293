"""Registry of the active interceptions of this process, and the choice of one for a call."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Self

from omixa_mock.gateway import Flow, Request

from .call_stack import calling_line
from .exchange import StartFlow

__all__ = ["ACTIVE", "CURRENT", "Interception", "advise", "flow_of", "time_scale"]

Advise = Callable[[str], None]


def ignore(_: str) -> None:
    """Do nothing with an advisory."""


def unscaled() -> float:
    """Return 1."""
    return 1.0


class Interception:
    """Interception that receives calls until it is closed, which the end of a `with` block does.

    Args:
        start_flow: Starts the flow of a call.
        everywhere: Receive the calls of all tasks and threads alike, as a test's fixture does.
        advise: Called with the text of an advisory about a call.
        time_scale: Returns the factor for the waits between a client's own retries.
    """

    def __init__(
        self,
        start_flow: StartFlow,
        *,
        everywhere: bool = False,
        advise: Advise = ignore,
        time_scale: Callable[[], float] = unscaled,
    ) -> None:
        self.start_flow = start_flow
        self.everywhere = everywhere
        self.advise = advise
        self.time_scale = time_scale
        # A forked child has a copy of all this: answers of a copy would be recorded nowhere.
        self.pid = os.getpid()

    def begin(self) -> None:
        """Receive calls from now on."""
        ACTIVE.insert(0, self)
        CURRENT.set((*CURRENT.get(), self))

    def end(self) -> None:
        """Receive no more calls."""
        if self in ACTIVE:
            ACTIVE.remove(self)
        # Not by a token: it may have begun in another task, whose tokens are invalid here.
        CURRENT.set(tuple(interception for interception in CURRENT.get() if interception is not self))

    def close(self) -> None:
        """Receive no more calls, and restore the libraries if this was the last interception."""
        self.end()

    def __enter__(self) -> Self:
        """Return the interception, which is active already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the interception."""
        self.close()


# The active interceptions, the newest first.
ACTIVE: list[Interception] = []
# The interceptions that began in this task, or in the task that started it before it did; some may be closed.
CURRENT: ContextVar[tuple[Interception, ...]] = ContextVar("omixa_mock_current", default=())


def flow_of(request: Request) -> Flow | None:
    """Return the flow of a request from the first interception that accepts it; None if none does.

    The newest of this task's own interceptions and of those with `everywhere` come first: interceptions of tasks and
    threads may overlap. A thread has none of its own, and takes the newest of all. In a forked child there are none.
    """
    active = tuple(ACTIVE)
    if not active or active[0].pid != os.getpid():
        return None
    if len(active) == 1:
        return active[0].start_flow(request)
    for interception in by_precedence(active):
        flow = interception.start_flow(request)
        if flow is not None:
            return flow
    return None


def by_precedence(active: tuple[Interception, ...]) -> tuple[Interception, ...]:
    """Return the active interceptions, this task's own and those of all tasks first."""
    current = CURRENT.get()
    own = tuple(interception for interception in active if interception.everywhere or interception in current)
    return tuple(dict.fromkeys((*own, *active)))


def advise(message: str) -> None:
    """Give an advisory, with the user's line, to the interception that a call of this task belongs to."""
    line = calling_line(sys._getframe(1))  # noqa: SLF001  # no other access to the stack
    for interception in by_precedence(tuple(ACTIVE))[:1]:
        interception.advise(f"{message} ({line})" if line else message)


def time_scale() -> float:
    """Return the time scale of the interception that a call of this task belongs to."""
    return next((interception.time_scale() for interception in by_precedence(tuple(ACTIVE))), 1.0)
