"""Fixtures of all tests: a clean copy of the tree, and the table of cases shared by all transports and interceptors.

`make acceptance` installs every tool. So a skipped test counts as a failed one there.
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
    return "" if page.exists() else f"omixa-mock: no saved documentation page at {page}: its tests are skipped"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if EVERYTHING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which `make acceptance` does not allow: {skip_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if EVERYTHING and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which `make acceptance` does not allow: {skip_reason(report)}"
    return report


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return the reason of a skip, which pytest reports as (path, line, reason)."""
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else report.longreprtext


@pytest.fixture(scope="session")
def clean_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tree without generated files, which a build would pick up."""
    generated = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "node_modules")
    return Path(shutil.copytree(REPOSITORY, tmp_path_factory.mktemp("tree") / "omixa-mock", ignore=generated))


@pytest.fixture(scope="session")
def require() -> Callable[..., str]:
    """Return a function that finds the first of some commands, or skips the test."""

    def require(*names: str) -> str:
        for name in names:
            if path := shutil.which(name):
                return path
        pytest.skip(f"this machine has no {' or '.join(names)}")

    return require


@pytest.fixture(scope="session")
def nginx(require: Callable[..., str]) -> str:
    """Find nginx, which is on the PATH of root only on Debian."""
    return require("nginx", "/usr/sbin/nginx")


def load_module(name: str) -> Any:
    """Import a module of this folder, which is not a package."""
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
    """Return a context manager that runs `omixa-mock serve` in a process of its own, and yields its URL."""
    return REPLICAS.serve_process


@pytest.fixture(scope="session")
def serve_replicas(nginx: str) -> Any:
    """Return a context manager that runs two replicas behind nginx, as docs/replicas.md shows."""
    return partial(REPLICAS.serve_replicas, nginx)


@pytest.fixture
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let calls count as made at once within 0.9 s: a busy machine may hold a client up for longer than 0.1 s."""
    monkeypatch.setattr("omixa_mock.trials.outcomes.AT_ONCE", 0.9)


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    """Return the shared table of requests, by name."""
    table: dict[str, Case] = CASES.CASES
    return table


@pytest.fixture(scope="session")
def ask_core() -> Any:
    """Return a function that sends a case to the pure gateway, and returns its response and its record of the call."""
    return CASES.ask_core


@pytest.fixture(scope="session")
def outcome_of() -> Any:
    """Return a function that converts a response to what a client receives."""
    return CASES.Outcome.of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize `shared_case` with the shared table, and `read_case` with its successful GETs."""
    table = CASES.CASES
    reads = {name: case for name, case in table.items() if (case.method, case.status) == ("GET", 200)}
    for fixture, chosen in {"shared_case": table, "read_case": reads}.items():
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, chosen.values(), ids=chosen)
