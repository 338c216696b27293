"""Client of a workspace in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from omixa_mock.gateway import Call, Gateway, LedgerEntry, PlanState, Problem, SettingError, Settings, Workspace

from .workspace_client import Balance, OtherCalls

__all__ = ["LocalClient"]

NO_NAMES: Mapping[str, str] = MappingProxyType({})


class LocalClient:
    """Client of the workspace of one key. It is looked up each time, since control routes may reset it.

    Args:
        gateway: The gateway.
        key: The key, which opens the workspace at its first use if the gateway's policy on keys allows.
        names: The fixtures that other keys belong to, by the label of the key.
    """

    def __init__(self, gateway: Gateway, key: str, names: Mapping[str, str] = NO_NAMES) -> None:
        self._gateway = gateway
        self._key = key
        self._names = names
        self._found: Workspace | None = None
        self._begin()

    def _begin(self) -> None:
        """Count the calls of others from now on."""
        self._filed_before = self._gateway.unmatched.appended
        before = {workspace: workspace.arrived for workspace in self._gateway.workspaces}
        self._arrived_before = WeakKeyDictionary(before)

    @property
    def _workspace(self) -> Workspace:
        try:
            self._found = self._gateway.workspaces.enter(self._key)
        except Problem as problem:
            # A closed workspace is not found any more; one that was seen before can still be read.
            if self._found is None:
                message = f"{problem.message} To begin it anew: mock.gateway.workspaces.open(mock.api_key)"
                raise RuntimeError(message) from None
        return self._found

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        return self._workspace.settings

    def field_names(self) -> Sequence[str]:
        """Return the names of the request fields that the contract knows."""
        return self._workspace.terms.contract.field_names

    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""
        return tuple(self._workspace.journal)

    def evicted(self) -> int:
        """Return how many calls have ended and are not among `calls` any more."""
        return self._workspace.journal.evicted

    def unmatched_calls(self) -> Sequence[Call]:
        """Return the calls made meanwhile that belong to no workspace, without the late ones of other tests."""
        fresh = self._gateway.unmatched.appended - self._filed_before
        newest = tuple(self._gateway.unmatched)[-fresh:] if fresh else ()
        return tuple(call for call in newest if not call.late)

    def other_calls(self) -> Sequence[OtherCalls]:
        """Return the calls made meanwhile under other keys that have a workspace."""
        own, before = self._workspace, self._arrived_before
        numbers = {
            workspace.label: workspace.arrived - before.get(workspace, 0)
            for workspace in self._gateway.workspaces
            if workspace is not own
        }
        return tuple(
            OtherCalls(label, number, self._names.get(label, "")) for label, number in numbers.items() if number
        )

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

    def reset(self) -> None:
        """Begin the workspace anew, with the gateway's own settings; it keeps the keys that it adopted."""
        self._found = self._gateway.workspaces.reset(self._key)
        self._begin()

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

    def unrecorded(self) -> int:
        """Return how many calls have begun and are not among `calls`."""
        workspace = self._workspace
        # A call that ended after its workspace was closed is in no journal of a test.
        return max(0, min(workspace.under_way, workspace.arrived - workspace.journal.appended))

    def plan_states(self) -> Sequence[PlanState]:
        """Return the plans in order, each with the calls that it has met."""
        return tuple(self._workspace.plan_states)
