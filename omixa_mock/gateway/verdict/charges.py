"""Charges of a test's calls: those made twice, and those made for nothing.

    duplicate   the same request charged again after its response was lost
    orphan      charged, and the client left before its response was complete, or
                got a 200 without a usable image and never asked again

A response that a plan lost is no orphan: a plan that resets a connection tests
the retry, and only a retry that pays twice is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from omixa_mock.gateway.calls import Call, describe_call, describe_calls
from omixa_mock.gateway.faults import fault_of

__all__ = [
    "charged",
    "describe_charges",
    "describe_duplicate",
    "describe_orphan",
    "find_duplicate",
    "find_duplicates",
    "find_orphans",
]


def charged(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that were charged."""
    return [call for call in calls if call.charged]


def find_duplicate(calls: Sequence[Call]) -> tuple[Call, Call] | None:
    """Return the first call whose response was lost and whose request was charged again, with the call that was."""
    return next(find_duplicates(calls), None)


def find_duplicates(calls: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Yield each call that was charged for a request whose response had been lost, behind the call that lost it."""
    lost: dict[str, Call] = {}
    for call in charged(calls):
        digest = call.image_request.digest if call.image_request else ""
        if digest in lost:
            yield lost[digest], call
        elif call.lost:
            lost[digest] = call


def find_orphans(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that were charged for nothing, and whose request no client sent again."""
    newest = {call.image_request.digest: call.number for call in calls if call.image_request}
    return [
        call
        for call in charged(calls)
        if (call.client_left and not lost_on_purpose(call))
        or (accepted_as_success(call) and call.image_request and newest[call.image_request.digest] == call.number)
    ]


def lost_on_purpose(call: Call) -> bool:
    """Return True if a plan meant the response to be lost. During a mere delay, a client leaves by itself."""
    return fault_of(call).loses


def accepted_as_success(call: Call) -> bool:
    """Return True if the client got a whole success without a usable image."""
    return call.lost and fault_of(call).family == "wrong success"


def describe_charges(calls: Sequence[Call]) -> str:
    """Return the charges one per line, and which of them repeats a request whose response was lost."""
    duplicate = find_duplicate(calls)
    lines = describe_calls(charged(calls))
    if duplicate is None:
        return lines
    return f"{lines}\n{describe_duplicate(*duplicate)}"


def describe_duplicate(first: Call, again: Call) -> str:
    """Return why a charge repeats an earlier one, and how a client prevents it."""
    reason = f"the plan {first.fault}" if first.fault else "the client had left"
    return (
        f"Call #{again.number} repeats the request of #{first.number}, which was charged and whose response "
        f"was lost ({reason}): a client that retries blindly pays again. Let it retry only what was not charged: "
        "GET /api/v1/usage/requests lists the last calls with their cost."
    )


def describe_orphan(call: Call) -> str:
    """Return an orphan charge in one line."""
    return f"Charged, and the client was left without a usable image: {describe_call(call)}"
