"""Goals of the benchmarks: a target and a floor for each line, and the verdict on a measurement."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Literal

__all__ = ["GOALS", "ROWS", "Figure", "Goal", "Verdict"]

Verdict = Literal["goal", "floor", "missed", "for information"]


@dataclass(frozen=True, slots=True)
class Goal:
    """Goal of one line of the table.

    Attributes:
        row: The row's number; a row may have several lines.
        title: The name of the measured quantity.
        target: The goal; None if the line is for information only.
        floor: The least acceptable figure; None if the line has only a goal.
        direction: The side of the bounds on which a figure must lie.
        unit: The figure's unit; empty for a ratio.
    """

    row: str
    title: str
    target: float | None = None
    floor: float | None = None
    direction: Literal["≥", "≤"] = "≥"
    unit: str = ""

    def meets(self, figure: float, bound: float) -> bool:
        """Return True if a figure is on the right side of a bound."""
        return figure >= bound if self.direction == "≥" else figure <= bound

    def verdict(self, figure: float) -> Verdict:
        """Return the verdict on a figure; a line without a floor reaches its goal or misses it."""
        if self.target is None:
            return "for information"
        if self.meets(figure, self.target):
            return "goal"
        return "floor" if self.floor is not None and self.meets(figure, self.floor) else "missed"

    def reach(self, figure: float) -> float:
        """Return the multiple of the goal that a figure reaches: 1 is the goal, more is better in either direction.

        Raises:
            ValueError: The line has no goal.
        """
        if self.target is None:
            raise ValueError(f"{self.row} {self.title} has no goal: it is for information only")
        if self.direction == "≤":
            return self.target / max(figure, 1e-3)
        # The plot is logarithmic: a figure of 0 needs a positive reach.
        return max(figure, self.target / 1000) / self.target


@dataclass(frozen=True, slots=True)
class Figure:
    """Measurement of one line.

    Attributes:
        name: The line's key in the table of goals.
        samples: One figure for each round.
        note: The absolute figures of a ratio, or the reason for having no figure.
    """

    name: str
    samples: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        """Return the median of the rounds, on which the verdict is based."""
        return statistics.median(self.samples)


def pair(
    row: str, title: str, single: tuple[float, float] | None, concurrent: tuple[float, float] | None
) -> dict[str, Goal]:
    """Return the two lines of a row that is measured with one connection and with sixteen."""
    return {
        f"{row} c=1": Goal(row, f"{title}, c=1", *(single or ())),
        f"{row} c=16": Goal(row, f"{title}, c=16", *(concurrent or ())),
    }


GOALS: dict[str, Goal] = {
    **pair("1", "small ÷ S, one request repeated", (0.9, 0.75), (0.9, 0.75)),
    **pair("1b", "small ÷ S, every prompt different", (0.6, 0.4), (0.6, 0.4)),
    **pair("B", "a bare ASGI callable ÷ S", None, None),
    **pair("2", "2 MB response ÷ S", (0.95, 0.75), (0.95, 0.75)),
    **pair("3", "2 MB request ÷ S", (1.5, 0.8), (0.5, 0.25)),
    **pair("3b", "2 MB request ÷ S, every image different", None, None),
    "4": Goal("4", "p99 of small ÷ S's, c=16", 1.5, 2.0, "≤"),
    "5 small": Goal("5", "÷ Prism: small", 4, 2.5),
    "5 response": Goal("5", "÷ Prism: 2 MB response", 16, 12),
    "5 request": Goal("5", "÷ Prism: 2 MB request", 10, 5),
    "6": Goal("6", "÷ aimock: small", 1.4, 1.0),
    "7": Goal("7", "÷ pytest-httpserver: 2 MB response", 1.5, 1.2),
    "8": Goal("8", "spawn to first 200 ÷ S", 1.12, 1.25, "≤"),
    "9 idle": Goal("9", "resident memory when idle ÷ S", 1.15, 1.3, "≤"),
    "9 small": Goal("9", "growth after 5,000 small requests", 2, 4, "≤", "MB"),
    "9 small, varied": Goal("9", "growth after 5,000 small requests, every prompt different", None, None, "≤", "MB"),
    "9 large": Goal("9", "growth after 200 × 2 MB requests", 25, 40, "≤", "MB"),
    "9 large, varied": Goal("9", "growth after 200 × 2 MB requests, every image different", None, None, "≤", "MB"),
    "10 sync": Goal("10", "in-process call ÷ httpx.MockTransport, sync", 1.4, 1.6, "≤"),
    "10 async": Goal("10", "in-process call ÷ httpx.MockTransport, async", 1.4, 1.6, "≤"),
    "11": Goal("11", "one empty test, plugin installed and unused ÷ without it", 1.02, 1.06, "≤"),
    "12": Goal("12", "a fresh live server, start and stop", 20, 60, "≤", "ms"),
    "13": Goal("13", "one default image with its base64 ÷ Pillow's flat RGB PNG", 1 / 200, 1 / 50, "≤"),
    # With captions; on the machine of the first measurement, Pillow's PNG took 14.4 ms: 0.2 ms, and 0.5 ms for a JPEG.
    "13 png": Goal("13", "a new PNG ÷ Pillow's flat RGB PNG", 1 / 72, None, "≤"),
    "13 webp": Goal("13", "a new WebP ÷ Pillow's flat RGB PNG", 1 / 72, None, "≤"),
    "13 jpeg": Goal("13", "a new JPEG ÷ Pillow's flat RGB PNG", 1 / 29, None, "≤"),
    "14": Goal("14", "refusing a bad 2 MB data URL ÷ accepting a good one", 1.2, 1.5, "≤"),
    "14 size": Goal("14", "the refusal's body", 1024, None, "≤", "bytes"),
}
ROWS: tuple[str, ...] = tuple(dict.fromkeys(goal.row for goal in GOALS.values()))
