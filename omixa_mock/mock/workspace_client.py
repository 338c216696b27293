"""What a handle reads and changes: the books of one workspace, here or in another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct

from omixa_mock.gateway import Call, LedgerEntry, PlanState, Problem, SettingError, Workspace
from omixa_mock.gateway.calls import BoundedLog
from omixa_mock.gateway.money import EXACT

__all__ = ["Balance", "WorkspaceClient", "LocalClient"]


class Balance(Struct, frozen=True):
    """A wallet at one moment, in USD.

    Attributes:
        balance: What it holds.
        held: What open holds reserve of it.
        captured: What all captures charged.
    """

    balance: Decimal
    held: Decimal
    captured: Decimal

    @property
    def available(self) -> Decimal:
        """What a new hold may reserve."""
        return EXACT.subtract(self.balance, self.held)


class WorkspaceClient(Protocol):
    """The books of one workspace."""

    def calls(self) -> Sequence[Call]:
        """The calls that have ended, oldest first."""

    def unmatched_calls(self) -> Sequence[Call]:
        """The calls that came meanwhile and that no workspace claims: without a key, or with one unknown."""

    def ledger(self) -> Sequence[LedgerEntry]:
        """The wallet's entries, oldest first."""

    def wallet(self) -> Balance:
        """The wallet as it is now."""

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, balance, models or routes_down; all or nothing."""

    def plan(self, what: Any) -> None:
        """Plan faults for the calls to come (see `planning.read_plan`)."""

    def under_way(self) -> int:
        """How many calls have not ended."""

    def runs(self) -> Sequence[PlanState]:
        """The plans, in order, with what they have met."""


class LocalClient:
    """The books of a workspace in this process.

    Args:
        workspace: The workspace, or what finds it: one that may begin anew is looked up each time.
        unclaimed: Where its gateway files calls that no workspace claims; None where every call is this one's.
    """

    def __init__(
        self, workspace: Workspace | Callable[[], Workspace], unmatched: BoundedLog[Call] | None = None
    ) -> None:
        self._find = workspace if callable(workspace) else lambda: workspace
        self._found = self._find()
        self._unmatched = BoundedLog() if unmatched is None else unmatched
        self._filed_before = self._unmatched.filed

    @property
    def _workspace(self) -> Workspace:
        # A closed one is not found any more; its books are still there to be read.
        with suppress(Problem):
            self._found = self._find()
        return self._found

    def calls(self) -> Sequence[Call]:
        """The calls that have ended, oldest first."""
        return tuple(self._workspace.journal)

    def unmatched_calls(self) -> Sequence[Call]:
        """The calls that came meanwhile and that no workspace claims; late ones of other tests are none."""
        fresh = self._unmatched.filed - self._filed_before
        newest = tuple(self._unmatched)[-fresh:] if fresh else ()
        return tuple(call for call in newest if not call.late)

    def ledger(self) -> Sequence[LedgerEntry]:
        """The wallet's entries, oldest first."""
        return tuple(self._workspace.wallet.ledger)

    def wallet(self) -> Balance:
        """The wallet as it is now."""
        wallet = self._workspace.wallet
        return Balance(wallet.balance, wallet.held, wallet.captured)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, balance, models or routes_down; all or nothing."""
        __tracebackhide__ = True
        try:
            self._workspace.configure(changes)
        except SettingError as error:
            # The user's line is what is wrong, not ours below it.
            raise error.with_traceback(None) from None

    def plan(self, what: Any) -> None:
        """Plan faults for the calls to come (see `planning.read_plan`)."""
        __tracebackhide__ = True
        try:
            self._workspace.plan(what)
        except SettingError as error:
            raise error.with_traceback(None) from None

    def under_way(self) -> int:
        """How many calls have not ended."""
        return self._workspace.under_way

    def runs(self) -> Sequence[PlanState]:
        """The plans, in order, with what they have met."""
        return tuple(self._workspace.runs)
