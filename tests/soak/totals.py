"""Sums over all wallets of one part of the soak test."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.soak.accounts import Account, findings


@dataclass(frozen=True)
class Summary:
    """Counts, sums in USD, injected faults and findings of one wallet."""

    counts: Counter[str]
    sums: dict[str, Decimal]
    injected: Counter[str]
    findings: Sequence[str]


def summarize(account: Account, name: str) -> Summary:
    """Check a wallet, and return its summary."""
    records, exchanges = account.records, account.exchanges
    counts = {
        "wallets": 1,
        "calls": len(exchanges),
        "sent again": sum(exchange.again for exchange in exchanges),
        "met a fault": sum(bool(record.fault) for record in records),
        "client left first": sum(record.client_left for record in records),
        "fault, or client left": sum(bool(record.fault or record.client_left) for record in records),
        "never arrived": len(exchanges) - len(records),
        "replayed, free of charge": sum(record.replayed for record in records),
        "refused for want of money": sum(record.status == 402 and not record.fault for record in records),
        "charged": sum(record.charge is not None for record in records),
        "ledger entries": len(account.entries) + account.entries_evicted,
        "calls evicted from journals": account.calls_evicted,
        "entries evicted from ledgers": account.entries_evicted,
    }
    sums = {
        "change of the balances": account.opening - account.balance,
        "captures in the ledgers": account.ledger,
        "charges in the journals": account.journal,
        "bills that clients read": account.bills,
        "charged, and no bill was read": account.unread,
        "still held": account.held,
    }
    injected = Counter(record.fault for record in records if record.fault)
    return Summary(Counter(counts), sums, injected, [f"{name}: {finding}" for finding in findings(account)])


class Totals:
    """Sums over all wallets so far.

    Args:
        faults: The faults that must be injected.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.sums: dict[str, Decimal] = {}
        self.findings: list[str] = []
        self.seconds = 0.0
        self._faults = faults
        self._injected: Counter[str] = Counter()
        self._begin = time.monotonic()

    @property
    def missing(self) -> list[str]:
        """Return the faults that were never injected."""
        return [fault for fault in self._faults if not self._injected[fault]]

    def add(self, summary: Summary) -> None:
        """Add the summary of a wallet."""
        self.counts.update(summary.counts)
        self._injected.update(summary.injected)
        self.findings += summary.findings
        for name, amount in summary.sums.items():
            self.sums[name] = self.sums.get(name, Decimal(0)) + amount
        self.seconds = time.monotonic() - self._begin

    def column(self) -> dict[str, str]:
        """Return the values of the table, by row."""
        return {
            **{name: f"{number:,}" for name, number in self.counts.items()},
            "faults at their moments": f"{len(self._faults) - len(self.missing)} of {len(self._faults)}",
            **{f"{name}, USD": f"{amount:,}" for name, amount in self.sums.items()},
            "seconds": f"{self.seconds:.0f}",
        }
