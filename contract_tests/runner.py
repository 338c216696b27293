"""Runner of the probes against one gateway: sequence, spending limit, observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from omixa_mock.kit.redaction import redact_secrets

from .invalid_requests import INVALID_REQUESTS
from .observation import Observation
from .probe import Inconclusive, LeftOut, Probe, Redirected
from .reads import READS
from .refusals import REFUSALS
from .repeats import REPEATS
from .spending import RunEnded, SpendingGuard
from .successes import SUCCESSES
from .target import KeyRejected, NoResponse, Target

__all__ = ["PROBES", "ProbeRunner", "Result"]

# The request whose bill teaches the price of all others.
FIRST = "request--minimal"
# The rule that its refusal violates.
FIRST_RULE = "gateway.endpoint.operations"
# The number of consecutive calls without a response after which the run ends.
NO_RESPONSE_MAX = 3


def sequence_of(probe: Probe) -> tuple[bool, int, bool, Decimal]:
    """Return the sort key of a probe: what teaches most per dollar first, documented rules before assumed ones.

    A request that should be refused costs nothing, and teaches a rule. Of the others those for many images come
    first: their worst price must be left, and it is many times their bill.
    """
    is_paid = bool(probe.price) and probe.name != FIRST
    return is_paid, -probe.images if is_paid else 0, not probe.documented, probe.price


PROBES: tuple[Probe, ...] = tuple(sorted((*REFUSALS, *READS, *INVALID_REQUESTS, *SUCCESSES, *REPEATS), key=sequence_of))
# Probes that can show nothing if not even the simplest request is accepted.
NEED_SUCCESS = frozenset(probe.name for probe in (*SUCCESSES, *REPEATS)) - {FIRST}


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a probe.

    Attributes:
        probe: The probe.
        observations: The observations, in order.
        left_out: The reason why the probe was not made, or not to its end; empty if it was.
        inconclusive: The reason why the probe showed nothing, or too little; empty if there is none.
    """

    probe: Probe
    observations: tuple[Observation, ...] = ()
    left_out: str = ""
    inconclusive: str = ""

    @property
    def violations(self) -> list[Observation]:
        """Return the observations of violated rules."""
        return [observation for observation in self.observations if not observation.satisfied]


@dataclass(slots=True)
class ProbeRunner:
    """Runner of probes against one target.

    Attributes:
        target: The gateway.
        max_spend: The spending limit for all calls, in USD.
        results: The results by the probe's name, in order.
        end_reason: The reason why no further probe is run; empty if there is none.
        guard: The spending guard, through which every call passes.
    """

    target: Target
    max_spend: Decimal = Decimal(0)
    results: dict[str, Result] = field(default_factory=dict)
    end_reason: str = ""
    guard: SpendingGuard = field(init=False)

    def __post_init__(self) -> None:
        """Put the guard between the probes and the gateway."""
        self.guard = SpendingGuard(self.target, self.max_spend)

    @property
    def observations(self) -> list[Observation]:
        """Return the observations of all probes."""
        return [observation for result in self.results.values() for observation in result.observations]

    def run_all(self, probes: Iterable[Probe] = PROBES, advance: Callable[[int], object] = lambda _: None) -> None:
        """Run probes, one after the other."""
        for probe in probes:
            self.run(probe)
            advance(1)

    def run(self, probe: Probe) -> Result:
        """Run a probe, and return its result."""
        reason = self._reason_to_leave_out(probe)
        result = self.results[probe.name] = Result(probe, left_out=reason) if reason else self._run(probe)
        return result

    def _reason_to_leave_out(self, probe: Probe) -> str:
        """Return the reason for leaving out a probe; empty if it may run."""
        if self.end_reason:
            return self.end_reason
        if probe.needs_key and not self.target.key:
            return "it needs a key: set OMIXA_API_KEY"
        first = self.results.get(FIRST)
        is_refused = first and any(violation.rule == FIRST_RULE for violation in first.violations)
        return f"`{FIRST}` was refused" if is_refused and probe.name in NEED_SUCCESS else ""

    def _run(self, probe: Probe) -> Result:
        """Make the calls of a probe, and return its result."""
        observations: list[Observation] = []
        reasons: dict[str, str] = {}
        try:
            for observation in probe.run(self.guard.target):
                observations.append(observation)  # noqa: PERF402  # observations before an exception count
        except LeftOut as reason:
            reasons["left_out"] = str(reason)
        except Inconclusive as reason:
            reasons["inconclusive"] = self._redact(str(reason))
            if isinstance(reason, Redirected):
                self._end(reasons["inconclusive"])
        except NoResponse as error:
            reasons["inconclusive"] = self._redact(str(error))
            self._end_after(error, reasons["inconclusive"])
        except RunEnded:
            reasons["left_out"] = self.end_reason or self.guard.end_reason
        observations += self._take_observations(probe)
        return Result(probe, tuple(map(self._redact_observation, observations)), **reasons)

    def _take_observations(self, probe: Probe) -> list[Observation]:
        """Return the guard's observations about the responses; end the run if the guard does."""
        taken, self.guard.observations = self.guard.observations, []
        if self.guard.end_reason:
            self._end(f"the run ended with {probe.name!r}: {self.guard.end_reason}")
        return taken

    def _end_after(self, error: NoResponse, reason: str) -> None:
        """End the run if the key is rejected, or the gateway does not respond at all."""
        if isinstance(error, KeyRejected) or not self.guard.has_response:
            self._end(reason)
        elif self.guard.without_response >= NO_RESPONSE_MAX:
            self._end(f"{NO_RESPONSE_MAX} calls in a row got no response, the last: {reason}")

    def _end(self, reason: str) -> None:
        """End the run; the first reason counts."""
        self.end_reason = self.end_reason or reason

    def _redact_observation(self, observation: Observation) -> Observation:
        """Return an observation without the key, which a gateway may quote anywhere."""
        has_key = self._redact(repr(observation.changes)) != repr(observation.changes)
        return replace(
            observation,
            message=self._redact(observation.message),
            pointer=self._redact(observation.pointer),
            quote=self._redact(observation.quote),
            changes={} if has_key else observation.changes,
        )

    def _redact(self, text: str) -> str:
        return redact_secrets(text, self.target.key)
