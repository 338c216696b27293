"""Strictness: findings that fail a test although its own assertions held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import cut, head_of
from omixa_mock.gateway.verdict import breaks_contract, describe_evicted, describe_unmet, is_about_key, is_unmet
from omixa_mock.interceptors import Attempt
from omixa_mock.mock import OmixaMock

__all__ = [
    "EXPECT_IT",
    "find_attempts",
    "find_broken_contracts",
    "find_evicted",
    "find_unmet_plans",
    "format_findings",
]

SHOWN_FINDINGS = 5
# How to make each right.
EXPECT_IT = (
    "Mend what the client sends. Where the refusal is what the test is about: "
    "`with {fixture}.expect_refusal({status}):` around the call, or @pytest.mark.omixa_mock(strict=False)."
)
PLAN_FEWER = (
    "A plan's turn comes with each valid call. Let the test make more of them, or plan fewer; for an outage of any "
    "length plan with times=None; @pytest.mark.omixa_mock(strict=False) lets it pass."
)

LOOK_AT_FEWER = "@pytest.mark.omixa_mock(strict=False) lets a test pass whose calls are too many to be kept."

# A finding, and how to make it right.
Finding = tuple[str, str]


def find_attempts(attempts: Sequence[Attempt]) -> Iterator[Finding]:
    """Yield the attempts to reach Omixa for real."""
    # A client that retries makes several of one.
    for attempt in dict.fromkeys(attempts):
        yield f"{attempt}; it was refused, and nothing was sent", attempt.remedy


def find_broken_contracts(mock: OmixaMock, fixture: str, *, unmatched: bool = True) -> Iterator[Finding]:
    """Yield the calls that broke the contract unexpectedly.

    Args:
        mock: The mock.
        fixture: The name of its fixture, for the cure.
        unmatched: Include the calls without the key of any test.
    """
    for call in (*broken_contracts(mock), *(malformed_keys(mock) if unmatched else ())):
        yield (
            f"a call broke the contract: {describe_broken(call)}",
            EXPECT_IT.format(fixture=fixture, status=call.status),
        )


def find_unmet_plans(mock: OmixaMock) -> Iterator[Finding]:
    """Yield the planned faults that never happened, and the functions of plans that raised."""
    calls = mock.calls
    for state in mock.plans:
        if is_unmet(state):
            elsewhere = "" if calls else mock.absence.details
            yield f"{describe_unmet(state, calls)}{elsewhere}", PLAN_FEWER


def find_evicted(mock: OmixaMock) -> Iterator[Finding]:
    """Yield the number of calls that the journal has evicted, of which no check knows any more."""
    number = mock.evicted
    if number:
        yield describe_evicted(number), LOOK_AT_FEWER


def format_findings(findings: Sequence[Finding]) -> str:
    """Return all findings, and below them the cure of each kind."""
    lines = [f"omixa-mock: {finding}" for finding, _ in findings[:SHOWN_FINDINGS]]
    if len(findings) > SHOWN_FINDINGS:
        lines.append(f"omixa-mock: … and {len(findings) - SHOWN_FINDINGS} more")
    repairs = dict.fromkeys(repair for _, repair in findings[:SHOWN_FINDINGS])
    return "\n".join([*lines, *repairs])


def broken_contracts(mock: OmixaMock) -> Iterator[Call]:
    """Yield the calls that broke the contract without the test expecting it."""
    for call in mock.calls:
        if breaks_contract(call) and not mock.is_expected(call):
            yield call


def malformed_keys(mock: OmixaMock) -> Iterator[Call]:
    """Yield the calls without the key of any test that had none or a malformed one."""
    for call in mock.unmatched_calls:
        # Only for the key: anybody may ask a server for /favicon.ico.
        if is_about_key(call) and not mock.is_expected(call):
            yield call


def describe_broken(call: Call) -> str:
    """Return a call that broke the contract, with the whole refusal."""
    message = call.error.message if call.error else ""
    return cut("\n    ".join([head_of(call), *message.splitlines()]))
