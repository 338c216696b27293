"""What a failing test's report says of its calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omixa_mock.gateway import Call
from omixa_mock.mock import OmixaMock, cut, describe_calls, head_of, mention_unmatched

from .mocks import MOCKS, name_of
from .strictness import EXPECT_IT, breaks_contract

__all__ = ["describe"]


def describe(item: pytest.Item, told: str) -> str:
    """A test's last calls, the last refusal in whole, and what came without its key.

    Args:
        item: The test.
        told: What its report says already, which is not said again.
    """
    try:
        return cut("\n".join(line for mock in item.stash.get(MOCKS, []) for line in lines_of(mock, told)))
    except Exception as error:  # noqa: BLE001  # a fake in another process may be gone; it would end the whole run
        return cut(f"The calls cannot be read: {error}")


def lines_of(mock: OmixaMock, told: str) -> Iterator[str]:
    """What there is to say of one gateway; nothing where nothing came."""
    calls, unmatched_calls = mock.calls, mock.unmatched_calls
    if calls:
        yield describe_calls(calls) + mention_unmatched(unmatched_calls)
    elif unmatched_calls:
        yield describe_calls(calls, unmatched_calls)
    refused = next((call for call in reversed([*unmatched_calls, *calls]) if is_refused(mock, call)), None)
    # A verdict has told it in whole.
    if refused is not None and refused.error is not None and "expect_refusal" not in told:
        yield f"The last refusal in whole: {head_of(refused)}"
        yield from (f"    {line}" for line in refused.error.message.splitlines())
        if breaks_contract(refused):
            yield EXPECT_IT.format(fixture=name_of(mock), status=refused.status)


def is_refused(mock: OmixaMock, call: Call) -> bool:
    """Whether a call was refused for what it was, unexpectedly."""
    return call.error is not None and not call.error.planned and not mock.is_expected(call)
