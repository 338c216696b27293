"""Contract coverage of a test run: a table at its end, a file, a threshold.

Registered only if `--omixa-mock-cov`, its file or its threshold is given.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from omixa_mock.advisory import OmixaAdvisory
from omixa_mock.kit.coverage import Coverage, goals_of
from omixa_mock.shipped import shipped_contract

from .mocks import MOCKS
from .options import option

__all__ = ["ContractCoverage"]

# What a worker of xdist hands to its controller.
HANDED = "omixa_mock_met"


class ContractCoverage:
    """Collector of the contract rules that the calls of each test met.

    Args:
        config: The run's configuration, with the file and the threshold.

    Raises:
        pytest.UsageError: The threshold is not a percentage, or the file cannot be written.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._coverage = Coverage(goals_of(shipped_contract()))
        self._enough = read_percent(option(config, "cov_fail_under") or "0")
        # A worker of xdist, which may have other folders, writes none.
        self._file = None if hasattr(config, "workerinput") else read_file(option(config, "cov_json"))
        self._trouble = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Count a test's calls before its mocks are released."""
        self._count(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Send the numbers to the controller, or write them and compare them with the threshold."""
        self._count(session)
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[HANDED] = sorted(self._coverage.met)
            return
        self._write()
        if exitstatus == pytest.ExitCode.OK and (self._trouble or not self._is_enough()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the rules that a worker met."""
        self._coverage.merge(set(getattr(node, "workeroutput", {}).get(HANDED, ())))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table and the failures."""
        terminalreporter.section("omixa-mock: what the tests met of the contract")
        for line in self._coverage.lines():
            terminalreporter.line(line)
        if self._trouble:
            terminalreporter.line(f"FAIL: {self._trouble} (--omixa-mock-cov-json)", red=True)
        if not self._is_enough():
            came = f"{self._coverage.percent:.2f} % were met"
            terminalreporter.line(f"FAIL: {came}; wanted: {self._enough:g} % (--omixa-mock-cov-fail-under)", red=True)

    def _count(self, node: Any) -> None:
        for mock in node.stash.get(MOCKS, []):
            with warnings.catch_warnings():
                # Calls that hang at the end of their test are the test's to know.
                warnings.simplefilter("ignore", OmixaAdvisory)
                self._coverage.add(mock.settle())

    def _write(self) -> None:
        """Write the file, if one is given; it may have become unwritable since the start."""
        if self._file is None:
            return
        try:
            self._file.write_text(json.dumps(self._coverage.as_json(), indent=2) + "\n", "utf-8")
        except OSError as error:
            self._trouble = f"{self._file} cannot be written: {error.strerror}"

    def _is_enough(self) -> bool:
        return self._coverage.percent >= self._enough


def read_percent(text: str) -> float:
    """Parse a threshold.

    Raises:
        pytest.UsageError: It is not a number from 0 to 100.
    """
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise pytest.UsageError(f"omixa_mock_cov_fail_under = {text!r} is not accepted; accepted: 0 to 100")
    return percent


def read_file(text: str) -> Path | None:
    """Return the file for the numbers; None if no file is given.

    Raises:
        pytest.UsageError: It cannot be written, as far as can be known at the start.
    """
    if not text:
        return None
    # As it is now: a test may change the current folder.
    path = Path(text).absolute()
    if not path.parent.is_dir():
        trouble = f"there is no folder {path.parent}"
    elif path.is_dir():
        trouble = "it is a folder"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        trouble = "it may not be written"
    else:
        return path
    raise pytest.UsageError(f"omixa_mock_cov_json = {text!r} is not accepted: {trouble}; accepted: a file to write")
