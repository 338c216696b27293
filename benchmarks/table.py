"""The table of goals in Markdown: what was measured, and how it stands."""

from __future__ import annotations

from .goals import GOALS, Figure, Goal

__all__ = ["HEAD", "line"]

HEAD = "| # | what | median | min – max | goal | floor | verdict | behind it |\n|---|---|---|---|---|---|---|---|"
VERDICTS = {"goal": "goal", "floor": "**floor**", "missed": "**missed**", "for information": ""}


def line(figure: Figure, *, judged: bool = True) -> str:
    """One line; a smoke test judges nothing."""
    goal = GOALS[figure.name]
    verdict = VERDICTS[goal.validator(figure.middle)] if judged and figure.samples else ""
    bounds = [bound(goal, each) for each in (goal.best, goal.worst)]
    cells = [goal.row, goal.what, *measured(figure, goal.unit), *bounds, verdict, figure.beside]
    return f"| {' | '.join(cells)} |"


def measured(figure: Figure, unit: str) -> tuple[str, str]:
    """The median, and the worst and best round where there were several."""
    if not figure.samples:
        return "–", "–"
    low, high = (number(each, unit) for each in (min(figure.samples), max(figure.samples)))
    span = f"{low.removesuffix(unit).rstrip()} – {high}" if len(figure.samples) > 1 else ""
    return number(figure.middle, unit), span


def bound(goal: Goal, value: float | None) -> str:
    """A goal or a floor, with its direction."""
    if value is None:
        return ""
    if 0 < value < 0.1:
        return f"{goal.direction} 1/{1 / value:.0f}"
    return f"{goal.direction} {value:g}{goal.unit and f' {goal.unit}'}"


def number(value: float, unit: str = "") -> str:
    """A figure as precise as it is; a very small ratio as one to so many."""
    if not unit and 0 < value < 0.1:
        return f"1/{1 / value:.0f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit and f' {unit}'}"
