"""`python -m benchmarks`: measures, tells, and writes it down."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import in_process, processes, pytest_runs, sockets
from .goals import ROWS, Figure
from .machine import describe
from .pages import write
from .rounds import SMOKE, Pace
from .table import HEAD, line

MEASURES = {**sockets.MEASURES, **processes.MEASURES, **in_process.MEASURES, **pytest_runs.MEASURES}
MEASURED = [row for row in ROWS if row in MEASURES]


def read_arguments() -> argparse.Namespace:
    """What to do, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant has its turn")
    parser.add_argument("--seconds", type=float, default=1.0, help="for how long")
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=MEASURED, help=f"of {', '.join(MEASURED)}")
    parser.add_argument("--instructions", action="store_true", help="count those of row 11 as well, by valgrind")
    parser.add_argument("--smoke", action="store_true", help="everything once, only to see that it runs")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where performance.md is to be filled: docs")
    given = parser.parse_args()
    if given.output and (given.only or given.smoke):
        parser.error("--output writes the whole table: it goes neither with --only nor with --smoke")
    return given


def measure(rows: Sequence[str], pace: Pace) -> Iterator[Figure]:
    """The figures of some rows, told as they come."""
    tell(HEAD)
    for row in rows:
        for figure in MEASURES[row](pace):
            tell(line(figure, judged=not pace.smoke))
            yield figure


def tell(text: str) -> None:
    """Print at once: whoever waits for minutes wants to see that something happens."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def write_goals(folder: Path, figures: Sequence[Figure], pace: Pace) -> None:
    """Fill the page, and draw its picture."""
    from .plot import plot  # a smoke test needs no matplotlib

    how = f"median of {pace.rounds} rounds or more, {pace.seconds:g} s for each contestant in each"
    write(folder, "goals", [describe(how), "", HEAD, *map(line, figures)])
    plot(figures, folder / "benchmark.svg")


def main() -> None:
    """Read the command line, and measure."""
    given = read_arguments()
    pace = SMOKE if given.smoke else Pace(given.rounds, given.seconds, given.instructions)
    figures = list(measure(given.only or MEASURED, pace))
    if given.output:
        write_goals(given.output, figures, pace)


if __name__ == "__main__":
    main()
