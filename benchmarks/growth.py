"""Growth of a call's cost with the size of its input: CPU time and memory, in the core, without a socket."""

from __future__ import annotations

import gc
import math
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Literal

from .rounds import Pace, timed
from .situations import Situation, bodies, images, journals, keys, plans

__all__ = ["CURVES", "HEAD", "Curve", "Growth", "exponent", "grow", "line"]

HEAD = "| with | cost | smallest | largest | exponent | verdict |\n|---|---|---|---|---|---|"
# Linear, with a tolerance for noise.
LINEAR = 1.1
# The exponent is fitted to the last points: before them, constant costs hide the growth.
FITTED = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """One input of a call, measured at growing sizes.

    Attributes:
        title: The name of the input.
        sizes: The sizes to measure.
        situation: The factory of the call for a size.
        memory: The kind of memory to measure: a call's peak, or the memory kept between calls.
    """

    title: str
    sizes: Sequence[int]
    situation: Situation
    memory: Literal["peak of a call", "kept"]


@dataclass(frozen=True, slots=True)
class Growth:
    """Measured growth of one cost of one curve.

    Attributes:
        title: The name of the input.
        cost: The name of the cost.
        unit: The cost's unit.
        points: Pairs of size and cost.
    """

    title: str
    cost: str
    unit: str
    points: Sequence[tuple[int, float]]


CURVES = (
    Curve("bytes of the body", (1_000, 16_000, 256_000, 2_000_000, 8_000_000, 32_000_000), bodies, "peak of a call"),
    Curve("images requested (n)", (1, 2, 4, 7, 10), images, "peak of a call"),
    Curve("calls in the journal", (0, 1_000, 10_000, 20_000), journals, "kept"),
    Curve("keys with a workspace", (10, 100, 1_000, 10_000), keys, "kept"),
    Curve("faults planned", (1, 10, 100, 1_000), plans, "kept"),
)


def grow(pace: Pace) -> Iterator[Growth]:
    """Yield time and memory of each curve; a smoke test measures the smallest sizes only."""
    for curve in CURVES:
        sizes = curve.sizes[:2] if pace.smoke else curve.sizes
        times = [(size, 1e6 * cpu_time(curve.situation(size), pace)) for size in sizes]
        yield Growth(curve.title, "time", "µs", times)
        measure = {"peak of a call": peak_memory, "kept": kept_memory}[curve.memory]
        yield Growth(curve.title, f"memory, {curve.memory}", "KB", [(s, measure(curve.situation, s)) for s in sizes])


def cpu_time(call: Callable[[], None], pace: Pace) -> float:
    """Return the median seconds of CPU time of a call."""
    call()
    return median(timed(call, pace.seconds / 20) for _ in range(pace.rounds))


def peak_memory(situation: Situation, size: int) -> float:
    """Return the peak KB that a call allocates."""
    call = situation(size)
    call()
    before = start_tracing()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - before) / 1000


def kept_memory(situation: Situation, size: int) -> float:
    """Return the KB that a situation keeps allocated between calls."""
    situation(1)  # allocate whatever all situations share
    before = start_tracing()
    call = situation(size)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del call  # it kept everything alive until here
    return (held - before) / 1000


def start_tracing() -> int:
    """Start tracemalloc; return the bytes traced so far."""
    gc.collect()
    tracemalloc.start()
    return tracemalloc.get_traced_memory()[0]


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the power of its size with which a cost grows, at the end of its curve."""
    logs = [(math.log(size), math.log(cost)) for size, cost in points if size > 0 and cost > 0][-FITTED:]
    return linear_regression(*zip(*logs, strict=True)).slope if len(logs) > 1 else 0.0


def line(growth: Growth) -> str:
    """Return one line of the table."""
    power = exponent(growth.points)
    ends = [f"{cost:,.0f} {growth.unit} ({size:,})" for size, cost in (growth.points[0], growth.points[-1])]
    verdict = "linear or less" if power <= LINEAR else "**more than linear**"
    return f"| {growth.title} | {growth.cost} | {ends[0]} | {ends[1]} | {power:.2f} | {verdict} |"
