"""Fixtures of the golden tests: the corpus, its recording, and their comparison."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cases import Case

SCRIPT = Path(__file__).with_name("record.py")
LOAD = runpy.run_path(str(SCRIPT))["load"]
CORPUS = LOAD("corpus")
RECORDED = json.loads(SCRIPT.with_name("responses.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def corpus() -> Any:
    """Return the module of the corpus."""
    return CORPUS


@pytest.fixture(scope="session")
def recorded() -> dict[str, Any]:
    """Return the recorded responses, by case name."""
    document: dict[str, Any] = RECORDED
    return document


@pytest.fixture(scope="session")
def replay() -> Callable[[str], Any]:
    """Return the function that plays a case through the pure gateway, and returns its recording."""
    replayed: Callable[[str], Any] = LOAD("replay").replay
    return replayed


@pytest.fixture(scope="session")
def recording() -> Any:
    """Return the module that describes and compares responses."""
    return LOAD("recording")


@pytest.fixture
def cases(golden: str) -> tuple[Case, ...]:
    """Return the requests of a case."""
    requests: tuple[Case, ...] = CORPUS.CORPUS[golden]
    return requests


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize `golden` with all cases, or with those that the test's transport can carry."""
    if "golden" not in metafunc.fixturenames:
        return
    names = [name for name in CORPUS.CORPUS if not is_unsuitable(name, metafunc.fixturenames)]
    metafunc.parametrize("golden", names)


def is_unsuitable(name: str, fixtures: list[str]) -> bool:
    """Return True if a transport cannot carry a case.

    A broken connection has no response, and in process all keys share one workspace.
    """
    broken = name in CORPUS.BROKEN and bool({"over_a_socket", "in_process"} & {*fixtures})
    return broken or ("in_process" in fixtures and name in CORPUS.OF_OTHER_KEYS)
