"""How the cost of a call grows with what it meets: CPU time and memory, in the core, without a socket."""

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

HEAD = "| with | cost | at the least | at the most | exponent | verdict |\n|---|---|---|---|---|---|"
# Linear, but for the noise.
LINEAR = 1.1
# The exponent is that of the last points: before them, what is constant hides what grows.
FITTED = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """One thing that grows.

    Attributes:
        what: Grows.
        sizes: That it has.
        situation: Makes the call that meets it.
        memory: Whether the memory is what a call needs at its peak, or what is kept between calls.
    """

    what: str
    sizes: Sequence[int]
    situation: Situation
    memory: Literal["peak of a call", "kept"]


@dataclass(frozen=True, slots=True)
class Growth:
    """One cost of one curve.

    Attributes:
        what: Grows.
        cost: Which cost it is.
        unit: Of the cost.
        points: Sizes and costs.
    """

    what: str
    cost: str
    unit: str
    points: Sequence[tuple[int, float]]


CURVES = (
    Curve("bytes of the body", (1_000, 16_000, 256_000, 2_000_000, 8_000_000, 32_000_000), bodies, "peak of a call"),
    Curve("images ordered (n)", (1, 2, 4, 7, 10), images, "peak of a call"),
    Curve("calls in the journal", (0, 1_000, 10_000, 20_000), journals, "kept"),
    Curve("keys with a workspace", (10, 100, 1_000, 10_000), keys, "kept"),
    Curve("faults planned", (1, 10, 100, 1_000), plans, "kept"),
)


def grow(pace: Pace) -> Iterator[Growth]:
    """Time and memory of each curve; a smoke test has the smallest sizes only."""
    for curve in CURVES:
        sizes = curve.sizes[:2] if pace.smoke else curve.sizes
        times = [(size, 1e6 * spent(curve.situation(size), pace)) for size in sizes]
        yield Growth(curve.what, "time", "µs", times)
        measure = {"peak of a call": peak, "kept": kept}[curve.memory]
        yield Growth(curve.what, f"memory, {curve.memory}", "KB", [(s, measure(curve.situation, s)) for s in sizes])


def spent(call: Callable[[], None], pace: Pace) -> float:
    """Seconds of CPU time that a call takes."""
    call()
    return median(timed(call, pace.seconds / 20) for _ in range(pace.rounds))


def peak(situation: Situation, size: int) -> float:
    """KB that a call needs beyond what there was before it."""
    call = situation(size)
    call()
    with_nothing = traced()
    call()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (most - with_nothing) / 1000


def kept(situation: Situation, size: int) -> float:
    """KB that a situation holds while no call is under way."""
    situation(1)  # what all share is there already
    before = traced()
    call = situation(size)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del call  # until here it held everything
    return (held - before) / 1000


def traced() -> int:
    """Begin to trace; the bytes that are traced so far."""
    gc.collect()
    tracemalloc.start()
    return tracemalloc.get_traced_memory()[0]


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The power of its size that a cost grows with, at the end of its curve."""
    logs = [(math.log(size), math.log(cost)) for size, cost in points if size > 0 and cost > 0][-FITTED:]
    return linear_regression(*zip(*logs, strict=True)).slope if len(logs) > 1 else 0.0


def line(growth: Growth) -> str:
    """One line of the table."""
    power = exponent(growth.points)
    ends = [f"{cost:,.0f} {growth.unit} ({size:,})" for size, cost in (growth.points[0], growth.points[-1])]
    verdict = "linear or less" if power <= LINEAR else "**more than linear**"
    return f"| {growth.what} | {growth.cost} | {ends[0]} | {ends[1]} | {power:.2f} | {verdict} |"
