"""A wallet's entries, which print as a table."""

from __future__ import annotations

from omixa_mock.gateway import LedgerEntry

__all__ = ["Ledger"]

HEADINGS = ("#", "call", "kind", "amount", "balance", "held")


class Ledger(tuple[LedgerEntry, ...]):
    """The entries of a wallet, oldest first; `print(ledger)` shows a table."""

    __slots__ = ()

    def __str__(self) -> str:
        rows = [HEADINGS, *map(cells_of, self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(align, row, widths, HEADINGS)) for row in rows)


def cells_of(entry: LedgerEntry) -> tuple[str, ...]:
    """An entry as text; money with six places, in USD."""
    amounts = (f"{amount:.6f}" for amount in (entry.amount, entry.balance, entry.held))
    return str(entry.number), f"#{entry.call}" if entry.call else "-", entry.kind, *amounts


def align(cell: str, width: int, heading: str) -> str:
    """Words to the left, numbers to the right."""
    return cell.ljust(width) if heading == "kind" else cell.rjust(width)
