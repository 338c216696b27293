"""Search for a limit between a value that is accepted and one that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .observation import Observation
from .probe import Inconclusive, LeftOut

__all__ = ["Refinement", "describe_limit", "find_limit", "raise_limit", "refine"]

IsAccepted = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Refinement:
    """What further calls added to an observation.

    Attributes:
        message: The addition to the message.
        changes: The settings under which the fake behaves the same.
        rule: The rule that is violated in fact; empty if it is the one of the observation.
    """

    message: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""


def refine(observation: Observation, search: Callable[[], Refinement]) -> Iterator[Observation]:
    """Yield an observation with what further calls add; without it, if one of these cannot be made."""
    try:
        found = search()
    except BaseException:
        # What was seen counts, whatever ends the search.
        yield observation
        raise
    message = f"{observation.message}{f'; {found.message}' if found.message else ''}"
    changes = {**observation.changes, **found.changes}
    yield replace(observation, rule=found.rule or observation.rule, message=message, changes=changes)


def find_limit(is_accepted: IsAccepted, lowest: int, refused: int) -> int | None:
    """Return the largest accepted value below a refused one, by bisection; None if the lowest is refused too.

    The search ends early at the spending limit, and returns the largest value that was accepted.
    """
    accepted = None
    try:
        if not is_accepted(lowest):
            return None
        accepted = lowest
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
    larger = accepted
    try:
        while larger < maximum:
            larger = min(2 * accepted, maximum)
            if not is_accepted(larger):
                return find_between(is_accepted, accepted, larger)
            accepted = larger
    except (LeftOut, Inconclusive):
        pass
    return accepted


def find_between(is_accepted: IsAccepted, accepted: int, refused: int) -> int:
    """Return the largest accepted value between one that is accepted and one that is refused."""
    return find_limit(lambda value: value == accepted or is_accepted(value), accepted, refused) or accepted


def describe_limit(limit: int | None, unit: str, setting: str, factor: int = 1) -> Refinement:
    """Return the refinement by a limit that was found; an empty one if no value is accepted."""
    if limit is None:
        return Refinement()
    return Refinement(f"the most that was accepted: {limit:,} {unit}", {setting: limit * factor})
