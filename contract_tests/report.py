"""Report of a run: findings, rules kept, what was left out, money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from omixa_mock import Settings

from .findings import Finding, find_causes
from .observation import provenance_of
from .probe import MODEL
from .runner import ProbeRunner, Result

__all__ = ["Report", "make_report"]

PRICE = "gateway.wallet.price"
# Settings that are seen together with another.
SEEN_WITH = {"allowed_fields": "unknown_fields"}
# Tables of which no run sees all rows.
SEEN_IN_PART = {"errors"}


@dataclass(frozen=True, slots=True)
class Report:
    """Report of a run.

    Attributes:
        target: The origin of the gateway.
        started_at: The start time in UTC.
        results: The results of the probes, in order.
        findings: The violated rules by cause, failures first.
        end_reason: The reason why the run ended early; empty if it did not.
        max_spend: The spending limit in USD.
        counted: The money counted in USD.
        billed: The sum of the bills in USD.
        unread: The number of successes without a readable bill.
        allow_inconclusive: True if a run may pass although some probes showed nothing.
    """

    target: str
    started_at: datetime
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    end_reason: str
    max_spend: Decimal
    counted: Decimal
    billed: Decimal
    unread: int
    allow_inconclusive: bool = False

    @property
    def failures(self) -> list[Finding]:
        """Return the violations of documented rules."""
        return [finding for finding in self.findings if finding.is_failure]

    @property
    def other_findings(self) -> list[Finding]:
        """Return the violations of inferred or assumed rules."""
        return [finding for finding in self.findings if not finding.is_failure]

    @property
    def kept(self) -> list[str]:
        """Return the rules that were seen to be satisfied, and not to be violated."""
        satisfied = (item.rule for result in self.results for item in result.observations if item.satisfied)
        violated = {rule for finding in self.findings for rule in finding.rules}
        return sorted(set(satisfied) - violated)

    @property
    def left_out(self) -> dict[str, str]:
        """Return the reason by probe of those that were left out."""
        return {result.probe.name: result.left_out for result in self.results if result.left_out}

    @property
    def inconclusive(self) -> dict[str, str]:
        """Return the reason by probe of those that showed nothing, or too little."""
        return {result.probe.name: result.inconclusive for result in self.results if result.inconclusive}

    @property
    def changed(self) -> list[str]:
        """Return the settings that were seen to differ."""
        return sorted({name for finding in self.findings for name in finding.changes})

    @property
    def observed(self) -> list[str]:
        """Return the settings that were seen to be as the fake assumes."""
        seen = {provenance_of(rule)[2] for rule in self.kept} & set(Settings.__struct_fields__) - SEEN_IN_PART
        seen |= {name for name, other in SEEN_WITH.items() if other in seen}
        return sorted(seen - set(self.changed))

    @property
    def verdict(self) -> str:
        """Return `failed`, `inconclusive` or `passed`; a run that could not look never passes."""
        if self.findings:
            return "failed"
        could_not_look = not self.allow_inconclusive and (self.inconclusive or self.end_reason)
        has_looked = any(not (result.inconclusive or result.left_out) for result in self.results)
        return "inconclusive" if could_not_look or not has_looked else "passed"


def make_report(runner: ProbeRunner, target: str, started_at: datetime, *, allow_inconclusive: bool = False) -> Report:
    """Return the report of a runner."""
    results, guard = tuple(runner.results.values()), runner.guard
    row = guard.prices.table()
    findings = (
        replace(finding, changes={**finding.changes, "prices": {MODEL: row}})
        if row and PRICE in finding.rules
        else finding
        for finding in find_causes(results)
    )
    money = (runner.max_spend, guard.counted, guard.billed, guard.unread)
    return Report(target, started_at, results, tuple(findings), runner.end_reason, *money, allow_inconclusive)
