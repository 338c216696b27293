"""Interleaved rounds: each round runs every contestant once, so that a disturbance affects all of them."""

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
    """Length of a measurement.

    Attributes:
        rounds: The number of rounds.
        seconds: The duration of each round for each contestant.
        instructions: True to count instructions with valgrind as well.
        smoke: True to run everything once, only to check that it runs.
    """

    rounds: int = 5
    seconds: float = 1.0
    instructions: bool = False
    smoke: bool = False

    def at_least(self, rounds: int) -> int:
        """Return the number of rounds of a noisy measurement; one in a smoke test."""
        return self.rounds if self.smoke else max(self.rounds, rounds)

    def scaled(self, number: int) -> int:
        """Return a number of repetitions; a hundredth of it in a smoke test."""
        return max(1, number // 100) if self.smoke else number


SMOKE = Pace(rounds=1, seconds=0.1, smoke=True)


def interleave(contestants: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Run every contestant once in each round; the first of one round is the last of the next."""
    results: dict[str, list[T]] = {name: [] for name in contestants}
    for turn in range(rounds):
        for name in list(contestants)[:: -1 if turn % 2 else 1]:
            results[name].append(contestants[name]())
    return results


def ratios(over: Iterable[float], under: Iterable[float]) -> tuple[float, ...]:
    """Return the ratio of each round."""
    return tuple(map(truediv, over, under))


def timed(call: Callable[[], object], seconds: float) -> float:
    """Return the mean seconds of CPU time of a call, over as many calls as fit into the given time."""
    calls, begin = 0, time.process_time()
    while (passed := time.process_time() - begin) < seconds or not calls:
        call()
        calls += 1
    return passed / calls
