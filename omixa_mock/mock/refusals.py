"""The block within which a test expects a call to be refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

from omixa_mock.gateway import Call

from .descriptions import describe_calls

__all__ = ["ExpectedRefusal"]


class ExpectedRefusal:
    """Expects that a call within the block is refused with a status.

    A class of its own, so that a failure shows the test's line and no frame of ours.

    Args:
        status: With which.
        calls: Reads the calls of the test.
        strays: Reads the calls that came without its key.
        accept: Told of the refused calls, numbered ones and strays.
    """

    def __init__(
        self,
        status: int,
        calls: Callable[[], Sequence[Call]],
        unmatched_calls: Callable[[], Sequence[Call]],
        accept: Callable[[Sequence[Call], Sequence[Call]], None],
    ) -> None:
        self._status = status
        self._calls = calls
        self._strays = unmatched_calls
        self._accept = accept

    def __enter__(self) -> None:
        """Begin to look."""
        self._numbers = {call.number for call in self._calls()}
        self._unmatched_before = len(self._strays())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Accept what was refused, also where the client raised on it; refuse a block without a refusal."""
        __tracebackhide__ = True
        fresh = [call for call in self._calls() if call.number not in self._numbers]
        unmatched_calls = self._strays()[self._unmatched_before :]
        refused, lost = self._refused(fresh), self._refused(unmatched_calls)
        self._accept(refused, lost)
        if kind is None and not refused and not lost:
            told = describe_calls(fresh, unmatched_calls, none="No call came within the block.")
            raise AssertionError(f"Expected a call to be refused with {self._status}; none was.\n{told}")

    def _refused(self, calls: Sequence[Call]) -> Sequence[Call]:
        return [call for call in calls if call.status == self._status and call.error]
