"""One examination of a gateway: what may be spent, what was asked, what was seen.

A call is counted before it is made, at the most that it could cost. What is
refused today may be accepted tomorrow, so a call that should be refused counts
like one that should not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from omixa_mock import shipped_contract

from .probe import Observation, Probe
from .reads import READS
from .refusals import REFUSALS
from .successes import SUCCESSES
from .target import Target

__all__ = ["PROBES", "Examination", "is_failure", "tell"]

# Cheapest first; among equals as they are written.
PROBES: tuple[Probe, ...] = tuple(sorted((*REFUSALS, *READS, *SUCCESSES), key=lambda probe: probe.price))


@cache
def origins() -> dict[str, tuple[str, str, str]]:
    """Status, page and setting of every rule."""
    rules = shipped_contract().rules()
    return {rule.id: (rule.provenance.status, rule.provenance.page, rule.provenance.setting) for rule in rules}


def is_failure(observation: Observation) -> bool:
    """Whether a documented rule was broken; what is inferred or assumed may turn out otherwise."""
    return not observation.kept and origins()[observation.rule][0] == "documented"


def tell(observation: Observation) -> str:
    """A broken rule in a line or two: which, how well it is known, what came, and how to make the fake alike."""
    status, page, setting = origins()[observation.rule]
    source = f"{status}: {page}" if page else f"{status}{f': setting {setting}' if setting else ''}"
    alike = f"\n    the fake does the same with {observation.alike}" if observation.alike else ""
    return f"{observation.rule} [{source}]\n    {observation.told}{alike}"


@dataclass(slots=True)
class Examination:
    """What was asked of a target, and what it answered.

    Attributes:
        target: The gateway.
        max_spend: What all calls together may cost at most, in USD.
        counted: What those that were made could have cost at most.
        seen: Every observation, in order.
        left_out: The probes that were not made, with the reason.
        ended: Why nothing more is asked; empty while something is.
    """

    target: Target
    max_spend: Decimal = Decimal(0)
    counted: Decimal = Decimal(0)
    seen: list[Observation] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    ended: str = ""

    def leave_out(self, probe: Probe) -> str:
        """Why a probe is not made; empty where it is."""
        if self.ended:
            why = self.ended
        elif probe.needs_key and not self.target.key:
            why = "it needs a key: set OMIXA_API_KEY"
        elif probe.price > self.max_spend - self.counted:
            why = f"it may cost {probe.price:.6f} USD, and {self.max_spend - self.counted:.6f} are left of --max-spend"
        else:
            return ""
        self.left_out[probe.name] = why
        return why

    def ask(self, probe: Probe) -> list[Observation]:
        """Make a probe; returns what it saw of broken rules.

        Raises:
            Unseen: The gateway was in no state to show it.
            NoAnswer: It cannot be reached.
        """
        self.counted += probe.price
        broken: list[Observation] = []
        for observation in probe.run(self.target):
            self.seen.append(observation)
            if not observation.kept:
                broken.append(observation)
            if observation.ends:
                self.ended = f"{probe.name} should have been refused and was charged: nothing more is asked"
        return broken

    def report(self) -> list[str]:
        """What the examination found."""
        failures = once(each for each in self.seen if is_failure(each))
        findings = once(each for each in self.seen if not each.kept and not is_failure(each))
        kept = {each.rule for each in self.seen if each.kept} - {each.rule for each in self.seen if not each.kept}
        lines = [f"kept: {len(kept)} rules"]
        lines += [f"failures: {len(failures)} (documented, and not so)", *indent(failures)] if failures else []
        lines += [f"findings: {len(findings)} (inferred or assumed, and not so)", *indent(findings)] if findings else []
        lines += [f"left out: {len(self.left_out)} of {len(PROBES)} probes", *self._reasons()] if self.left_out else []
        return [*lines, f"counted: {self.counted:.6f} USD of {self.max_spend:.6f}"]

    def _reasons(self) -> list[str]:
        """Why probes were left out, each reason once; of prices the sum that would do."""
        prices = {probe.name: probe.price for probe in PROBES}
        dear = [name for name, why in self.left_out.items() if why.startswith("it may cost")]
        others = dict.fromkeys(why for why in self.left_out.values() if not why.startswith("it may cost"))
        wanted = self.counted + sum((prices[name] for name in dear), Decimal(0))
        told = [f"  {len(dear)} that may cost money: --max-spend {wanted:.2f} allows for all of them"] if dear else []
        return [*told, *(f"  {why}" for why in others)]


def once(observations: Iterable[Observation]) -> list[Observation]:
    """Of several about one rule, the first."""
    first: dict[str, Observation] = {}
    for each in observations:
        first.setdefault(each.rule, each)
    return [*first.values()]


def indent(observations: Iterable[Observation]) -> list[str]:
    """Observations as lines below a heading."""
    return [f"  {line}" for each in observations for line in tell(each).splitlines()]
