"""Report of all trials of a client."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .allowances import Allowance, is_allowed, unused_allowances
from .outcomes import OUTCOMES, Outcome
from .trial import Trial

__all__ = ["GauntletReport"]


@dataclass(frozen=True, slots=True)
class GauntletReport:
    """Report of all trials of a client.

    Attributes:
        trials: The trials, in the sequence of the cases.
        allowances: The failures that a team accepts.
    """

    trials: tuple[Trial, ...]
    allowances: tuple[Allowance, ...] = ()

    def failures_of(self, trial: Trial) -> list[Outcome]:
        """Return the failures of a trial that nobody accepts."""
        return [outcome for outcome in trial.failures if not is_allowed(trial, outcome, self.allowances)]

    @property
    def failed(self) -> list[Trial]:
        """Return the trials with failures that nobody accepts."""
        return [trial for trial in self.trials if self.failures_of(trial)]

    @property
    def unused(self) -> list[Allowance]:
        """Return the allowances that no trial needs."""
        return list(unused_allowances(self.trials, self.allowances))

    @property
    def passed(self) -> bool:
        """Return True if no trial failed, and every allowance is needed."""
        return not self.failed and not self.unused

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of trials by outcome, without outcomes that none has."""
        counter = Counter(outcome.name for trial in self.trials for outcome in trial.outcomes)
        return {name: counter[name] for name in OUTCOMES if counter[name]}

    def assert_passed(self) -> None:
        """Assert that no trial failed.

        Raises:
            AssertionError: With a line for each failure.
        """
        __tracebackhide__ = True
        lines = [
            f"{trial.case.name}: {outcome.name}: {outcome.evidence}"
            for trial in self.failed
            for outcome in self.failures_of(trial)
        ]
        lines += [f"the allowance of {item.outcome} in {item.case} is not needed any more" for item in self.unused]
        if lines:
            raise AssertionError("\n".join(lines))
