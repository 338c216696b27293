"""The same orders get the same responses, byte for byte, in every process, hash seed and Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("responses.py")
PYTHONS = ("3.11", "3.12", "3.13")
HASH_SEEDS = ("0", "1", "random")


def responses(python: Path | str, hash_seed: str) -> list[str]:
    """A line for each response in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [python, SCRIPT], env=environment, capture_output=True, text=True, check=False, timeout=120, cwd=SCRIPT.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def reference() -> list[str]:
    return responses(sys.executable, "0")


def test_orders_are_both_fulfilled_and_refused(reference: list[str]) -> None:
    assert {line.split()[0] for line in reference} == {"200", "422"}


@pytest.mark.parametrize("hash_seed", HASH_SEEDS)
@pytest.mark.parametrize("version", PYTHONS)
def test_responses_are_the_same(
    reference: list[str], python_of: Callable[[str], Path], version: str, hash_seed: str
) -> None:
    assert responses(python_of(version), hash_seed) == reference
