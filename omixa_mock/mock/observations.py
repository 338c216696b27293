"""Observations: the calls, the wallet and the plans of one mock."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from omixa_mock.gateway import Call, PlanState
from omixa_mock.kit.identify import identify

from .ledger_table import Ledger
from .workspace_client import Balance, WorkspaceClient

__all__ = ["Observations"]

# Seconds that `settle` waits for calls that are under way.
SETTLING = 2.0


class Observations:
    """What a test can read of its mock.

    Args:
        client: Access to the mock's workspace.
    """

    def __init__(self, client: WorkspaceClient) -> None:
        self._client = client

    @property
    def calls(self) -> Sequence[Call]:
        """Return the calls that have ended, oldest first."""
        return self._client.calls()

    @property
    def last(self) -> Call:
        """Return the newest call.

        Raises:
            AssertionError: There was none.
        """
        __tracebackhide__ = True
        calls = self.calls
        if not calls:
            raise AssertionError("There is no last call: the gateway was not called.")
        return calls[-1]

    @property
    def unmatched_calls(self) -> Sequence[Call]:
        """Return the calls made without the key of any test; in process there are none."""
        return self._client.unmatched_calls()

    @property
    def wallet(self) -> Balance:
        """Return the wallet as it is now: balance, held, captured, available."""
        return self._client.wallet()

    @property
    def ledger(self) -> Ledger:
        """Return the wallet's entries, oldest first; they print as a table."""
        return Ledger(self._client.ledger())

    @property
    def plans(self) -> Sequence[PlanState]:
        """Return the planned faults in order, each with the calls that it has met."""
        return self._client.plan_states()

    def identify(self, image: bytes | bytearray | memoryview | str | os.PathLike[str]) -> Call | None:
        """Return the call that made an image, given as bytes or as a path; None if none of these calls did."""
        fingerprint = identify(image)
        return next((call for call in self.calls if fingerprint in call.fingerprints), None) if fingerprint else None

    def settle(self) -> Sequence[Call]:
        """Wait until no call is under way, at most two seconds, and return the calls.

        A server learns a moment later that a client has left. A call that hangs while its client
        stays does not end; `settle` gives up on it.
        """
        deadline = time.monotonic() + SETTLING
        while self._client.under_way() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.calls
