"""The goal table in Markdown."""

from __future__ import annotations

from .goals import GOALS, Figure, Goal

__all__ = ["HEAD", "line"]

HEAD = "| # | measured | median | min – max | goal | floor | verdict | note |\n|---|---|---|---|---|---|---|---|"
VERDICTS = {"goal": "goal", "floor": "**floor**", "missed": "**missed**", "for information": ""}


def line(figure: Figure, *, with_verdict: bool = True) -> str:
    """Return one line; a smoke test has no verdicts."""
    goal = GOALS[figure.name]
    verdict = VERDICTS[goal.verdict(figure.median)] if with_verdict and figure.samples else ""
    bounds = [format_bound(goal, bound) for bound in (goal.target, goal.floor)]
    cells = [goal.row, goal.title, *format_samples(figure, goal.unit), *bounds, verdict, figure.note]
    return f"| {' | '.join(cells)} |"


def format_samples(figure: Figure, unit: str) -> tuple[str, str]:
    """Return the median, and the least and greatest figure if there were several rounds."""
    if not figure.samples:
        return "–", "–"
    low, high = (format_number(sample, unit) for sample in (min(figure.samples), max(figure.samples)))
    span = f"{low.removesuffix(unit).rstrip()} – {high}" if len(figure.samples) > 1 else ""
    return format_number(figure.median, unit), span


def format_bound(goal: Goal, value: float | None) -> str:
    """Return a goal or a floor, with its direction."""
    if value is None:
        return ""
    if 0 < value < 0.1:
        return f"{goal.direction} 1/{1 / value:.0f}"
    return f"{goal.direction} {value:g}{goal.unit and f' {goal.unit}'}"


def format_number(value: float, unit: str = "") -> str:
    """Return a figure with three significant digits; a very small ratio as a fraction 1/x."""
    if not unit and 0 < value < 0.1:
        return f"1/{1 / value:.0f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit and f' {unit}'}"
