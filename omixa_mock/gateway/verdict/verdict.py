"""Verdict on the calls of one workspace: the findings for which a test fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from omixa_mock.gateway.calls import LINE_MAX, Call, cut, head_of
from omixa_mock.gateway.faults import PlanState
from omixa_mock.gateway.money import LedgerEntry

from .breaches import breaks_contract
from .charges import describe_duplicate, describe_orphan, find_duplicates, find_orphans
from .evictions import describe_evicted
from .open_holds import describe_held, find_open_holds, sum_held
from .plan_outcomes import describe_unmet, find_passed, is_unmet

__all__ = ["FINDINGS", "Evidence", "Finding", "Verdict", "reach_verdict"]


class Evidence(Struct, frozen=True):
    """Records of one workspace at one moment.

    Attributes:
        calls: The calls that have ended, oldest first.
        plan_states: The plans, with the calls that they have met.
        ledger: The wallet's entries, oldest first.
        under_way: The numbers of the calls that have not ended.
        evicted: The number of calls that the journal has evicted.
    """

    calls: Sequence[Call] = ()
    plan_states: Sequence[PlanState] = ()
    ledger: Sequence[LedgerEntry] = ()
    under_way: Sequence[int] = ()
    evicted: int = 0


class Finding(Struct, frozen=True):
    """One finding.

    Attributes:
        calls: The numbers of its calls; empty if it has none.
        message: The finding in one line.
    """

    calls: tuple[int, ...]
    message: str


class Verdict(Struct, frozen=True):
    """Verdict on the calls of one workspace.

    Attributes:
        ok: True if there is no finding.
        calls: The number of calls that have come, in case there should have been some.
        refused: Calls that broke the contract.
        unfired_plans: Planned faults that did not come.
        duplicate_charges: Requests that were charged again after their response was lost.
        orphan_charges: Charges that left their client without a usable image.
        open_holds: Money held for calls that have not ended.
        under_way: Calls that have not ended.
        evicted: Calls that the journal has evicted, so that nothing is known of them.
    """

    ok: bool
    calls: int
    refused: tuple[Finding, ...]
    unfired_plans: tuple[Finding, ...]
    duplicate_charges: tuple[Finding, ...]
    orphan_charges: tuple[Finding, ...]
    open_holds: tuple[Finding, ...]
    under_way: tuple[Finding, ...]
    evicted: tuple[Finding, ...]


def reach_verdict(evidence: Evidence) -> Verdict:
    """Return the verdict on the records of a workspace."""
    found = {name: tuple(find(evidence)) for name, find in FINDINGS.items()}
    # A call whose response is being sent is in the journal already.
    number = len({*(call.number for call in evidence.calls), *evidence.under_way}) + evidence.evicted
    return Verdict(ok=not any(found.values()), calls=number, **found)


def refused(evidence: Evidence) -> Iterator[Finding]:
    """Yield the calls that broke the contract."""
    for call in filter(breaks_contract, evidence.calls):
        reason = " ".join(call.error.message.split()) if call.error else ""
        yield Finding((call.number,), cut(f"A call broke the contract: {head_of(call)}: {reason}", LINE_MAX))


def unfired_plans(evidence: Evidence) -> Iterator[Finding]:
    """Yield the plans whose faults did not come, with the calls that were refused before their turn."""
    for state in filter(is_unmet, evidence.plan_states):
        message = describe_unmet(state, evidence.calls)
        passed = find_passed(state, evidence.calls)
        yield Finding(tuple(call.number for call in passed), f"{message[0].upper()}{message[1:]}")


def duplicate_charges(evidence: Evidence) -> Iterator[Finding]:
    """Yield the charges that repeat one whose response was lost."""
    for first, again in find_duplicates(evidence.calls):
        yield Finding((first.number, again.number), describe_duplicate(first, again))


def orphan_charges(evidence: Evidence) -> Iterator[Finding]:
    """Yield the charges without a usable image."""
    for call in find_orphans(evidence.calls):
        yield Finding((call.number,), describe_orphan(call))


def open_holds(evidence: Evidence) -> Iterator[Finding]:
    """Yield all open holds as one finding."""
    held = sum_held(evidence.ledger)
    if held:
        yield Finding(tuple(entry.call for entry in find_open_holds(evidence.ledger)), describe_held(held))


def under_way(evidence: Evidence) -> Iterator[Finding]:
    """Yield the calls that have not ended."""
    for number in evidence.under_way:
        yield Finding((number,), f"Call #{number} has not ended: end its client, or wait for its response.")


def evicted(evidence: Evidence) -> Iterator[Finding]:
    """Yield all evicted calls as one finding: a check that could not look at them must not pass."""
    if evidence.evicted:
        yield Finding((), describe_evicted(evidence.evicted))


# The members of a verdict, each with the function that finds its entries.
FINDINGS: dict[str, Callable[[Evidence], Iterator[Finding]]] = {
    "refused": refused,
    "unfired_plans": unfired_plans,
    "duplicate_charges": duplicate_charges,
    "orphan_charges": orphan_charges,
    "open_holds": open_holds,
    "under_way": under_way,
    "evicted": evicted,
}
