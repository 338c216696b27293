"""Printable table of ledger entries."""

from __future__ import annotations

from omixa_mock.gateway import LedgerEntry

__all__ = ["Ledger"]

HEADINGS = ("#", "call", "kind", "amount", "balance", "held")


class Ledger(tuple[LedgerEntry, ...]):
    """Tuple of a wallet's entries, oldest first; `print(ledger)` shows a table."""

    __slots__ = ()

    def __str__(self) -> str:
        rows = [HEADINGS, *map(cells_of, self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(align, row, widths, HEADINGS)) for row in rows)


def cells_of(entry: LedgerEntry) -> tuple[str, ...]:
    """Return the cells of an entry; money in USD with six places."""
    amounts = (f"{amount:.6f}" for amount in (entry.amount, entry.balance, entry.held))
    return str(entry.number), f"#{entry.call}" if entry.call else "-", entry.kind, *amounts


def align(cell: str, width: int, heading: str) -> str:
    """Align words to the left and numbers to the right."""
    return cell.ljust(width) if heading == "kind" else cell.rjust(width)
