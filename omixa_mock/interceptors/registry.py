"""Whose a call is: the openings that answer in this process, and in which order they are asked."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Self

from omixa_mock.gateway import Flow, Request

from .exchange import StartFlow

__all__ = ["CURRENT", "OPEN", "Interception", "flow_of"]


class Interception:
    """One who answers calls until it is closed, which the end of a `with` block does.

    Args:
        answering: Who answers.
        everywhere: Whether it answers for all tasks and threads alike, as a test's fixture does.
    """

    def __init__(self, start_flow: StartFlow, *, everywhere: bool) -> None:
        self.start_flow = start_flow
        self.everywhere = everywhere

    def begin(self) -> None:
        """Be asked from now on."""
        OPEN.insert(0, self)
        CURRENT.set((*CURRENT.get(), self))

    def end(self) -> None:
        """Be asked no more."""
        if self in OPEN:
            OPEN.remove(self)
        # Not by a token: it may have begun in another task, whose tokens are of no use here.
        CURRENT.set(tuple(each for each in CURRENT.get() if each is not self))

    def close(self) -> None:
        """Be asked no more, and leave the libraries as they were when this was the last one."""
        self.end()

    def __enter__(self) -> Self:
        """It is open already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


# Those that are open, the newest first.
OPEN: list[Interception] = []
# Those that were opened in this task, or before it in what started it; some may be closed.
CURRENT: ContextVar[tuple[Interception, ...]] = ContextVar("omixa_mock_current", default=())


def flow_of(request: Request) -> Flow | None:
    """The journey by the first opening that claims a request.

    The newest of this task's own and of those for everybody come first: interceptions of
    tasks and threads may overlap. A thread has none of its own, and asks the newest of all.
    """
    mine, others = CURRENT.get(), tuple(OPEN)
    if len(others) == 1:
        return others[0].start_flow(request)
    own = tuple(each for each in others if each.everywhere or each in mine)
    for opening in dict.fromkeys((*own, *others)):
        flow = opening.start_flow(request)
        if flow is not None:
            return flow
    return None
