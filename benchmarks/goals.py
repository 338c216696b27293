"""What is to be reached: a goal and a floor for each line, and how a measurement stands to them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

__all__ = ["GOALS", "ROWS", "Figure", "Goal", "Verdict"]

Verdict = Literal["goal", "floor", "missed", "for information"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What one line of the table is to reach.

    Attributes:
        row: The number that it goes by; a row may have several lines.
        what: Is measured.
        best: The goal; None where a line is there for information.
        worst: The floor: what is worse than this is a fault.
        direction: Whether a figure is to be at least, or at most, that.
        unit: Of the figure; empty for a ratio.
    """

    row: str
    what: str
    best: float | None = None
    worst: float | None = None
    direction: Literal["≥", "≤"] = "≥"
    unit: str = ""

    def meets(self, figure: float, bound: float) -> bool:
        """Whether a figure is on the right side of a bound."""
        return figure >= bound if self.direction == "≥" else figure <= bound

    def validator(self, figure: float) -> Verdict:
        """How a figure stands to goal and floor; a line without a floor has only its goal."""
        if self.best is None:
            return "for information"
        if self.meets(figure, self.best):
            return "goal"
        return "floor" if self.worst is not None and self.meets(figure, self.worst) else "missed"

    def reach(self, figure: float) -> float:
        """How many times the goal a figure is: 1 is reached, more is better, whatever the direction.

        Raises:
            ValueError: The line has no goal.
        """
        if self.best is None:
            raise ValueError(f"{self.row} {self.what} has no goal: it is there for information")
        # What grew by nothing has reached any goal; a logarithm needs more than nothing.
        return max(figure, self.best / 1000) / self.best if self.direction == "≥" else self.best / max(figure, 1e-3)


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured for one line.

    Attributes:
        name: Of the line in the table of goals.
        samples: One a round.
        beside: The absolute figures behind it; or why there is none.
    """

    name: str
    samples: tuple[float, ...]
    beside: str = ""

    @property
    def middle(self) -> float:
        """The median of the rounds: what is judged."""
        return median(self.samples)


def pair(row: str, what: str, one: tuple[float, float] | None, many: tuple[float, float] | None) -> dict[str, Goal]:
    """The two lines of a row that is measured with one connection and with sixteen."""
    return {
        f"{row} c=1": Goal(row, f"{what}, c=1", *(one or ())),
        f"{row} c=16": Goal(row, f"{what}, c=16", *(many or ())),
    }


GOALS: dict[str, Goal] = {
    **pair("1", "small ÷ S, one request repeated", (0.9, 0.75), (0.9, 0.75)),
    **pair("1b", "small ÷ S, every prompt different", (0.6, 0.4), (0.6, 0.4)),
    **pair("B", "a bare ASGI callable ÷ S", None, None),
    **pair("2", "2 MB answer ÷ S", (0.95, 0.75), (0.95, 0.75)),
    **pair("3", "2 MB request ÷ S", (1.5, 0.8), (0.5, 0.25)),
    **pair("3b", "2 MB request ÷ S, every image different", None, None),
    "4": Goal("4", "p99 of small ÷ S's, c=16", 1.5, 2.0, "≤"),
    "5 small": Goal("5", "÷ Prism: small", 4, 2.5),
    "5 answer": Goal("5", "÷ Prism: 2 MB answer", 16, 12),
    "5 request": Goal("5", "÷ Prism: 2 MB request", 10, 5),
    "6": Goal("6", "÷ aimock: small", 1.4, 1.0),
    "7": Goal("7", "÷ pytest-httpserver: 2 MB answer", 1.5, 1.2),
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
    "14": Goal("14", "refusing a bad 2 MB data URL ÷ accepting a good one", 1.2, 1.5, "≤"),
    "14 size": Goal("14", "the refusal's body", 1024, None, "≤", "bytes"),
}
ROWS: tuple[str, ...] = tuple(dict.fromkeys(goal.row for goal in GOALS.values()))
