"""Section of a failing test's report with its calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omixa_mock.gateway import Call
from omixa_mock.mock import OmixaMock, cut, describe_calls, head_of, mention_unmatched

from .mocks import MOCKS, name_of
from .strictness import EXPECT_IT, breaks_contract

__all__ = ["describe"]


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
    """Yield the lines about one mock; none if it was not called."""
    calls, unmatched_calls = mock.calls, mock.unmatched_calls
    if calls:
        yield describe_calls(calls) + mention_unmatched(unmatched_calls)
    elif unmatched_calls:
        yield describe_calls(calls, unmatched_calls)
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
