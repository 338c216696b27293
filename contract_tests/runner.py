"""Runner of the probes against one gateway: spending limit, observations, report.

A call is counted before it is made, at its maximum price. A call that should be
refused counts in full, because a gateway may accept it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache

from omixa_mock import shipped_contract
from omixa_mock.kit.redaction import redact_secrets

from .probe import Inconclusive, Observation, Probe
from .reads import READS
from .refusals import REFUSALS
from .spending import RunEnded, SpendingGuard
from .successes import SUCCESSES
from .target import KeyRejected, NoResponse, Target

__all__ = ["PROBES", "ProbeRunner", "format_violation", "is_failure"]

# Cheapest first; equal prices in the order of definition.
PROBES: tuple[Probe, ...] = tuple(sorted((*REFUSALS, *READS, *SUCCESSES), key=lambda probe: probe.price))

# The number of consecutive calls without a response after which the run ends.
NO_RESPONSE_MAX = 3


@cache
def provenances() -> dict[str, tuple[str, str, str]]:
    """Return status, page and setting of every rule."""
    rules = shipped_contract().rules()
    return {rule.id: (rule.provenance.status, rule.provenance.page, rule.provenance.setting) for rule in rules}


def is_failure(observation: Observation) -> bool:
    """Return True if a documented rule is violated; a violated assumption is a finding."""
    return not observation.satisfied and provenances()[observation.rule][0] == "documented"


def format_violation(observation: Observation) -> str:
    """Return a violated rule with its provenance, the message and the setting for the mock."""
    status, page, setting = provenances()[observation.rule]
    source = f"{status}: {page}" if page else f"{status}{f': setting {setting}' if setting else ''}"
    hint = f"\n    the fake does the same with {observation.setting}" if observation.setting else ""
    return f"{observation.rule} [{source}]\n    {observation.message}{hint}"


@dataclass(slots=True)
class ProbeRunner:
    """Runner of probes against one target.

    Attributes:
        target: The gateway.
        max_spend: The spending limit for all calls, in USD.
        observations: The observations, in order.
        skipped: The reasons of skipped probes by name.
        inconclusive: The reasons of inconclusive probes by name.
        end_reason: The reason why no further probe is run; empty if there is none.
    """

    target: Target
    max_spend: Decimal = Decimal(0)
    observations: list[Observation] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    inconclusive: dict[str, str] = field(default_factory=dict)
    end_reason: str = ""
    _guard: SpendingGuard = field(init=False)

    def __post_init__(self) -> None:
        """Put the guard between the probes and the gateway."""
        self._guard = SpendingGuard(self.target)

    @property
    def counted(self) -> Decimal:
        """Return the sum of the calls' maximum prices, or of their bills if these are higher."""
        return self._guard.counted

    @property
    def billed(self) -> Decimal:
        """Return the sum of the bills."""
        return self._guard.billed

    def skip_reason(self, probe: Probe) -> str:
        """Return and record the reason for skipping a probe; empty if it may run."""
        if self.end_reason:
            reason = self.end_reason
        elif probe.needs_key and not self.target.key:
            reason = "it needs a key: set OMIXA_API_KEY"
        elif probe.price > self.max_spend - self.counted:
            reason = (
                f"it may cost {probe.price:.6f} USD, and {self.max_spend - self.counted:.6f} are left of --max-spend"
            )
        else:
            return ""
        self.skipped[probe.name] = reason
        return reason

    def run(self, probe: Probe) -> list[Observation]:
        """Run a probe and return the observations of violated rules.

        Raises:
            Inconclusive: The gateway was not able to handle the call.
            NoResponse: The gateway is unreachable, or it rejects the key.
        """
        self._guard.begin(probe)
        observations: list[Observation] = []
        reason = ""
        try:
            for observation in probe.run(self._guard.target):
                observations.append(observation)  # noqa: PERF402  # observations before an exception count
        except Inconclusive as inconclusive:
            reason = self._redact(str(inconclusive))
        except NoResponse as error:
            reason = self._redact(str(error))
            if isinstance(error, KeyRejected) or not self._guard.has_response:
                raise type(error)(reason) from None
            if self._guard.without_response >= NO_RESPONSE_MAX:
                self.end_reason = f"{NO_RESPONSE_MAX} calls in a row got no answer, the last: {reason}"
        except RunEnded:
            pass  # `_conclude` records the cause.
        return self._conclude(probe, observations, reason)

    def _conclude(self, probe: Probe, observations: list[Observation], reason: str) -> list[Observation]:
        """Record a probe's observations and return those of violated rules.

        Raises:
            Inconclusive: There is a reason, and no rule is violated.
        """
        stop = self._guard.stop
        if stop:
            # A success in place of a refusal proves nothing about other rules of refusals.
            observations = [*([] if probe.refusal_rule else observations), *self._guard.schema_violations, stop]
            reason = ""
            self.end_reason = self._redact(f"nothing more is asked since {probe.name!r}: {stop.message}")
        observations = [self._redact_observation(observation) for observation in observations]
        self.observations += observations
        violations = [observation for observation in observations if not observation.satisfied]
        if reason:
            self.inconclusive[probe.name] = reason
            if not violations:
                raise Inconclusive(reason)
        return violations

    def _redact_observation(self, observation: Observation) -> Observation:
        """Return an observation without the key, which a gateway may quote."""
        message, setting = self._redact(observation.message), self._redact(observation.setting)
        return replace(observation, message=message, setting=setting)

    def _redact(self, text: str) -> str:
        return redact_secrets(text, self.target.key)

    def report(self) -> list[str]:
        """Return the lines of the report."""
        violations = [observation for observation in self.observations if not observation.satisfied]
        failures = first_by_rule(violation for violation in violations if is_failure(violation))
        findings = first_by_rule(violation for violation in violations if not is_failure(violation))
        satisfied = {observation.rule for observation in self.observations if observation.satisfied}
        kept = satisfied - {violation.rule for violation in violations}
        skipped, inconclusive = self.skipped, self.inconclusive
        lines = [f"kept: {len(kept)} rules"]
        lines += [f"failures: {len(failures)} (documented, and not so)", *indent(failures)] if failures else []
        lines += [f"findings: {len(findings)} (inferred or assumed, and not so)", *indent(findings)] if findings else []
        lines += [f"left out: {len(skipped)} of {len(PROBES)} probes", *self._skip_reasons()] if skipped else []
        lines += [f"showed nothing: {len(inconclusive)} probes", *self._inconclusive_reasons()] if inconclusive else []
        unread = f", and {self._guard.unread} without a bill that can be read" if self._guard.unread else ""
        spent = f"counted: {self.counted:.6f} USD of {self.max_spend:.6f}; billed: {self.billed:.6f} USD{unread}"
        return [*lines, spent]

    def _inconclusive_reasons(self) -> list[str]:
        """Return each reason of inconclusive probes with its number of probes."""
        return [f"  {count} times: {reason}" for reason, count in Counter(self.inconclusive.values()).items()]

    def _skip_reasons(self) -> list[str]:
        """Return each reason of skipped probes once; for prices, the sufficient --max-spend."""
        prices = {probe.name: probe.price for probe in PROBES}
        too_expensive = [name for name, reason in self.skipped.items() if reason.startswith("it may cost")]
        other = dict.fromkeys(reason for reason in self.skipped.values() if not reason.startswith("it may cost"))
        sufficient = self.counted + sum((prices[name] for name in too_expensive), Decimal(0))
        line = f"  {len(too_expensive)} that may cost money: --max-spend {sufficient:.2f} allows for all of them"
        return [*([line] if too_expensive else []), *(f"  {reason}" for reason in other)]


def first_by_rule(observations: Iterable[Observation]) -> list[Observation]:
    """Return the first observation of each rule."""
    first: dict[str, Observation] = {}
    for observation in observations:
        first.setdefault(observation.rule, observation)
    return [*first.values()]


def indent(observations: Iterable[Observation]) -> list[str]:
    """Return violations as indented lines."""
    return [f"  {line}" for observation in observations for line in format_violation(observation).splitlines()]
