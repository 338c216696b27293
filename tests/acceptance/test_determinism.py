"""Tests that the same requests get the same responses, byte for byte, in every process, hash seed and Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("responses.py")
# The Makefile installs the project for Python 3.14 only if that is on this machine.
NEWEST = ["3.14"] if (SCRIPT.parents[2] / ".venv-3.14").exists() else []
PYTHONS = ("3.11", "3.12", "3.13", *NEWEST)
HASH_SEEDS = ("0", "1", "random")


def responses(python: Path | str, hash_seed: str) -> list[str]:
    """Return a line for each response, from a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [python, SCRIPT], env=environment, capture_output=True, text=True, check=False, timeout=120, cwd=SCRIPT.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def reference() -> list[str]:
    return responses(sys.executable, "0")


def test_some_requests_succeed_and_some_are_refused(reference: list[str]) -> None:
    assert {line.split()[0] for line in reference} == {"200", "422"}


@pytest.mark.parametrize("hash_seed", HASH_SEEDS)
@pytest.mark.parametrize("version", PYTHONS)
def test_responses_are_the_same(
    reference: list[str], python_of: Callable[[str], Path], version: str, hash_seed: str
) -> None:
    assert responses(python_of(version), hash_seed) == reference
