"""Strictness: what a test is failed for although its own asserts held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from omixa_mock.expectations import describe_call, first_line
from omixa_mock.gateway import Call, PlannedRun
from omixa_mock.handle import Handle

__all__ = ["broken_contracts", "describe_broken", "unmet_plans"]

# A request that the contract does not allow: 400, 404, 405, 413, 415, 422.
BREACHES = frozenset(
    {
        "invalid_request",
        "malformed_http",
        "method_not_allowed",
        "not_found",
        "payload_too_large",
        "unsupported_media_type",
    }
)
# A key that is missing or malformed; an unknown one may be what the test is about.
KEY_RULES = frozenset({"gateway.key.bearer", "gateway.key.grammar"})


def breaks_contract(call: Call) -> bool:
    """Whether a call was refused for what the client itself did wrong."""
    error = call.error
    if error is None or error.planned or error.late:
        return False
    return error.name in BREACHES or bool(KEY_RULES & set(error.rules))


def broken_contracts(handle: Handle, others: Iterable[Call] = ()) -> Iterator[str]:
    """The calls that broke the contract without the test having expected it."""
    for call in (*handle.calls, *others):
        if breaks_contract(call) and not handle.is_expected(call):
            yield describe_broken(call)


def describe_broken(call: Call) -> str:
    """A call that broke the contract, with the whole repair."""
    told = call.error.message if call.error else ""
    return f"{describe_call(call).partition(': ')[0]}\n    {told}" if told else first_line(describe_call(call))


def unmet_plans(runs: Iterable[PlannedRun]) -> Iterator[str]:
    """The planned failures that did not come, or not as often as planned."""
    for run in runs:
        if run.plan.for_ever and run.fired == 0:
            yield f"{run.plan}: never met a call"
        elif not run.exhausted and not run.plan.for_ever:
            yield f"{run.plan}: met {run.fired} of {len(run.plan.outcomes)} calls"
