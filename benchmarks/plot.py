"""Plots: the reach of each line from its worst round to its best, and the growth of costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from .goals import GOALS, Figure, Verdict
from .growth import Growth, exponent

mpl.use("svg")

from matplotlib import pyplot as plt  # the backend is chosen before its import

__all__ = ["plot_goals", "plot_growth"]

COLOURS: dict[Verdict, str] = {"goal": "#2a7f62", "floor": "#c98b00", "missed": "#b5332e"}
GREY = "#888888"


def plot_goals(figures: Sequence[Figure], path: Path) -> None:
    """Draw the lines that have a goal, the first at the top."""
    shown = [figure for figure in figures if figure.samples and GOALS[figure.name].target is not None]
    canvas, axes = plt.subplots(figsize=(10, 0.32 * len(shown) + 1.2), layout="constrained")
    for place, figure in enumerate(reversed(shown)):
        draw(axes, place, figure)
    labels = [f"{GOALS[figure.name].title}  ({GOALS[figure.name].row})" for figure in reversed(shown)]
    axes.set(xscale="log", yticks=range(len(shown)), yticklabels=labels)
    axes.set_xlabel("times the goal: median, and the worst and best round; | is the floor")
    axes.axvline(1, color=GREY, linewidth=1)
    axes.grid(axis="x", alpha=0.3)
    save(canvas, path)


def draw(axes: Any, place: int, figure: Figure) -> None:
    """Draw one line: a dot, its whiskers, and its floor."""
    goal = GOALS[figure.name]
    low, high = sorted(goal.reach(sample) for sample in (min(figure.samples), max(figure.samples)))
    colour = COLOURS[goal.verdict(figure.median)]
    axes.plot([low, high], [place, place], color=colour, linewidth=1.5)
    axes.plot(goal.reach(figure.median), place, "o", color=colour)
    if goal.floor is not None:
        axes.plot(goal.reach(goal.floor), place, "|", color=GREY, markersize=11)


def plot_growth(growths: Sequence[Growth], path: Path) -> None:
    """Draw a small plot of each curve, its time above its memory; the thin line is linear."""
    kinds = ("time", "memory")
    names = list(dict.fromkeys(growth.title for growth in growths))
    canvas, grid = plt.subplots(2, len(names), figsize=(2.6 * len(names), 5.2), layout="constrained", squeeze=False)
    for growth in growths:
        row = next(place for place, kind in enumerate(kinds) if growth.cost.startswith(kind))
        draw_curve(grid[row][names.index(growth.title)], growth)
    save(canvas, path)


def draw_curve(axes: Any, growth: Growth) -> None:
    """Draw one curve on two logarithmic axes."""
    sizes, costs = zip(*((max(size, 1), max(cost, 1e-3)) for size, cost in growth.points), strict=True)
    axes.loglog(sizes, costs, "o-", color=COLOURS["goal"], markersize=4)
    axes.loglog([sizes[0], sizes[-1]], [costs[-1] * sizes[0] / sizes[-1], costs[-1]], color=GREY, linewidth=0.7)
    axes.set_ylim(min(costs) / 3, max(costs) * 3)
    axes.set_title(f"{growth.cost}, {growth.unit}\nexponent {exponent(growth.points):.2f}", fontsize=9)
    axes.set_xlabel(growth.title, fontsize=9)


def save(canvas: Any, path: Path) -> None:
    """Write an SVG that is the same for the same figures, with its text as text."""
    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        canvas.savefig(path, metadata={"Date": None})
    plt.close(canvas)
