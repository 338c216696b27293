"""Tests of the benchmarks: that they run, and that their verdicts are right.

Speed itself is not tested, since the machine is shared.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from benchmarks.goals import GOALS, Figure, Goal
from benchmarks.growth import CURVES, exponent
from benchmarks.pages import fill
from benchmarks.rounds import interleave, ratios
from benchmarks.stalls import LARGE_LOADS
from benchmarks.table import line

ROOT = Path(__file__).parents[1]
AT_LEAST = Goal("1", "ratio", 0.9, 0.75)
AT_MOST = Goal("8", "time", 20, 60, "≤", "ms")


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("goal", "figure", "verdict"),
    [
        (AT_LEAST, 0.9, "goal"),
        (AT_LEAST, 0.89, "floor"),
        (AT_LEAST, 0.74, "missed"),
        (AT_MOST, 20, "goal"),
        (AT_MOST, 21, "floor"),
        (AT_MOST, 61, "missed"),
        (Goal("14", "no floor", 1024, None, "≤"), 1025, "missed"),
        (Goal("B", "no goal"), 0.1, "for information"),
    ],
)
def test_verdict(goal: Goal, figure: float, verdict: str) -> None:
    assert goal.verdict(figure) == verdict


@pytest.mark.parametrize(("goal", "figure", "reach"), [(AT_LEAST, 1.8, 2.0), (AT_MOST, 10, 2.0), (AT_MOST, 40, 0.5)])
def test_better_figure_has_a_greater_reach(goal: Goal, figure: float, reach: float) -> None:
    assert goal.reach(figure) == reach


@pytest.mark.parametrize("name", GOALS)
def test_floor_is_not_better_than_its_goal(name: str) -> None:
    goal = GOALS[name]
    assert goal.target is None or goal.floor is None or goal.meets(goal.target, goal.floor)


def test_contestants_alternate_in_going_first() -> None:
    turns: list[str] = []
    interleave({name: partial(turns.append, name) for name in "ab"}, 3)
    assert "".join(turns) == "abbaab"


def test_ratio_is_computed_for_each_round() -> None:
    assert ratios([1, 6], [2, 3]) == (0.5, 2.0)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Figure("8", (1.0, 1.5, 1.2), "why"), "| 1.20 | 1.00 – 1.50 | ≤ 1.12 | ≤ 1.25 | **floor** | why |"),
        (Figure("13", (1 / 400,)), "| 1/400 |  | ≤ 1/200 | ≤ 1/50 | goal |  |"),
        (Figure("12", (70.0,)), "| 70.0 ms |  | ≤ 20 ms | ≤ 60 ms | **missed** |  |"),
        (Figure("6", (), "it cannot"), "| – | – | ≥ 1.4 | ≥ 1 |  | it cannot |"),
    ],
)
def test_line(figure: Figure, expected: str) -> None:
    assert line(figure).endswith(expected)


@pytest.mark.parametrize(
    ("cost", "power"), [(lambda _: 7.0, 0.0), (lambda size: 3.0 * size, 1.0), (lambda size: size**2 / 9, 2.0)]
)
def test_exponent(cost: Callable[[int], float], power: float) -> None:
    assert exponent([(size, cost(size)) for size in (0, 1, 10, 100, 1000)]) == pytest.approx(power)


@pytest.mark.acceptance
def test_growth_of_each_curve_is_measured() -> None:
    output = run("benchmarks", "--growth", "--smoke")
    assert [curve.title for curve in CURVES if output.count(f"| {curve.title} |") != 2] == []


def test_page_is_filled_between_its_markers() -> None:
    page = "a\n<!-- benchmark: x -->\nold\n<!-- end -->\nb\n<!-- end -->\n"
    assert fill(page, "x", ["new"]) == "a\n<!-- benchmark: x -->\nnew\n<!-- end -->\nb\n<!-- end -->\n"


def test_page_without_the_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the line <!-- benchmark: x -->"):
        fill("a", "x", [])


@pytest.mark.acceptance
def test_strategies_are_measured() -> None:
    assert run("benchmarks.strategies", "--examples", "20", "--rounds", "1").count("\n| ") == 10


needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not on this machine; `make wrk` installs it")


@pytest.mark.acceptance  # needs wrk, and bodies of 20 MB
@needs_wrk
def test_latencies_during_every_large_load_are_measured() -> None:
    output = run("benchmarks", "--stalls", "--smoke")
    assert [name for name in LARGE_LOADS if f"| {name} |" not in output] == []


@pytest.mark.acceptance  # takes a minute, and needs wrk
@needs_wrk
def test_every_goal_is_measured() -> None:
    output = run("benchmarks", "--smoke")
    by_peers = {"5", "6", "7"}
    missing = [goal.title for goal in GOALS.values() if goal.row not in by_peers and f"| {goal.title} |" not in output]
    assert missing == []
