"""One examination of a gateway: what may be spent, what was asked, what was seen.

A call is counted before it is made, at the most that it could cost. What is
refused today may be accepted tomorrow, so a call that should be refused counts
like one that should not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

from omixa_mock import shipped_contract
from omixa_mock.kit.hiding import hide_secrets

from .probe import Observation, Probe, Unseen
from .reads import READS
from .refusals import REFUSALS
from .spending import Ended, Guard
from .successes import SUCCESSES
from .target import KeyRefused, NoAnswer, Target

__all__ = ["PROBES", "Examination", "is_failure", "tell"]

# Cheapest first; among equals as they are written.
PROBES: tuple[Probe, ...] = tuple(sorted((*REFUSALS, *READS, *SUCCESSES), key=lambda probe: probe.price))

# A gateway that left this many calls in a row without an answer is gone.
SILENT_MAX = 3


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
        seen: Every observation, in order.
        left_out: The probes that were not made, with the reason.
        unseen: The probes that showed nothing, with the reason.
        ended: Why nothing more is asked; empty while something is.
    """

    target: Target
    max_spend: Decimal = Decimal(0)
    seen: list[Observation] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    ended: str = ""
    _guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        """Put the guard between the probes and the gateway."""
        self._guard = Guard(self.target)

    @property
    def counted(self) -> Decimal:
        """What the calls that were made could have cost at most, or did cost where that is more."""
        return self._guard.counted

    @property
    def billed(self) -> Decimal:
        """What the bills that were seen come to."""
        return self._guard.billed

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
            NoAnswer: It cannot be reached, or does not know the key.
        """
        self._guard.begin(probe)
        told: list[Observation] = []
        why = ""
        try:
            for each in probe.run(self._guard.target):
                told.append(each)  # noqa: PERF402  # what was seen before an exception counts
        except Unseen as unseen:
            why = self._hide(str(unseen))
        except NoAnswer as silence:
            why = self._hide(str(silence))
            if isinstance(silence, KeyRefused) or not self._guard.answered:
                raise type(silence)(why) from None
            if self._guard.silent >= SILENT_MAX:
                self.ended = f"{SILENT_MAX} calls in a row got no answer, the last: {why}"
        except Ended:
            pass  # What ended it is told below.
        return self._conclude(probe, told, why)

    def _conclude(self, probe: Probe, told: list[Observation], why: str) -> list[Observation]:
        """Keep what a probe saw; returns what it saw of broken rules.

        Raises:
            Unseen: It saw too little, for the reason `why`.
        """
        stop = self._guard.stop
        if stop:
            # A refusal that became a success has nothing else of a refusal.
            told, why = [*([] if probe.breaks else told), *self._guard.faults, stop], ""
            self.ended = self._hide(f"nothing more is asked since {probe.name!r}: {stop.told}")
        told = [self._hidden(each) for each in told]
        self.seen += told
        broken = [each for each in told if not each.kept]
        if why:
            self.unseen[probe.name] = why
            if not broken:
                raise Unseen(why)
        return broken

    def _hidden(self, each: Observation) -> Observation:
        """An observation that may be shown: a gateway can quote the key."""
        return replace(each, told=self._hide(each.told), alike=self._hide(each.alike))

    def _hide(self, text: str) -> str:
        return hide_secrets(text, self.target.key)

    def report(self) -> list[str]:
        """What the examination found."""
        failures = once(each for each in self.seen if is_failure(each))
        findings = once(each for each in self.seen if not each.kept and not is_failure(each))
        kept = {each.rule for each in self.seen if each.kept} - {each.rule for each in self.seen if not each.kept}
        lines = [f"kept: {len(kept)} rules"]
        lines += [f"failures: {len(failures)} (documented, and not so)", *indent(failures)] if failures else []
        lines += [f"findings: {len(findings)} (inferred or assumed, and not so)", *indent(findings)] if findings else []
        lines += [f"left out: {len(self.left_out)} of {len(PROBES)} probes", *self._reasons()] if self.left_out else []
        lines += [f"showed nothing: {len(self.unseen)} probes", *self._states()] if self.unseen else []
        unread = f", and {self._guard.unread} without a bill that can be read" if self._guard.unread else ""
        spent = f"counted: {self.counted:.6f} USD of {self.max_spend:.6f}; billed: {self.billed:.6f} USD{unread}"
        return [*lines, spent]

    def _states(self) -> list[str]:
        """Why probes showed nothing, each reason once."""
        return [f"  {count} times: {why}" for why, count in Counter(self.unseen.values()).items()]

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
