"""Access to one workspace: the interface, whose clients are `LocalClient` and `RemoteClient`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from msgspec import Struct

from omixa_mock.gateway import Call, LedgerEntry, PlanState
from omixa_mock.gateway.money import EXACT

__all__ = ["Balance", "OtherCalls", "WorkspaceClient"]


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


class OtherCalls(Struct, frozen=True):
    """Calls that came to the same gateway under another key.

    Attributes:
        label: The redacted key.
        number: The number of calls since this mock began.
        fixture: The name of the fixture that the key belongs to; empty if it is none's.
    """

    label: str
    number: int
    fixture: str = ""


class WorkspaceClient(Protocol):
    """Reads and changes one workspace, in this process or in another one."""

    def field_names(self) -> Sequence[str]:
        """Return the names of the request fields that the contract knows."""

    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""

    def evicted(self) -> int:
        """Return how many calls have ended and are not among `calls` any more."""

    def unmatched_calls(self) -> Sequence[Call]:
        """Return the calls made meanwhile that belong to no workspace: without a key, or with an unknown one."""

    def other_calls(self) -> Sequence[OtherCalls]:
        """Return the calls made meanwhile under other keys, as far as they can be seen."""

    def ledger(self) -> Sequence[LedgerEntry]:
        """Return the wallet's entries, oldest first."""

    def wallet(self) -> Balance:
        """Return the wallet as it is now."""

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings, balance, models or routes_down; all or nothing."""

    def reset(self) -> None:
        """Begin the workspace anew, with the gateway's own settings."""

    def plan(self, what: Any) -> None:
        """Plan faults for the next calls (see `read_plan`)."""

    def under_way(self) -> int:
        """Return how many calls have not ended."""

    def unrecorded(self) -> int:
        """Return how many calls have begun and are not among `calls`; a call is, before its response is sent."""

    def plan_states(self) -> Sequence[PlanState]:
        """Return the plans in order, each with the calls that it has met."""
