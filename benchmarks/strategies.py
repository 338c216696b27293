"""How fast the Hypothesis strategies draw, and how far they reach: a table in Markdown.

    python -m benchmarks.strategies [--examples 1000] [--rounds 5] [--output docs]

Each figure is examples per second of CPU time through `@given`, the median of
the rounds, beside the yardstick `st.integers()` of the same rounds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from omixa_mock import shipped_contract, strategies

from .machine import describe
from .pages import write

__all__ = ["table"]

YARDSTICK = "integers (yardstick)"
MODEL = "gpt-image-1.5"
DRAWN: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    YARDSTICK: st.integers,
    "image_requests, generate": lambda: strategies.image_requests(operation="generate"),
    "image_requests, edit": lambda: strategies.image_requests(operation="edit"),
    "image_requests": strategies.image_requests,
    "invalid_image_requests": strategies.invalid_image_requests,
    "image_responses": lambda: strategies.image_responses(for_request={"model": MODEL, "prompt": "a cat"}),
    "error_responses": strategies.error_responses,
    "faults": strategies.faults,
    "fault_plans": strategies.fault_plans,
}


def draw(strategy: st.SearchStrategy[Any], examples: int) -> tuple[float, list[Any]]:
    """Examples per second of CPU time, and the examples."""
    drawn: list[Any] = []
    # The yardstick of speed is what Hypothesis does by itself: no shrinking, no database, nothing is too slow.
    quiet = settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )

    @quiet
    @given(strategy)
    def keep(example: Any) -> None:
        drawn.append(example)

    begin = process_time()
    keep()
    return len(drawn) / (process_time() - begin), drawn


def reach(name: str, drawn: list[Any]) -> str:
    """What of the contract the examples met."""
    if name == "image_requests":
        fields = shipped_contract().requests[MODEL]["properties"]
        values = {(field, value) for field, row in fields.items() for value in row.get("enum", ())}
        met = {(field, each.get(field)) for each in drawn for field in fields if isinstance(each.get(field), str)}
        return f"{len(values & met)} of {len(values)} accepted values"
    if name == "invalid_image_requests":
        return f"{len({rule for each in drawn for rule in each.rules})} rules broken"
    if name == "faults":
        return f"{len({each.name for each in drawn})} faults"
    return ""


def measure(examples: int, rounds: int) -> Iterator[tuple[str, float, float, str]]:
    """Name, examples per second, ratio to the yardstick, reach; rounds are interleaved."""
    speeds: dict[str, list[float]] = {name: [] for name in DRAWN}
    seen: dict[str, list[Any]] = {name: [] for name in DRAWN}
    for _ in range(rounds):
        for name, make in DRAWN.items():
            speed, drawn = draw(make(), examples)
            speeds[name].append(speed)
            seen[name] += drawn
    for name, found in speeds.items():
        yield name, median(found), median(found) / median(speeds[YARDSTICK]), reach(name, seen[name])


def table(examples: int, rounds: int) -> Iterator[str]:
    """The table, line by line, below what it was measured with."""
    yield describe(f"{examples} examples, median of {rounds} rounds", ["hypothesis"])
    yield ""
    yield "| strategy | examples/s | ÷ integers | reach |\n|---|---|---|---|"
    for name, speed, ratio, told in measure(examples, rounds):
        yield f"| {name} | {speed:,.0f} | {ratio:.2f} | {told} |"


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strategies")
    parser.add_argument("--examples", type=int, default=1000, help="that each strategy draws in each round")
    parser.add_argument("--rounds", type=int, default=5, help="how often each strategy has its turn")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where performance.md is to be filled: docs")
    given = parser.parse_args()
    lines = list(table(given.examples, given.rounds))
    sys.stdout.write("\n".join([*lines, ""]))
    if given.output:
        write(given.output, "strategies", lines)


if __name__ == "__main__":
    main()
