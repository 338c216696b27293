"""How much of the contract a client's tests met: accepted values, operations, errors, faults.

A goal is written as it is met:

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

from omixa_mock.gateway import CATALOGUE, Call, Contract, Settings, read_fault

__all__ = ["Coverage", "goals_of", "met_by"]

Json = Any
OPERATIONS = ("generate", "edit", "merge")


def goals_of(contract: Contract, models: Iterable[str] = Settings().models) -> tuple[str, ...]:
    """Everything that a client's tests can meet, in the order of the documentation."""
    return tuple(dict.fromkeys((*goals_of_fields(contract, models), *goals_of_failing())))


def goals_of_fields(contract: Contract, models: Iterable[str]) -> Iterator[str]:
    """Operations, and every value that a field accepts by name."""
    yield from (f"operation {name}" for name in OPERATIONS)
    for model in models:
        for name, row in contract.requests[model]["properties"].items():
            yield from (f"value {name}={value}" for value in row.get("enum", ()))
            if name == "n":
                yield from ("value n=1", "value n>1")


def goals_of_failing() -> Iterator[str]:
    """Every error, and every fault that is none."""
    return (goal_of(name) for name in CATALOGUE)


def goal_of(name: str) -> str:
    """The goal that a fault of the catalogue is."""
    family = CATALOGUE[name].family
    return f"{'error' if family.endswith('error') else family} {name}"


def met_by(call: Call) -> Iterator[str]:
    """The goals that one call met."""
    if call.error is not None:
        yield f"error {call.error.name}"
    if call.fault:
        yield goal_of(read_fault(call.fault).name)
    if call.image_request is not None:
        yield f"operation {call.image_request.operation}"
        yield "value n>1" if call.image_request.n > 1 else "value n=1"
        # What the client said itself; a default is no test of it.
        yield from (f"value {name}={value}" for name, value in (call.request or {}).items() if isinstance(value, str))


@dataclass(slots=True)
class Coverage:
    """What was met of what can be met.

    Attributes:
        goals: All that can be met.
        met: What was.
    """

    goals: tuple[str, ...]
    met: set[str] = field(default_factory=set)

    def add(self, calls: Iterable[Call]) -> None:
        """Count what calls met."""
        self.merge({goal for call in calls for goal in met_by(call)})

    def merge(self, met: AbstractSet[str]) -> None:
        """Count what was met elsewhere, for instance by another worker."""
        self.met |= met & set(self.goals)

    @property
    def percent(self) -> float:
        """How much was met, 0 to 100."""
        return 100 * len(self.met) / len(self.goals)

    def as_json(self) -> Json:
        """What was met and what was not."""
        return {
            "percent": round(self.percent, 2),
            "met": [goal for goal in self.goals if goal in self.met],
            "missing": [goal for goal in self.goals if goal not in self.met],
        }

    def lines(self) -> Iterator[str]:
        """A table: each kind of goal, how many were met, and which were not."""
        for kind, goals in by_kind(self.goals).items():
            missing = [goal.removeprefix(f"{kind} ") for goal in goals if goal not in self.met]
            told = f"  missing: {', '.join(missing)}" if missing else ""
            yield f"{kind:<17} {len(goals) - len(missing):>3} of {len(goals):>3}{told}"
        yield f"{'all':<17} {len(self.met):>3} of {len(self.goals):>3}  {self.percent:.0f}%"


def by_kind(goals: Iterable[str]) -> Mapping[str, list[str]]:
    """Goals by their first word; a wrong success has two."""
    kinds: dict[str, list[str]] = {}
    for goal in goals:
        kinds.setdefault(goal.rpartition(" ")[0], []).append(goal)
    return kinds
