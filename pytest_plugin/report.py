"""What a failing test's report says of its calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from omixa_mock.gateway import Call
from omixa_mock.mock import Handle
from omixa_mock.mock.expectations import cut, describe_calls, head_of, tell_strays

from .handles import HANDLES, name_of
from .strictness import EXPECT_IT, breaks_contract

__all__ = ["describe"]


def describe(item: pytest.Item, told: str) -> str:
    """A test's last calls, the last refusal in whole, and what came without its key.

    Args:
        item: The test.
        told: What its report says already, which is not said again.
    """
    try:
        return cut("\n".join(line for handle in item.stash.get(HANDLES, []) for line in lines_of(handle, told)))
    except Exception as error:  # noqa: BLE001  # a fake in another process may be gone; it would end the whole run
        return cut(f"The calls cannot be read: {error}")


def lines_of(handle: Handle, told: str) -> Iterator[str]:
    """What there is to say of one gateway; nothing where nothing came."""
    calls, strays = handle.calls, handle.strays
    if calls:
        yield describe_calls(calls) + tell_strays(strays)
    elif strays:
        yield describe_calls(calls, strays)
    refused = next((call for call in reversed([*strays, *calls]) if is_refused(handle, call)), None)
    # A verdict has told it in whole.
    if refused is not None and refused.error is not None and "expect_refusal" not in told:
        yield f"The last refusal in whole: {head_of(refused)}"
        yield from (f"    {line}" for line in refused.error.message.splitlines())
        if breaks_contract(refused):
            yield EXPECT_IT.format(fixture=name_of(handle), status=refused.status)


def is_refused(handle: Handle, call: Call) -> bool:
    """Whether a call was refused for what it was, unexpectedly."""
    return call.error is not None and not call.error.planned and not handle.is_expected(call)
