"""`python -m benchmarks`: measures, tells, and writes it down."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from . import growth, in_process, processes, pytest_runs, sockets, stalls
from .goals import ROWS, Figure
from .machine import PACKAGES, compile_packages, describe
from .pages import write
from .rounds import SMOKE, Pace
from .table import HEAD, line

T = TypeVar("T")
MEASURES = {**sockets.MEASURES, **processes.MEASURES, **in_process.MEASURES, **pytest_runs.MEASURES}
MEASURED = [row for row in ROWS if row in MEASURES]


def read_arguments() -> argparse.Namespace:
    """What to do, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant has its turn")
    parser.add_argument("--seconds", type=float, default=1.0, help="for how long")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--only", nargs="+", metavar="ROW", choices=MEASURED, help=f"of {', '.join(MEASURED)}")
    what.add_argument("--growth", action="store_true", help="instead: how a call's cost grows with what it meets")
    what.add_argument("--stalls", action="store_true", help="instead: how long others wait for large bodies")
    what.add_argument("--peers", action="store_true", help="instead: other fakes, at the same job")
    parser.add_argument("--instructions", action="store_true", help="count those of row 11 as well, by valgrind")
    parser.add_argument("--smoke", action="store_true", help="everything once, only to see that it runs")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where performance.md is to be filled: docs")
    given = parser.parse_args()
    if given.output and (given.only or given.smoke):
        parser.error("--output writes the whole table: it goes neither with --only nor with --smoke")
    return given


def report_goals(rows: Sequence[str], pace: Pace, folder: Path | None) -> None:
    """Measure the rows of the goal table."""
    tell(HEAD)
    figures = list(told(measure(rows, pace), lambda figure: line(figure, judged=not pace.smoke)))
    if folder:
        from .plot import plot_goals  # whoever writes nothing needs no matplotlib

        how = f"median of {pace.rounds} rounds or more, {pace.seconds:g} s for each contestant in each"
        write(folder, "goals", [describe(how), "", HEAD, *map(line, figures)])
        plot_goals(figures, folder / "benchmark.svg")


def measure(rows: Sequence[str], pace: Pace) -> Iterator[Figure]:
    """The figures of some rows."""
    for row in rows:
        yield from MEASURES[row](pace)


def report_growth(pace: Pace, folder: Path | None) -> None:
    """Measure how costs grow."""
    how = f"CPU time, median of {pace.rounds} rounds; memory by tracemalloc"
    growths = report("growth", growth.HEAD, growth.grow(pace), growth.line, how=how, folder=folder)
    if folder:
        from .plot import plot_growth

        plot_growth(growths, folder / "growth.svg")


def report_stalls(pace: Pace, folder: Path | None) -> None:
    """Measure how long others wait while large bodies come and go."""
    how = f"{3 * pace.seconds:g} s of each load"
    report("stalls", stalls.HEAD, stalls.stalls(pace), stalls.line, how=how, folder=folder)


def report(
    name: str, head: str, found: Iterable[T], as_line: Callable[[T], str], *, how: str, folder: Path | None
) -> list[T]:
    """Tell a table line by line as it is found, and write it into its page."""
    tell(head)
    results = list(told(found, as_line))
    if folder:
        write(folder, name, [describe(how), "", head, *map(as_line, results)])
    return results


def report_peers(pace: Pace, folder: Path | None) -> None:
    """Measure other fakes at the same job."""
    from .peers import beside  # they are installed for nothing else

    tell(beside.HEAD)
    results = list(told(beside.beside(pace), beside.line))
    goals = [HEAD, *map(line, beside.goals(results))]
    for each in goals:
        tell(each)
    if folder:
        how = f"16 connections, median of {pace.rounds} rounds, {pace.seconds:g} s for each in each"
        lines = [describe(how, [*PACKAGES, "respx", "pytest-httpx"]), "", *goals, "", beside.HEAD]
        write(folder, "peers", [*lines, *map(beside.line, results)])


def told(each: Iterable[T], as_line: Callable[[T], str]) -> Iterator[T]:
    """Each of them, told as it comes: whoever waits for minutes wants to see that something happens."""
    for one in each:
        tell(as_line(one))
        yield one


def tell(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line, measure, and write it down."""
    given = read_arguments()
    compile_packages()
    pace = SMOKE if given.smoke else Pace(given.rounds, given.seconds, given.instructions)
    if given.growth:
        report_growth(pace, given.output)
    elif given.stalls:
        report_stalls(pace, given.output)
    elif given.peers:
        report_peers(pace, given.output)
    else:
        report_goals(given.only or MEASURED, pace, given.output)


if __name__ == "__main__":
    main()
