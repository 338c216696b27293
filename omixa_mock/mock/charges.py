"""What the bill of a test's calls says: charges that came twice, and charges for nothing.

    duplicate   the same order charged again after its response was lost
    orphan      charged, and the client left before its response was complete, or
                took a 200 without a usable image and never asked again

What a plan lost on purpose is no orphan: a plan that resets a connection tests
the retry, and only a retry that pays twice is a finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from omixa_mock.gateway import CATALOGUE, Call, read_fault

from .expectations import describe_calls

__all__ = ["charged", "find_duplicate", "find_orphans", "tell_charges"]


def charged(calls: Sequence[Call]) -> list[Call]:
    """The calls that were charged."""
    return [call for call in calls if call.charge is not None]


def find_duplicate(calls: Sequence[Call]) -> tuple[Call, Call] | None:
    """The first call whose response was lost and whose order was charged again, with the call that did."""
    lost: dict[str, Call] = {}
    for call in charged(calls):
        digest = call.image_request.digest if call.image_request else ""
        if digest in lost:
            return lost[digest], call
        if call.lost:
            lost[digest] = call
    return None


def find_orphans(calls: Sequence[Call]) -> list[Call]:
    """The calls that were charged for nothing, and of which no client asked again."""
    paid = charged(calls)
    newest = {call.image_request.digest: call.number for call in calls if call.image_request}
    return [
        call
        for call in paid
        if (call.client_left and not lost_on_purpose(call))
        or (took_it_for_good(call) and call.image_request and newest[call.image_request.digest] == call.number)
    ]


def lost_on_purpose(call: Call) -> bool:
    """Whether a plan meant the response to be lost; a client that leaves a mere delay leaves by itself."""
    return bool(call.fault) and read_fault(call.fault).loses


def took_it_for_good(call: Call) -> bool:
    """Whether the client got a whole success without a usable image."""
    return call.lost and bool(call.fault) and CATALOGUE[read_fault(call.fault).name].family == "wrong success"


def tell_charges(calls: Sequence[Call]) -> str:
    """The charges one by one, and where one repeats an order whose response was lost, that it does."""
    duplicate = find_duplicate(calls)
    told = describe_calls(charged(calls))
    if duplicate is None:
        return told
    first, again = duplicate
    why = f"the plan {first.fault}" if first.fault else "the client had left"
    return (
        f"{told}\nCall #{again.number} repeats the order of #{first.number}, which was charged and whose response was "
        f"lost ({why}): a client that retries blindly pays again. Let it retry only what was not charged, "
        "or send an Idempotency-Key and ask usage/requests first."
    )
