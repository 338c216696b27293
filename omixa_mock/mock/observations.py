"""Observations: the calls, the wallet and the plans of one mock."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

# Bound here: tests replace `time.sleep`, and freeze every clock.
from time import sleep
from typing import TypeVar

from omixa_mock.gateway import Call
from omixa_mock.kit.identification import find_makers
from omixa_mock.kit.identify import identify

from .absence import Absence, describe_under_way, explain_absence
from .advising import warn_user
from .tables import Ledger, Plans
from .workspace_client import Balance, WorkspaceClient

__all__ = ["Observations"]

T = TypeVar("T")
# Seconds that `settle` waits for calls that are under way, in so many sleeps of this length.
SETTLING, PAUSE = 2.0, 0.005
# Sleeps in a running event loop, for a server that is about to end a call whose response was sent.
BRIEFLY = 2


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
    def evicted(self) -> int:
        """Return how many calls have ended and are not among `calls` any more: the journal is bounded."""
        return self._client.evicted()

    @property
    def last(self) -> Call:
        """Return the newest call.

        Raises:
            AssertionError: There was none.
        """
        __tracebackhide__ = True
        calls = self.calls
        if not calls:
            raise AssertionError(self.absence.after("There is no last call: "))
        return calls[-1]

    @property
    def unmatched_calls(self) -> Sequence[Call]:
        """Return the calls made without the key of any test; in process there are none."""
        return self._client.unmatched_calls()

    @property
    def absence(self) -> Absence:
        """Return the reason why there are no calls, for messages."""
        return explain_absence(self._client)

    @property
    def wallet(self) -> Balance:
        """Return the wallet as it is now: balance, held, captured, available."""
        return self._client.wallet()

    @property
    def ledger(self) -> Ledger:
        """Return the wallet's entries, oldest first; they print as a table."""
        return Ledger(self._client.ledger())

    @property
    def plans(self) -> Plans:
        """Return the planned faults in order, each with the calls that it has met; they print as a table."""
        return Plans(self._client.plan_states())

    def identify(self, image: bytes | bytearray | memoryview | str | os.PathLike[str]) -> Call | None:
        """Return the call that made an image, given as bytes or as a path; None if none of these calls did."""
        fingerprint = identify(image)
        return next(iter(find_makers(self.calls, fingerprint)), None) if fingerprint else None

    def settle(self) -> Sequence[Call]:
        """Wait until no call is under way, at most two seconds, and return the calls.

        A server learns a moment later that a client has left. In a running event loop the wait would block what it
        waits for: there `settle` returns at once, with an `OmixaAdvisory` if a call is under way.
        """
        number = self._wait()
        if number and runs_in_event_loop():
            warn_user(
                f"{describe_under_way(number)}: in a running event loop settle() does not wait, nor do the assertions "
                "that call it. Write `await mock.asettle()` before them"
            )
        elif number:
            self._give_up(number, "settle")
        return self.calls

    async def asettle(self) -> Sequence[Call]:
        """Wait until no call is under way, at most two seconds, without blocking the event loop; return the calls."""
        for _ in range(sleeps()):
            if await in_thread(self._settled_or_sleep):
                return await in_thread(self._client.calls)
        self._give_up(await in_thread(self._client.under_way), "asettle")
        return await in_thread(self._client.calls)

    def _wait(self) -> int:
        """Wait until no call is under way, in a running event loop only briefly; return how many still are."""
        # A call that is not recorded cannot be about to end.
        briefly = runs_in_event_loop()
        rounds = (0 if self._client.unrecorded() else BRIEFLY) if briefly else sleeps()
        if any(self._settled_or_sleep() for _ in range(rounds)):
            return 0
        return self._client.under_way()

    def _settled_or_sleep(self) -> bool:
        """Return True if no call is under way; otherwise sleep for a moment."""
        if not self._client.under_way():
            return True
        sleep(PAUSE)
        return False

    def _give_up(self, number: int, method: str) -> None:
        """Advise of calls that did not end."""
        if number:
            warn_user(
                f"{method}() gave up after {SETTLING:g} s: {describe_under_way(number)}. "
                "A call that hangs ends only when its client leaves"
            )


def sleeps() -> int:
    """Return the number of sleeps after which a wait ends."""
    return max(1, round(SETTLING / PAUSE))


def runs_in_event_loop() -> bool:
    """Return True if the caller runs in an event loop of asyncio or trio, which a wait would block."""
    trio = sys.modules.get("trio")
    for current in (asyncio.get_running_loop, *((trio.lowlevel.current_task,) if trio else ())):
        with suppress(RuntimeError):
            current()
            return True
    return False


async def in_thread(function: Callable[[], T]) -> T:
    """Return the result of a function, called in a thread: loops have timers, which a frozen clock stops."""
    try:
        from anyio.to_thread import run_sync
    except ImportError:
        return await asyncio.to_thread(function)
    run: Callable[[Callable[[], T]], Awaitable[T]] = run_sync
    return await run(function)
