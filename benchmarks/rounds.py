"""Rounds: in each, every contestant once, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import truediv
from typing import TypeVar

__all__ = ["SMOKE", "Pace", "interleave", "ratios", "timed"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How thoroughly to measure.

    Attributes:
        rounds: How many.
        seconds: For each contestant in each round.
        instructions: Count instructions as well, where valgrind can.
        smoke: Everything once, only to see that it runs.
    """

    rounds: int = 5
    seconds: float = 1.0
    instructions: bool = False
    smoke: bool = False

    def at_least(self, rounds: int) -> int:
        """The rounds of what needs that many; one in a smoke test."""
        return self.rounds if self.smoke else max(self.rounds, rounds)

    def some(self, number: int) -> int:
        """So many of something; a hundredth in a smoke test."""
        return max(1, number // 100) if self.smoke else number


SMOKE = Pace(rounds=1, seconds=0.1, smoke=True)


def interleave(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Let every contestant have its turn in each round; who began one round ends the next."""
    results: dict[str, list[T]] = {name: [] for name in contestants}
    for turn in range(rounds):
        for name in list(contestants)[:: -1 if turn % 2 else 1]:
            results[name].append(contestants[name]())
    return results


def ratios(over: Iterable[float], under: Iterable[float]) -> tuple[float, ...]:
    """One against the other, round by round."""
    return tuple(map(truediv, over, under))


def timed(call: Callable[[], object], seconds: float) -> float:
    """Seconds of CPU time that a call takes, from as many of them as fit."""
    calls, begin = 0, time.process_time()
    while (passed := time.process_time() - begin) < seconds or not calls:
        call()
        calls += 1
    return passed / calls
