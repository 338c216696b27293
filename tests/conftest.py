"""Under `make acceptance`, which installs every tool, a skipped test is a failed one. And a clean copy of the tree."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
EVERYTHING = os.environ.get("OMIXA_MOCK_ACCEPTANCE") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if EVERYTHING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which `make acceptance` does not take: {reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if EVERYTHING and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which `make acceptance` does not take: {reason(report)}"
    return report


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why something was skipped, as pytest has it: (path, line, reason)."""
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else report.longreprtext


@pytest.fixture(scope="session")
def clean_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree without what was made in it, which builds would find otherwise."""
    made_here = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "node_modules")
    return Path(shutil.copytree(REPOSITORY, tmp_path_factory.mktemp("tree") / "omixa-mock", ignore=made_here))
