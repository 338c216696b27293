"""Speed and coverage of the Hypothesis strategies: a table in Markdown.

    python -m benchmarks.strategies [--examples 1000] [--rounds 5] [--output docs]

Each figure is examples per second of CPU time through `@given`, as the median of
the rounds, next to the yardstick `st.integers()` of the same rounds.
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
STRATEGIES: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
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
    """Return examples per second of CPU time, and the examples."""
    drawn: list[Any] = []
    # The drawing alone is measured: no shrinking, no database, no deadline.
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


def describe_coverage(name: str, drawn: list[Any]) -> str:
    """Return the part of the contract that the examples covered."""
    if name == "image_requests":
        fields = shipped_contract().requests[MODEL]["properties"]
        accepted = {(field, value) for field, schema in fields.items() for value in schema.get("enum", ())}
        met = {
            (field, request.get(field)) for request in drawn for field in fields if isinstance(request.get(field), str)
        }
        return f"{len(accepted & met)} of {len(accepted)} accepted values"
    if name == "invalid_image_requests":
        return f"{len({rule for request in drawn for rule in request.rules})} rules broken"
    if name == "faults":
        return f"{len({fault.name for fault in drawn})} faults"
    return ""


def measure(examples: int, rounds: int) -> Iterator[tuple[str, float, float, str]]:
    """Yield name, examples per second, ratio to the yardstick, coverage; rounds are interleaved."""
    speeds: dict[str, list[float]] = {name: [] for name in STRATEGIES}
    seen: dict[str, list[Any]] = {name: [] for name in STRATEGIES}
    for _ in range(rounds):
        for name, make in STRATEGIES.items():
            speed, drawn = draw(make(), examples)
            speeds[name].append(speed)
            seen[name] += drawn
    for name, samples in speeds.items():
        ratio = median(samples) / median(speeds[YARDSTICK])
        yield name, median(samples), ratio, describe_coverage(name, seen[name])


def table(examples: int, rounds: int) -> Iterator[str]:
    """Yield the lines of the table, after a description of the measurement."""
    yield describe(f"{examples} examples, median of {rounds} rounds", ["hypothesis"])
    yield ""
    yield "| strategy | examples/s | ÷ integers | coverage |\n|---|---|---|---|"
    for name, speed, ratio, coverage in measure(examples, rounds):
        yield f"| {name} | {speed:,.0f} | {ratio:.2f} | {coverage} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strategies")
    parser.add_argument("--examples", type=int, default=1000, help="examples that each strategy draws in each round")
    parser.add_argument("--rounds", type=int, default=5, help="number of rounds for each strategy")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder of the performance.md to fill: docs")
    options = parser.parse_args()
    lines = list(table(options.examples, options.rounds))
    sys.stdout.write("\n".join([*lines, ""]))
    if options.output:
        write(options.output, "strategies", lines)


if __name__ == "__main__":
    main()
