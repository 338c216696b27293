"""Search for a limit between a value that is accepted and one that is refused."""

from __future__ import annotations

from collections.abc import Callable

from .probe import Inconclusive, LeftOut

__all__ = ["describe_limit", "find_limit", "raise_limit"]

IsAccepted = Callable[[int], bool]


def find_limit(is_accepted: IsAccepted, accepted: int, refused: int) -> int:
    """Return the largest accepted value below a refused one, by bisection.

    The search ends early at the spending limit, and returns the largest value that was accepted.

    Args:
        is_accepted: The function that makes a call with a value.
        accepted: A value that is accepted.
        refused: A larger value that is refused.
    """
    try:
        while refused - accepted > 1:
            middle = (accepted + refused) // 2
            if is_accepted(middle):
                accepted = middle
            else:
                refused = middle
    except (LeftOut, Inconclusive):
        pass  # the largest accepted value so far is a lower bound
    return accepted


def raise_limit(is_accepted: IsAccepted, accepted: int, maximum: int) -> int:
    """Return the largest accepted value from `accepted` to `maximum`, by doubling, then by bisection."""
    try:
        while accepted < maximum:
            larger = min(2 * accepted, maximum)
            if not is_accepted(larger):
                return find_limit(is_accepted, accepted, larger)
            accepted = larger
    except (LeftOut, Inconclusive):
        pass
    return accepted


def describe_limit(limit: int, unit: str) -> str:
    """Return a sentence part about the largest value that was accepted."""
    return f"the most that was accepted: {limit:,} {unit}"
