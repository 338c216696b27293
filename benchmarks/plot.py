"""One picture of all goals: how many times its goal each line reaches, from its worst round to its best."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from .goals import GOALS, Figure, Verdict

mpl.use("svg")

from matplotlib import pyplot as plt  # after the choice of what it draws with

__all__ = ["plot", "save"]

COLOURS: dict[Verdict, str] = {"goal": "#2a7f62", "floor": "#c98b00", "missed": "#b5332e"}
GREY = "#888888"


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Draw the lines that have a goal, the first on top."""
    shown = [figure for figure in figures if figure.samples and GOALS[figure.name].best is not None]
    canvas, axes = plt.subplots(figsize=(10, 0.32 * len(shown) + 1.2), layout="constrained")
    for place, figure in enumerate(reversed(shown)):
        draw(axes, place, figure)
    labels = [f"{GOALS[figure.name].what}  ({GOALS[figure.name].row})" for figure in reversed(shown)]
    axes.set(xscale="log", yticks=range(len(shown)), yticklabels=labels)
    axes.set_xlabel("times the goal: median, and the worst and best round; | is the floor")
    axes.axvline(1, color=GREY, linewidth=1)
    axes.grid(axis="x", alpha=0.3)
    save(canvas, path)


def draw(axes: Any, place: int, figure: Figure) -> None:
    """One line: a dot, its whiskers, and its floor."""
    goal = GOALS[figure.name]
    low, high = sorted(goal.reach(each) for each in (min(figure.samples), max(figure.samples)))
    colour = COLOURS[goal.judge(figure.middle)]
    axes.plot([low, high], [place, place], color=colour, linewidth=1.5)
    axes.plot(goal.reach(figure.middle), place, "o", color=colour)
    if goal.worst is not None:
        axes.plot(goal.reach(goal.worst), place, "|", color=GREY, markersize=11)


def save(canvas: Any, path: Path) -> None:
    """Write an SVG that is the same for the same figures, and whose text is text."""
    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        canvas.savefig(path, metadata={"Date": None})
    plt.close(canvas)
