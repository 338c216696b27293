"""Tuples that print as tables: ledger entries and planned faults."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from omixa_mock.gateway import LedgerEntry, PlanState

__all__ = ["Ledger", "Plans"]


class Ledger(tuple[LedgerEntry, ...]):
    """Tuple of a wallet's entries, oldest first; `print(ledger)` shows a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return format_table([("#", "call", "kind", "amount", "balance", "held"), *map(cells_of_entry, self)], {"kind"})


class Plans(tuple[PlanState, ...]):
    """Tuple of planned faults, in the sequence of planning; `print(plans)` shows a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return format_table([("#", "plan", "state", "calls", "of"), *map(cells_of_plan, self)], {"plan", "state"})


def cells_of_entry(entry: LedgerEntry) -> tuple[str, ...]:
    """Return the cells of an entry; money in USD with six places."""
    amounts = (f"{amount:.6f}" for amount in (entry.amount, entry.balance, entry.held))
    return str(entry.number), f"#{entry.call}" if entry.call else "-", entry.kind, *amounts


def cells_of_plan(state: PlanState) -> tuple[str, ...]:
    """Return the cells of a plan: how many calls got an outcome of it, and of how many that it means."""
    total = "-" if state.plan.total is None else str(state.plan.total)
    return str(state.number), str(state.plan), state.state, str(state.fired), total


def format_table(rows: Sequence[tuple[str, ...]], words: Collection[str]) -> str:
    """Return a table, with words aligned to the left and numbers to the right.

    Args:
        rows: The rows, the headings first.
        words: The headings of the columns of words.
    """
    headings = rows[0]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if heading in words else cell.rjust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
