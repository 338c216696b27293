"""Context manager that expects a call to be refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

from omixa_mock.gateway import Call

from .descriptions import describe_calls

__all__ = ["ExpectedRefusal"]


class ExpectedRefusal:
    """Context manager that expects a call within its block to be refused with a status.

    A class rather than a generator: a failure then shows the test's line and no frame of ours.

    Args:
        status: The expected status.
        calls: Returns the calls of the test.
        unmatched: Returns the calls made without its key.
        accept: Called with the refused calls, those of the test and those without its key.
    """

    def __init__(
        self,
        status: int,
        calls: Callable[[], Sequence[Call]],
        unmatched: Callable[[], Sequence[Call]],
        accept: Callable[[Sequence[Call], Sequence[Call]], None],
    ) -> None:
        self._status = status
        self._calls = calls
        self._unmatched = unmatched
        self._accept = accept

    def __enter__(self) -> None:
        """Remember the calls made before the block."""
        self._numbers = {call.number for call in self._calls()}
        self._unmatched_before = len(self._unmatched())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Accept the refusals, even if the client raised on them; fail a block without one."""
        __tracebackhide__ = True
        calls = [call for call in self._calls() if call.number not in self._numbers]
        unmatched = self._unmatched()[self._unmatched_before :]
        refused, refused_unmatched = self._refused(calls), self._refused(unmatched)
        self._accept(refused, refused_unmatched)
        if kind is None and not refused and not refused_unmatched:
            lines = describe_calls(calls, unmatched, none="No call came within the block.")
            raise AssertionError(f"Expected a call to be refused with {self._status}; none was.\n{lines}")

    def _refused(self, calls: Sequence[Call]) -> Sequence[Call]:
        return [call for call in calls if call.status == self._status and call.error]
