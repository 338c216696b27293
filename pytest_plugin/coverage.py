"""How much of the contract the tests of a run met: a table at its end, a file, a threshold.

Registered only where `--omixa-mock-cov` asks for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from omixa_mock.kit.coverage import Coverage, goals_of
from omixa_mock.shipped import shipped_contract

from .handles import HANDLES
from .options import option

__all__ = ["ContractCoverage"]

# What a worker of xdist hands to its controller.
HANDED = "omixa_mock_met"


class ContractCoverage:
    """Collects what the calls of each test met.

    Args:
        config: Whose options say where the numbers go, and how many are enough.

    Raises:
        pytest.UsageError: The threshold is no percentage.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._coverage = Coverage(goals_of(shipped_contract()))
        self._enough = read_percent(option(config, "cov_fail_under"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Count a test's calls, before its journal goes with it."""
        self._count(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Hand the numbers to the controller, or judge them."""
        self._count(session)
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[HANDED] = sorted(self._coverage.met)
        elif not self._is_enough() and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a worker met."""
        self._coverage.merge(set(getattr(node, "workeroutput", {}).get(HANDED, ())))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table, and write the file."""
        terminalreporter.section("omixa-mock: what the tests met of the contract")
        for line in self._coverage.lines():
            terminalreporter.line(line)
        path = option(self._config, "cov_json")
        if path:
            Path(path).write_text(json.dumps(self._coverage.as_json(), indent=2) + "\n", "utf-8")
        if not self._is_enough():
            came = f"{self._coverage.percent:.2f} % were met"
            terminalreporter.line(f"FAIL: {came}; wanted: {self._enough:g} % (--omixa-mock-cov-fail-under)", red=True)

    def _count(self, node: Any) -> None:
        for handle in node.stash.get(HANDLES, []):
            self._coverage.add(handle.settle())

    def _is_enough(self) -> bool:
        return self._coverage.percent >= self._enough


def read_percent(text: str) -> float:
    """A threshold.

    Raises:
        pytest.UsageError: It is no number from 0 to 100.
    """
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise pytest.UsageError(f"omixa_mock_cov_fail_under = {text!r} is not accepted; accepted: 0 to 100")
    return percent
