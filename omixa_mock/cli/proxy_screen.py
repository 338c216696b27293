"""Lines of `omixa-mock proxy` on standard error: a line for each finding, and a progress line on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Self

import click

from .request_log import CLOSE_TIMEOUT, LINE_MAX, LineWriter, escape, write_to_stderr

if TYPE_CHECKING:
    from omixa_mock.proxy.exchange import Exchange
    from omixa_mock.proxy.purse import Purse

__all__ = ["Screen", "describe_findings"]

# Return to the beginning of the line, and clear it.
CLEAR = "\r\x1b[K"
OUTCOMES = {
    "client left": "the client left",
    "closed": "the gateway closed the connection amid the response",
    "malformed": "the gateway sent what is not HTTP",
    "proxy ended": "the proxy ended before the call did",
    "reset": "the gateway reset the connection",
    "unreachable": "the gateway cannot be reached",
}


class Screen:
    """Standard error of the proxy.

    Args:
        limit: The spending limit in USD; None for none.
    """

    def __init__(self, limit: Decimal | None) -> None:
        self._limit = limit
        self._is_terminal = sys.stderr.isatty()
        self._calls = 0
        self._progress = ""

    def __enter__(self) -> Self:
        self._writer = LineWriter(self._write)
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close(CLOSE_TIMEOUT)
        if self._progress:
            write_to_stderr("\n")

    def announce(self, url: str, target: str) -> None:
        """Print the URL of the proxy."""
        click.echo(f"omixa-mock proxy to {target}: calls cost money there.\n  base URL  {url}/api/v1", err=True)
        click.echo("Ctrl-C ends it.", err=True)

    def show(self, exchange: Exchange, purse: Purse) -> None:
        """Print the findings of an exchange, and the progress."""
        self._calls += 1
        if self._is_terminal:
            spent = f"{purse.counted if purse.limit is not None else purse.billed:.6f}"
            allowed = f" of {self._limit}" if self._limit is not None else ""
            self._progress = f"{self._calls:,} {'call' if self._calls == 1 else 'calls'}, {spent}{allowed} USD"
        lines = [*describe_findings(exchange)]
        # An empty line only shows the progress. A stopped terminal blocks the writer's thread, and no call.
        for line in lines or ([""] if self._is_terminal else []):
            self._writer.put(line)

    def _write(self, text: str) -> None:
        if self._is_terminal:
            lines = "".join(line for line in text.splitlines(keepends=True) if line.strip())
            text = f"{CLEAR}{lines}{self._progress}"
        write_to_stderr(text)


def describe_findings(exchange: Exchange) -> Iterator[str]:
    """Yield a line for each finding about an exchange, and for one that did not end well."""
    head = f"#{exchange.number} {exchange.status or '---'} {exchange.method} {exchange.path}"
    if exchange.outcome in OUTCOMES:
        yield shorten(f"{head}: {OUTCOMES[exchange.outcome]}")
    elif exchange.own and not exchange.results.get("request"):
        yield shorten(f"{head}: {exchange.detail}")
    for side, result in exchange.results.items():
        for found in result.violations:
            yield shorten(f"{head}: {side}: {found.pointer}: {found.message} [{found.rule}]")


def shorten(line: str) -> str:
    """Return a line that a terminal can show safely."""
    text = escape(" ".join(line[: LINE_MAX * 2].split()))
    return text if len(text) <= LINE_MAX else f"{text[:LINE_MAX]}…"
