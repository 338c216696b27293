"""Refusals of calls that come after their test has ended: by a key of that test, or by a thread that it left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock

from omixa_mock.gateway import Call, Flow, Gateway, Problem, Request, bearer_key
from omixa_mock.gateway.calls import describe_call
from omixa_mock.shipped import shipped_contract

from .leaked_threads import LeakedThreads

__all__ = ["LateCalls"]


class LateCalls:
    """Refusals of late calls, and the list of them.

    Args:
        gateway: The session's gateway, with the tombstones of the keys of all tests.
        threads: The threads that tests left behind.
    """

    def __init__(self, gateway: Gateway, threads: LeakedThreads) -> None:
        self._gateway = gateway
        self._threads = threads
        # One gateway for each test that left a thread behind. The key of its calls may be an app's own, so that a
        # tombstone in the session's gateway would refuse it in later tests too.
        self._gateways: dict[str, Gateway] = {}
        self._lock = Lock()

    def answer(self, request: Request, *, own: str = "") -> Flow | None:
        """Return the flow that refuses a late call; None if the call is not late.

        Args:
            request: The request.
            own: The key of the running test, which is not late whatever tombstone it has.
        """
        test = self._threads.test_of_this_thread()
        if test:
            return self._gateway_of(test).handle(request)
        try:
            key = bearer_key(request.headers)
        except Problem:
            return None
        return self._gateway.handle(request) if key != own and self._gateway.workspaces.tombstone(key) else None

    def _gateway_of(self, test: str) -> Gateway:
        """Return a gateway that refuses every key under a test's name."""
        with self._lock:
            if test not in self._gateways:
                self._gateways[test] = gateway = Gateway(
                    shipped_contract(), self._gateway.workspaces.terms.settings, keys="shared"
                )
                gateway.workspaces.add_tombstone("", test)
            return self._gateways[test]

    def lines(self, elsewhere: Iterable[Call], tag: str) -> list[str]:
        """Return the late calls, each with the name of its test.

        Args:
            elsewhere: The unmatched calls of fakes in other processes, which other runs may share.
            tag: The end of the names of this run there.
        """
        own = ((call.late, call) for call in self._gateway.unmatched if call.late)
        theirs = ((call.late.removesuffix(tag), call) for call in elsewhere if call.late.endswith(tag))
        return [f"{name}: {describe_call(call)}" for calls in (own, self._of_threads(), theirs) for name, call in calls]

    def _of_threads(self) -> Iterator[tuple[str, Call]]:
        for test, gateway in tuple(self._gateways.items()):
            yield from ((test, call) for call in gateway.unmatched)
