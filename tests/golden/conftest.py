"""What the golden tests share: the corpus, what is recorded of it, and how both are compared."""

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
    """The module of the corpus."""
    return CORPUS


@pytest.fixture(scope="session")
def recorded() -> dict[str, Any]:
    """What was answered when it was recorded last, by the name of the case."""
    told: dict[str, Any] = RECORDED
    return told


@pytest.fixture(scope="session")
def replay() -> Callable[[str], Any]:
    """Plays a case through the pure gateway, and tells what came of it as the recording does."""
    replayed: Callable[[str], Any] = LOAD("replay").replay
    return replayed


@pytest.fixture(scope="session")
def telling() -> Any:
    """The module that tells what came."""
    return LOAD("telling")


@pytest.fixture
def asks(golden: str) -> tuple[Case, ...]:
    """The requests of a case."""
    requests: tuple[Case, ...] = CORPUS.CORPUS[golden]
    return requests


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of `golden` runs for each case; one that also takes a door, only for those that it can carry."""
    if "golden" not in metafunc.fixturenames:
        return
    chosen = [name for name in CORPUS.CORPUS if not unfit(name, metafunc.fixturenames)]
    metafunc.parametrize("golden", chosen)


def unfit(name: str, fixtures: list[str]) -> bool:
    """Whether a door cannot carry a case: a broken connection is no response, and in process all keys are one."""
    broken = name in CORPUS.BROKEN and bool({"over_a_socket", "in_process"} & {*fixtures})
    return broken or ("in_process" in fixtures and name in CORPUS.OF_OTHER_KEYS)
