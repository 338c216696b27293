"""Section of a failing test's report with its calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import cut, describe_calls, head_of
from omixa_mock.gateway.verdict import breaks_contract
from omixa_mock.mock import OmixaMock

from .checks import Checks
from .mocks import MOCKS, name_of
from .strictness import EXPECT_IT

__all__ = ["complete"]


def complete(report: pytest.TestReport, item: pytest.Item, checks: Checks) -> None:
    """Add a failing test's last calls to its report; fail a test that skips because its call was refused."""
    if report.skipped and not hasattr(report, "wasxfail"):
        # Without the tripwire the call would have been paid for.
        message = checks.describe_attempts(item)
        if message:
            report.outcome, report.longrepr = "failed", message
    text = describe(item, report.longreprtext) if report.failed else ""
    if text:
        report.sections.append(("omixa-mock calls", text))


def describe(item: pytest.Item, reported: str) -> str:
    """Return a test's last calls, the whole last refusal, and the calls made without its key.

    Args:
        item: The test.
        reported: The text that its report has already, which is not repeated.
    """
    try:
        return cut("\n".join(line for mock in item.stash.get(MOCKS, []) for line in lines_of(mock, reported)))
    except Exception as error:  # noqa: BLE001  # a fake in another process may be gone; it would end the whole run
        return cut(f"The calls cannot be read: {error}")


def lines_of(mock: OmixaMock, reported: str) -> Iterator[str]:
    """Yield the lines about one mock; none if no call came to it or under another key."""
    calls, unmatched_calls, absence = mock.calls, mock.unmatched_calls, mock.absence
    if calls:
        yield f"{describe_calls(calls)}{absence.details}"
    elif absence.details:
        yield str(absence)
    refused = next((call for call in reversed([*unmatched_calls, *calls]) if is_refused(mock, call)), None)
    # Strictness has printed it whole.
    if refused is not None and refused.error is not None and "expect_refusal" not in reported:
        yield f"The last refusal in whole: {head_of(refused)}"
        yield from (f"    {line}" for line in refused.error.message.splitlines())
        if breaks_contract(refused):
            yield EXPECT_IT.format(fixture=name_of(mock), status=refused.status)


def is_refused(mock: OmixaMock, call: Call) -> bool:
    """Return True if a call was refused and no test expected it."""
    return call.error is not None and not call.error.planned and not mock.is_expected(call)
