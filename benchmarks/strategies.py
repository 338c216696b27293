"""How fast the Hypothesis strategies draw, and how far they reach: a table in Markdown.

    python benchmarks/strategies.py [EXAMPLES] [ROUNDS]

Each figure is examples per second of CPU time through `@given`, the median of
the rounds, beside the yardstick `st.integers()` of the same rounds.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from omixa_mock import shipped_contract, strategies

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
    versions = f"Python {platform.python_version()}, Hypothesis {hypothesis.__version__}"
    yield f"{versions}, {examples} examples, median of {rounds}\n"
    yield "| strategy | examples/s | ÷ integers | reach |\n|---|---|---|---|"
    for name, speed, ratio, told in measure(examples, rounds):
        yield f"| {name} | {speed:,.0f} | {ratio:.2f} | {told} |"


if __name__ == "__main__":
    for line in table(*map(int, [*sys.argv[1:3], *("1000", "5")[len(sys.argv) - 1 :]])):
        sys.stdout.write(f"{line}\n")
