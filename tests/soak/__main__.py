"""Soak test of the money: `make soak`, or `python -m tests.soak --smoke` for some seconds.

Over sockets, clients share wallets, leave, cut, time out and retry. In process, threads do. Every call has an id of
its own, by which its client, the journal and the ledger are compared. Everything must agree to the last cent.
The script prints a table. It exits with 1 if it has findings. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.soak.in_process import soak_in_process
from tests.soak.server_process import serve
from tests.soak.sockets import soak_sockets
from tests.soak.totals import Totals

CALLS, CLIENTS, FAULTED = 100_000, 150, 1_000_000
SMOKE_CALLS, SMOKE_CLIENTS, SMOKE_FAULTED = 2_000, 40, 10_000
FINDINGS_SHOWN = 20


def write_table(columns: dict[str, Totals]) -> str:
    """Return the totals as a table in Markdown, one column for each part."""
    cells = {name: totals.column() for name, totals in columns.items()}
    rows = [["", *columns], ["---", *["---:"] * len(columns)]]
    rows += [[name, *(column[name] for column in cells.values())] for name in next(iter(cells.values()))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few thousand calls, as the tests do")
    parser.add_argument(
        "--calls", type=int, help=f"calls over sockets, without those of the undisturbed clients; default {CALLS:,}"
    )
    parser.add_argument("--clients", type=int, help=f"clients over sockets, default {CLIENTS}")
    parser.add_argument("--faulted", type=int, help=f"faulted calls in process, default {FAULTED:,}")
    options = parser.parse_args(arguments)
    sizes = (SMOKE_CALLS, SMOKE_CLIENTS, SMOKE_FAULTED) if options.smoke else (CALLS, CLIENTS, FAULTED)
    for name, size in zip(("calls", "clients", "faulted"), sizes, strict=True):
        setattr(options, name, getattr(options, name) or size)
    return options


def main() -> int:
    """Run both parts, print the table and the findings, and return the exit code."""
    options = parse_options(sys.argv[1:])
    with serve() as server:
        over_sockets, lines = asyncio.run(soak_sockets(server, options.calls, options.clients))
    columns = {"over sockets": over_sockets, "in process": soak_in_process(options.faulted)}
    found = [f"{name}: {finding}" for name, totals in columns.items() for finding in totals.findings]
    found += [
        f"{name}: never injected: {', '.join(totals.missing)}" for name, totals in columns.items() if totals.missing
    ]
    shown = [f"FINDING: {finding}" for finding in found[:FINDINGS_SHOWN]]
    sys.stdout.write("\n".join([write_table(columns), "", *lines, *shown, f"{len(found)} findings"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
