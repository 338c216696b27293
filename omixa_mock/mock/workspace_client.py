"""Access to one workspace: the interface, and the client of a workspace in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct

from omixa_mock.gateway import Call, LedgerEntry, PlanState, Problem, SettingError, Workspace
from omixa_mock.gateway.calls import BoundedLog
from omixa_mock.gateway.money import EXACT

__all__ = ["Balance", "LocalClient", "WorkspaceClient"]


class Balance(Struct, frozen=True):
    """A wallet at one moment, in USD.

    Attributes:
        balance: The money in the wallet.
        held: The part of it that open holds reserve.
        captured: The sum of all captures.
    """

    balance: Decimal
    held: Decimal
    captured: Decimal

    @property
    def available(self) -> Decimal:
        """Return what a new hold may reserve."""
        return EXACT.subtract(self.balance, self.held)


class WorkspaceClient(Protocol):
    """Reads and changes one workspace, in this process or in another one."""

    def field_names(self) -> Sequence[str]:
        """Return the names of the request fields that the contract knows."""

    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""

    def unmatched_calls(self) -> Sequence[Call]:
        """Return the calls made meanwhile that belong to no workspace: without a key, or with an unknown one."""

    def ledger(self) -> Sequence[LedgerEntry]:
        """Return the wallet's entries, oldest first."""

    def wallet(self) -> Balance:
        """Return the wallet as it is now."""

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, balance, models or routes_down; all or nothing."""

    def plan(self, what: Any) -> None:
        """Plan faults for the next calls (see `read_plan`)."""

    def under_way(self) -> int:
        """Return how many calls have not ended."""

    def plan_states(self) -> Sequence[PlanState]:
        """Return the plans in order, each with the calls that it has met."""


class LocalClient:
    """Client of a workspace in this process.

    Args:
        workspace: The workspace, or a function that finds it: one that may be reset is looked up each time.
        unmatched: The gateway's log of calls that belong to no workspace; None if every call belongs to this one.
    """

    def __init__(
        self, workspace: Workspace | Callable[[], Workspace], unmatched: BoundedLog[Call] | None = None
    ) -> None:
        self._find = workspace if callable(workspace) else lambda: workspace
        self._found: Workspace | None = None
        self._unmatched = BoundedLog() if unmatched is None else unmatched
        self._filed_before = self._unmatched.appended

    @property
    def _workspace(self) -> Workspace:
        try:
            self._found = self._find()
        except Problem as problem:
            # A closed workspace is not found any more; one that was seen before can still be read.
            if self._found is None:
                message = f"{problem.message} To begin it anew: mock.gateway.workspaces.open(mock.api_key)"
                raise RuntimeError(message) from None
        return self._found

    def field_names(self) -> Sequence[str]:
        """Return the names of the request fields that the contract knows."""
        return self._workspace.terms.contract.field_names

    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""
        return tuple(self._workspace.journal)

    def unmatched_calls(self) -> Sequence[Call]:
        """Return the calls made meanwhile that belong to no workspace, without the late ones of other tests."""
        fresh = self._unmatched.appended - self._filed_before
        newest = tuple(self._unmatched)[-fresh:] if fresh else ()
        return tuple(call for call in newest if not call.late)

    def ledger(self) -> Sequence[LedgerEntry]:
        """Return the wallet's entries, oldest first."""
        return tuple(self._workspace.wallet.ledger)

    def wallet(self) -> Balance:
        """Return the wallet as it is now."""
        wallet = self._workspace.wallet
        return Balance(wallet.balance, wallet.held, wallet.captured)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, balance, models or routes_down; all or nothing."""
        __tracebackhide__ = True
        try:
            self._workspace.configure(changes)
        except SettingError as error:
            # The user's line is at fault, not ours below it.
            raise error.with_traceback(None) from None

    def plan(self, what: Any) -> None:
        """Plan faults for the next calls (see `read_plan`)."""
        __tracebackhide__ = True
        try:
            self._workspace.plan(what)
        except SettingError as error:
            raise error.with_traceback(None) from None

    def under_way(self) -> int:
        """Return how many calls have not ended."""
        return self._workspace.under_way

    def plan_states(self) -> Sequence[PlanState]:
        """Return the plans in order, each with the calls that it has met."""
        return tuple(self._workspace.plan_states)
