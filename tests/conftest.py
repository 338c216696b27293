"""What all tests share: a clean copy of the tree, and the table of cases that every door must answer alike.

Under `make acceptance`, which installs every tool, a skipped test is a failed one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest_plugins = ["pytester"]

if TYPE_CHECKING:
    from tests.cases import Case

REPOSITORY = Path(__file__).parents[1]
EVERYTHING = os.environ.get("OMIXA_MOCK_ACCEPTANCE") == "1"


def pytest_report_header() -> str:
    page = REPOSITORY.parent / "shared" / "seed-page.txt"
    return "" if page.exists() else f"omixa-mock: no saved documentation page at {page}: its tests are left out"


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


@pytest.fixture(scope="session")
def require() -> Callable[..., str]:
    """Finds the first of some commands, or skips the test (which `make acceptance` counts as a failure)."""

    def require(*names: str) -> str:
        for name in names:
            if path := shutil.which(name):
                return path
        pytest.skip(f"this machine has no {' or '.join(names)}")

    return require


@pytest.fixture(scope="session")
def nginx(require: Callable[..., str]) -> str:
    """The path of nginx, which only root has on PATH on Debian."""
    return require("nginx", "/usr/sbin/nginx")


def load_module(name: str) -> Any:
    """A module beside this one, which lies in no package."""
    spec = importlib.util.spec_from_file_location(f"omixa_mock_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = load_module("cases")
REPLICAS = load_module("replicas")


@pytest.fixture(scope="session")
def serve_process() -> Any:
    """Runs `omixa-mock serve` with options in a process of its own: a context that gives its URL."""
    return REPLICAS.serve_process


@pytest.fixture(scope="session")
def serve_replicas(nginx: str) -> Any:
    """Runs two of them behind nginx, as docs/replicas.md says."""
    return partial(REPLICAS.serve_replicas, nginx)


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    """The shared table: requests by what they are about."""
    table: dict[str, Case] = CASES.CASES
    return table


@pytest.fixture(scope="session")
def ask_core() -> Any:
    """Asks the pure gateway: gives its response to a case, and its record of the call."""
    return CASES.ask_core


@pytest.fixture(scope="session")
def outcome_of() -> Any:
    """What a client sees of a response."""
    return CASES.Outcome.of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of `shared_case` runs for each case of the shared table, one of `read_case` for each successful GET."""
    table = CASES.CASES
    reads = {name: case for name, case in table.items() if (case.method, case.status) == ("GET", 200)}
    for fixture, chosen in {"shared_case": table, "read_case": reads}.items():
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, chosen.values(), ids=chosen)
