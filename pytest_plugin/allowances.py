"""Allowances of the marker `omixa_gauntlet` that no case needs any more: the run fails at its end.

Cases of one file of allowances may run in several workers of xdist, and in several tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from omixa_mock.gateway import SettingError
from omixa_mock.trials.allowances import Allowance, read_allowances, unused_allowances
from omixa_mock.trials.cases import CASES, HEALTHY
from omixa_mock.trials.outcomes import Outcome
from omixa_mock.trials.trial import Trial

__all__ = ["HANDED", "AllowanceCheck", "allowance_check"]

# What a worker of xdist hands to its controller.
HANDED = "omixa_mock_allowances"
NAME = "omixa_mock_allowances"
BY_NAME = {case.name: case for case in (HEALTHY, *CASES)}
# A file of allowances, a test that names it, a case.
Key = tuple[str, str, str]


def allowance_check(config: pytest.Config) -> AllowanceCheck:
    """Return the check of this run, registered at its first use."""
    check: AllowanceCheck | None = config.pluginmanager.get_plugin(NAME)
    if check is None:
        check = AllowanceCheck(config)
        config.pluginmanager.register(check, NAME)
    return check


class AllowanceCheck:
    """Check at the end of a run whether its cases needed all allowances.

    Args:
        config: The run's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._collected: set[Key] = set()
        self._failures: dict[Key, set[str]] = {}

    def collect(self, file: str, test: str, cases: Iterable[str]) -> None:
        """Add the cases of a test, be they selected or not."""
        self._collected.update((file, test, case) for case in cases)

    def add(self, file: str, test: str, case: str, failures: Iterable[str]) -> None:
        """Add the failures of a case that was tried."""
        self._failures.setdefault((file, test, case), set()).update(failures)

    def receive(self, handed: Any) -> None:
        """Add what a worker of xdist handed over."""
        for file, test, case, failures in handed:
            self.collect(file, test, [case])
            if failures is not None:
                self.add(file, test, case, failures)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Hand over what was found to the controller, or fail the run for an allowance that is not needed."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[HANDED] = [
                [*key, sorted(self._failures[key]) if key in self._failures else None] for key in self._collected
            ]
        elif exitstatus == pytest.ExitCode.OK and any(self._unused()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the allowances that are not needed."""
        for file, item in self._unused():
            line = f"FAIL: no case needs the allowance of {item.outcome!r} in {item.case!r} any more: delete it"
            terminalreporter.line(f"{line} from {file}", red=True)

    def _unused(self) -> Iterator[tuple[str, Allowance]]:
        if is_narrowed(self._config):
            return
        for file in sorted({file for file, _, _ in self._collected}):
            cases = {key for key in self._collected if key[0] == file}
            # Of a case that was not tried, nobody knows what it needs.
            if cases <= self._failures.keys():
                yield from ((file, item) for item in self._unused_of(file, cases))

    def _unused_of(self, file: str, keys: Iterable[Key]) -> Iterator[Allowance]:
        trials = [make_trial(case, self._failures[file, test, case]) for _, test, case in keys]
        with suppress(SettingError):  # the file has changed meanwhile
            yield from unused_allowances(trials, read_allowances(self._config.rootpath / Path(file)))


def make_trial(case: str, failures: Iterable[str]) -> Trial:
    """Return a trial with some failures."""
    return Trial(BY_NAME[case], tuple(Outcome(name, "") for name in failures), 0, 0, 0.0)


def is_narrowed(config: pytest.Config) -> bool:
    """Return True if a run may lack tests that name the same file: it got single files or tests, or --last-failed."""
    folder, last_failed = config.invocation_params.dir, config.getoption("lf", default=False)
    return bool(last_failed) or not all((folder / argument).is_dir() for argument in config.args)
