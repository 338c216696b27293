"""Evictions: calls that a full journal has dropped, so that no check can look at them."""

from __future__ import annotations

__all__ = ["describe_evicted"]


def describe_evicted(number: int) -> str:
    """Return how many calls were evicted, and how to keep them, in a sentence."""
    calls = "1 call was" if number == 1 else f"{number:,} calls were"
    return (
        f"{calls} evicted from the full journal, the oldest first, and cannot be checked: "
        "begin anew before there are so many, by mock.reset() or POST /__omixa/reset."
    )
