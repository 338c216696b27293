"""Allowances: failures that a team accepts, each with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from omixa_mock.gateway import SettingError

from .cases import CASES
from .outcomes import FAILURES, Outcome
from .trial import Trial

__all__ = ["Allowance", "is_allowed", "read_allowances", "unused_allowances"]

SAMPLE = '[[allow]]\ncase = "reset_in_body *"\noutcome = "paid again"\nreason = "the SDK retries; ticket 12"'
FIELDS = ("case", "outcome", "reason")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Failure that a team accepts.

    Attributes:
        case: A pattern for names of cases, for instance `reset_in_body *`.
        outcome: The failure.
        reason: Why it is accepted.
    """

    case: str
    outcome: str
    reason: str

    def covers(self, case: str, outcome: str) -> bool:
        """Return True if a failure in a case is accepted."""
        return self.outcome == outcome and fnmatchcase(case, self.case)


def read_allowances(path: Path) -> tuple[Allowance, ...]:
    """Return the allowances of a TOML file.

    Raises:
        SettingError: The file cannot be read, or an allowance is not complete; the message has one that is.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read as TOML: {error}. Write, for instance:\n{SAMPLE}") from None
    rows = document.get("allow", [])
    if set(document) - {"allow"} or not isinstance(rows, list):
        raise SettingError(f"{path} has other tables than [[allow]]. Write, for instance:\n{SAMPLE}")
    return tuple(read_allowance(path, row) for row in rows)


def read_allowance(path: Path, row: Any) -> Allowance:
    """Return one allowance."""
    texts = row if isinstance(row, dict) and all(isinstance(value, str) and value for value in row.values()) else {}
    if set(texts) != set(FIELDS) or texts["outcome"] not in FAILURES:
        raise SettingError(
            f"{path}: an allowance has case, outcome ({', '.join(FAILURES)}) and reason. Write, for instance:\n{SAMPLE}"
        )
    if not any(fnmatchcase(case.name, texts["case"]) for case in CASES):
        raise SettingError(f"{path}: no case is called {texts['case']!r}. Name one of omixa-mock gauntlet --list.")
    return Allowance(**texts)


def is_allowed(trial: Trial, outcome: Outcome, allowances: Iterable[Allowance]) -> bool:
    """Return True if a team accepts an outcome of a trial."""
    return any(allowance.covers(trial.case.name, outcome.name) for allowance in allowances)


def unused_allowances(trials: Sequence[Trial], allowances: Iterable[Allowance]) -> Iterator[Allowance]:
    """Yield the allowances that no trial needs, of those whose cases were tried."""
    for allowance in allowances:
        tried = [trial for trial in trials if fnmatchcase(trial.case.name, allowance.case)]
        failures = ((trial.case.name, outcome.name) for trial in tried for outcome in trial.failures)
        if tried and not any(allowance.covers(*failure) for failure in failures):
            yield allowance
