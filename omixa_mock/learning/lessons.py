"""Lessons: what recorded calls teach about one setting, and the evidence."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .recordings import RecordedCall

__all__ = ["Contradiction", "Lesson", "agree", "evidence_of"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Value of a setting that recorded calls agree on.

    Attributes:
        setting: The setting.
        value: Its value.
        evidence: The number of calls, and the first of them.
    """

    setting: str
    value: Any
    evidence: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Setting of which recorded calls show several values.

    Attributes:
        setting: The setting.
        text: The values, each with its evidence.
    """

    setting: str
    text: str


def evidence_of(calls: Iterable[RecordedCall]) -> str:
    """Return the number of calls, and the first of them, as text."""
    found = list(calls)
    exchanges = "1 exchange" if len(found) == 1 else f"{len(found)} exchanges"
    return f"{exchanges}, first: {found[0].where}"


def agree(
    setting: str, observed: Iterable[tuple[Any, RecordedCall]], *, enough: int = 1
) -> Iterator[Lesson | Contradiction]:
    """Yield the lesson of calls that agree, or their contradiction; nothing if too few were seen."""
    by_value: dict[Hashable, tuple[Any, list[RecordedCall]]] = {}
    for value, call in observed:
        by_value.setdefault(repr(value), (value, []))[1].append(call)
    if len(by_value) > 1:
        parts = (f"{value} in {evidence_of(calls)}" for value, calls in by_value.values())
        yield Contradiction(setting, "; ".join(parts))
        return
    for value, calls in by_value.values():
        if len(calls) >= enough:
            yield Lesson(setting, value, evidence_of(calls))
