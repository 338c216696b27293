"""Contract coverage of a test suite: accepted values, operations, errors and faults.

The parts to cover are called goals and are written as:

    value size=1024x1536
    operation edit
    error insufficient_balance
    delivery reset
    wrong success empty_data
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from omixa_mock.gateway import CATALOGUE, Call, Contract, Settings
from omixa_mock.gateway.faults import fault_of

__all__ = ["Coverage", "goals_of", "met_by"]

Json = Any
OPERATIONS = ("generate", "edit", "merge")


def goals_of(contract: Contract, models: Iterable[str] = Settings().models) -> tuple[str, ...]:
    """Return all goals, in the order of the documentation."""
    return tuple(dict.fromkeys((*field_goals(contract, models), *fault_goals())))


def field_goals(contract: Contract, models: Iterable[str]) -> Iterator[str]:
    """Yield the goals for the operations and for each enumerated value of a field."""
    yield from (f"operation {name}" for name in OPERATIONS)
    for model in models:
        for name, row in contract.requests[model]["properties"].items():
            yield from (f"value {name}={value}" for value in row.get("enum", ()))
            if name == "n":
                yield from ("value n=1", "value n>1")


def fault_goals() -> Iterator[str]:
    """Return the goals for errors and other faults."""
    return (goal_of(name) for name in CATALOGUE)


def goal_of(name: str) -> str:
    """Return the goal for a fault of the catalogue."""
    family = CATALOGUE[name].family
    return f"{'error' if family.endswith('error') else family} {name}"


def met_by(call: Call) -> Iterator[str]:
    """Yield the goals that one call meets."""
    if call.error is not None:
        yield f"error {call.error.name}"
    fault = fault_of(call)
    if fault.family:
        yield goal_of(fault.name)
    if call.image_request is not None:
        yield f"operation {call.image_request.operation}"
        yield "value n>1" if call.image_request.n > 1 else "value n=1"
        # A default that the gateway filled in is not tested by the client.
        yield from (f"value {name}={value}" for name, value in (call.request or {}).items() if isinstance(value, str))


@dataclass(slots=True)
class Coverage:
    """Set of met goals out of all goals.

    Attributes:
        goals: All goals.
        met: The goals met so far.
    """

    goals: tuple[str, ...]
    met: set[str] = field(default_factory=set)

    def add(self, calls: Iterable[Call]) -> None:
        """Add the goals that calls meet."""
        self.merge({goal for call in calls for goal in met_by(call)})

    def merge(self, met: AbstractSet[str]) -> None:
        """Add goals that were met elsewhere, for instance by another worker."""
        self.met |= met & set(self.goals)

    @property
    def percent(self) -> float:
        """Return the share of met goals, 0 to 100."""
        return 100 * len(self.met) / len(self.goals)

    def as_json(self) -> Json:
        """Return the percentage, the met and the missing goals."""
        return {
            "percent": round(self.percent, 2),
            "met": [goal for goal in self.goals if goal in self.met],
            "missing": [goal for goal in self.goals if goal not in self.met],
        }

    def lines(self) -> Iterator[str]:
        """Yield a table with a line for each kind of goal: counts, then the missing goals."""
        for kind, goals in by_kind(self.goals).items():
            missing = [goal.removeprefix(f"{kind} ") for goal in goals if goal not in self.met]
            suffix = f"  missing: {', '.join(missing)}" if missing else ""
            yield f"{kind:<17} {len(goals) - len(missing):>3} of {len(goals):>3}{suffix}"
        yield f"{'all':<17} {len(self.met):>3} of {len(self.goals):>3}  {self.percent:.0f}%"


def by_kind(goals: Iterable[str]) -> Mapping[str, list[str]]:
    """Return goals grouped by kind, which is all but the last word."""
    kinds: dict[str, list[str]] = {}
    for goal in goals:
        kinds.setdefault(goal.rpartition(" ")[0], []).append(goal)
    return kinds
