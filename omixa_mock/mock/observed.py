"""What happened at a fake gateway, as one test sees it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from omixa_mock.gateway import Call, PlanState
from omixa_mock.kit.identify import identify

from .ledger_table import Ledger
from .workspace_client import Balance, WorkspaceClient

__all__ = ["Observed"]

# How long a reader waits for calls that are under way.
SETTLING = 2.0


class Observed:
    """The calls of a test, its wallet, its plans.

    Args:
        books: Where they are written down.
    """

    def __init__(self, client: WorkspaceClient) -> None:
        self._client = client

    @property
    def calls(self) -> Sequence[Call]:
        """The calls that have ended, oldest first."""
        return self._client.calls()

    @property
    def last(self) -> Call:
        """The newest call.

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
        """The calls that came to the test's server without the key of any test; in process there are none."""
        return self._client.unmatched_calls()

    @property
    def wallet(self) -> Balance:
        """The wallet as it is now: balance, held, captured, available."""
        return self._client.wallet()

    @property
    def ledger(self) -> Ledger:
        """The wallet's entries, oldest first; prints as a table."""
        return Ledger(self._client.ledger())

    @property
    def plans(self) -> Sequence[PlanState]:
        """The planned failures, in order, with what they have met."""
        return self._client.runs()

    def identify(self, image: bytes | bytearray | memoryview | str | os.PathLike[str]) -> Call | None:
        """The call that made an image, given as bytes or as a path; None where it was none of these calls."""
        fingerprint = identify(image)
        return next((call for call in self.calls if fingerprint in call.fingerprints), None) if fingerprint else None

    def settle(self) -> Sequence[Call]:
        """The calls, once those under way have ended: a server learns a moment later that a client left.

        A call that hangs while its client stays is waited for in vain, two seconds long.
        """
        patient_until = time.monotonic() + SETTLING
        while self._client.under_way() and time.monotonic() < patient_until:
            time.sleep(0.005)
        return self.calls
