"""Command line of the benchmarks: measures, prints, and fills docs/performance.md."""

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


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="number of rounds for each contestant")
    parser.add_argument("--seconds", type=float, default=1.0, help="duration of each round for each contestant")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--only", nargs="+", metavar="ROW", choices=MEASURED, help=f"of {', '.join(MEASURED)}")
    mode.add_argument("--growth", action="store_true", help="instead: how a call's cost grows with its input")
    mode.add_argument("--stalls", action="store_true", help="instead: latency of small calls during large bodies")
    mode.add_argument("--peers", action="store_true", help="instead: other mock servers, at the same job")
    parser.add_argument("--instructions", action="store_true", help="count the instructions of row 11, with valgrind")
    parser.add_argument("--smoke", action="store_true", help="run everything once, to check that it runs")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder of the performance.md to fill: docs")
    options = parser.parse_args()
    if options.output and (options.only or options.smoke):
        parser.error("--output writes the whole table: it cannot be combined with --only or --smoke")
    return options


def report_goals(rows: Sequence[str], pace: Pace, folder: Path | None) -> None:
    """Measure and print the rows of the goal table."""
    print_line(HEAD)
    figures = list(print_each(measure(rows, pace), lambda figure: line(figure, with_verdict=not pace.smoke)))
    if folder:
        from .plot import plot_goals  # matplotlib is needed for --output only

        method = f"median of {pace.rounds} rounds or more, {pace.seconds:g} s for each contestant in each"
        write(folder, "goals", [describe(method), "", HEAD, *map(line, figures)])
        plot_goals(figures, folder / "benchmark.svg")


def measure(rows: Sequence[str], pace: Pace) -> Iterator[Figure]:
    """Yield the figures of the given rows."""
    for row in rows:
        yield from MEASURES[row](pace)


def report_growth(pace: Pace, folder: Path | None) -> None:
    """Measure and print how costs grow."""
    method = f"CPU time, median of {pace.rounds} rounds; memory by tracemalloc"
    growths = report("growth", growth.HEAD, growth.grow(pace), growth.line, method=method, folder=folder)
    if folder:
        from .plot import plot_growth

        plot_growth(growths, folder / "growth.svg")


def report_stalls(pace: Pace, folder: Path | None) -> None:
    """Measure and print the latency of small calls during large bodies."""
    method = f"{3 * pace.seconds:g} s of each load"
    report("stalls", stalls.HEAD, stalls.stalls(pace), stalls.line, method=method, folder=folder)


def report(
    name: str, head: str, results: Iterable[T], as_line: Callable[[T], str], *, method: str, folder: Path | None
) -> list[T]:
    """Print a table line by line while it is measured, then write it into its page."""
    print_line(head)
    rows = list(print_each(results, as_line))
    if folder:
        write(folder, name, [describe(method), "", head, *map(as_line, rows)])
    return rows


def report_peers(pace: Pace, folder: Path | None) -> None:
    """Measure and print other mock servers at the same job."""
    from .peers import comparison  # its dependencies are installed for --peers only

    print_line(comparison.HEAD)
    results = list(print_each(comparison.compare_peers(pace), comparison.line))
    goals = [HEAD, *map(line, comparison.goals(results))]
    for text in goals:
        print_line(text)
    if folder:
        method = f"16 connections, median of {pace.rounds} rounds, {pace.seconds:g} s for each in each"
        lines = [describe(method, [*PACKAGES, "respx", "pytest-httpx"]), "", *goals, "", comparison.HEAD]
        write(folder, "peers", [*lines, *map(comparison.line, results)])


def print_each(results: Iterable[T], as_line: Callable[[T], str]) -> Iterator[T]:
    """Print each result as soon as it is measured, since a run takes minutes; yield it."""
    for result in results:
        print_line(as_line(result))
        yield result


def print_line(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the benchmarks that the command line names."""
    options = parse_arguments()
    compile_packages()
    pace = SMOKE if options.smoke else Pace(options.rounds, options.seconds, options.instructions)
    if options.growth:
        report_growth(pace, options.output)
    elif options.stalls:
        report_stalls(pace, options.output)
    elif options.peers:
        report_peers(pace, options.output)
    else:
        report_goals(options.only or MEASURED, pace, options.output)


if __name__ == "__main__":
    main()
