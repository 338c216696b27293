"""Reasons why a mock has no calls: none came, one is under way, or they came under another key."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import cut, describe_call

from .workspace_client import OtherCalls, WorkspaceClient

__all__ = [
    "Absence",
    "describe_under_way",
    "explain_absence",
    "mention_others",
    "mention_under_way",
    "mention_unmatched",
]


class Absence(Struct, frozen=True):
    """Reason why a mock has no calls.

    Attributes:
        reason: The reason, without a full stop.
        details: What is known of calls elsewhere, one per line; each line begins with a line feed.
    """

    reason: str
    details: str = ""

    def after(self, beginning: str) -> str:
        """Return a message that ends in the reason and the details."""
        return cut(f"{beginning}{self.reason}.{self.details}")

    def __str__(self) -> str:
        return cut(f"{self.reason[0].upper()}{self.reason[1:]}.{self.details}")


def explain_absence(client: WorkspaceClient) -> Absence:
    """Return the reason why a workspace has no calls."""
    under_way, others, unmatched = client.unrecorded(), client.other_calls(), client.unmatched_calls()
    details = f"{mention_under_way(under_way)}{mention_others(others)}{mention_unmatched(unmatched)}"
    if under_way:
        return Absence("no call has ended", details)
    return Absence("no call came under this test's key" if details else "the gateway was not called", details)


def mention_under_way(number: int) -> str:
    """Return a line about calls under way, and how to wait for them; empty if there are none."""
    if not number:
        return ""
    return (
        f"\n{describe_under_way(number)}: wait for {'it' if number == 1 else 'them'} with settle(), "
        "in a running event loop with `await mock.asettle()`"
    )


def describe_under_way(number: int) -> str:
    """Return how many calls are under way: `1 call is under way`."""
    return f"{count_calls(number)} {'is' if number == 1 else 'are'} under way"


def mention_others(others: Sequence[OtherCalls]) -> str:
    """Return a line for each other key under which calls came; empty if there is none."""
    return "".join(f"\n{count_calls(other.number)} came under {describe_key(other)}" for other in others)


def describe_key(other: OtherCalls) -> str:
    """Return a key without its secret, and how a test counts its calls."""
    if other.fixture:
        return f"{other.fixture}'s key: omixa_mock_server.adopt({other.fixture}.api_key)"
    return f'another key, {other.label}: mock.adopt("<that key>") counts its calls here'


def mention_unmatched(unmatched: Sequence[Call]) -> str:
    """Return a line about calls made without the test's own key; empty if there are none."""
    if not unmatched:
        return ""
    number = count_calls(len(unmatched))
    return f"\nBut {number} came without this test's key, the last one: {describe_call(unmatched[-1])}"


def count_calls(number: int) -> str:
    """Return a number of calls in words: `1 call`, `2 calls`."""
    return f"{number} {'call' if number == 1 else 'calls'}"
