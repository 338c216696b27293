"""Context manager that expects a call to be refused, and describes the refusal afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from omixa_mock.gateway import Call, Refusal
from omixa_mock.gateway.calls import describe_calls, head_of, present

from .absence import mention_others, mention_under_way, mention_unmatched
from .workspace_client import WorkspaceClient

__all__ = ["ExpectedRefusal"]


class ExpectedRefusal:
    """Context manager that expects a call within its block to be refused; after the block it describes the refusal.

    A class rather than a generator: a failure then shows the test's line and no frame of ours.

    Args:
        status: The expected status; None for any.
        match: A regular expression that the message must contain; None for any message.
        client: Access to the workspace.
        accept: Called with the refused calls, those of the test and those without its key.
    """

    def __init__(
        self,
        status: int | None,
        match: str | re.Pattern[str] | None,
        client: WorkspaceClient,
        accept: Callable[[Sequence[Call], Sequence[Call]], None],
    ) -> None:
        self._status = status
        self._pattern = None if match is None else re.compile(match)
        self._client = client
        self._accept = accept
        self._call: Call | None = None

    @property
    def call(self) -> Call:
        """Return the newest call that was refused as expected.

        Raises:
            LookupError: The block has not ended, or no call was refused as expected.
        """
        if self._call is None:
            raise LookupError("There is no refusal yet: it can be read after the `with` block of expect_refusal()")
        return self._call

    @property
    def error(self) -> Refusal:
        """Return why the call was refused: name, message, rules.

        Raises:
            LookupError: As `call`.
        """
        error = self.call.error
        if error is None:
            raise LookupError(f"{self.call!r} was not refused")
        return error

    @property
    def status(self) -> int:
        """Return the status of the response.

        Raises:
            LookupError: As `call`.
        """
        return self.call.response.status

    @property
    def message(self) -> str:
        """Return the message of the refusal.

        Raises:
            LookupError: As `call`.
        """
        return self.error.message

    def __enter__(self) -> Self:
        """Remember the calls made before the block, and return the object that describes the refusal after it."""
        self._numbers = {call.number for call in self._client.calls()}
        self._unmatched_before = len(self._client.unmatched_calls())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Accept the refusals, even if the client raised on them; fail a block without one."""
        __tracebackhide__ = True
        calls = [call for call in self._client.calls() if call.number not in self._numbers]
        unmatched = self._client.unmatched_calls()[self._unmatched_before :]
        refused, refused_unmatched = self._expected(calls), self._expected(unmatched)
        self._accept(refused, refused_unmatched)
        self._call = next(reversed((*refused_unmatched, *refused)), None)
        if kind is None and self._call is None:
            raise AssertionError(self._explain(calls, unmatched))

    def _expected(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Return the calls that were refused as expected."""
        return [call for call in self._refused(calls) if self._matches(call)]

    def _refused(self, calls: Sequence[Call]) -> Sequence[Call]:
        return [call for call in calls if call.error and self._status in {None, call.status}]

    def _matches(self, call: Call) -> bool:
        return self._pattern is None or bool(call.error and self._pattern.search(call.error.message))

    def _explain(self, calls: Sequence[Call], unmatched: Sequence[Call]) -> str:
        """Return why the block had no expected refusal."""
        status = "" if self._status is None else f" with {self._status}"
        refused = self._refused((*unmatched, *calls))
        if refused and self._pattern is not None:
            messages = [
                "\n    ".join([head_of(call), *(call.error.message if call.error else "").splitlines()])
                for call in refused[-3:]
            ]
            wanted = f"a message that matches {present(self._pattern.pattern)}"
            return "\n".join([f"Expected a call to be refused{status}, by {wanted}; none was.", *messages])
        return f"Expected a call to be refused{status}; none was.\n{self._describe(calls, unmatched)}"

    def _describe(self, calls: Sequence[Call], unmatched: Sequence[Call]) -> str:
        if calls:
            return describe_calls(calls)
        under_way, others = self._client.unrecorded(), mention_others(self._client.other_calls())
        begin = f"No call {'ended' if under_way else 'came'} within the block."
        return f"{begin}{mention_under_way(under_way)}{others}{mention_unmatched(unmatched)}"
