"""Tests with the oldest dependencies that pyproject.toml allows, of the features that those once broke."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PYTHON = REPOSITORY / ".venv-floor" / "bin" / "python"
# Error messages of orjson, numbers in jsonschema-rs, output of click, the protocol class of uvicorn.
AFFECTED = (
    "tests/gateway/test_core_bad_input.py",
    "tests/gateway/test_core_validator.py",
    "tests/cli/test_contract_commands.py",
    "tests/transports/test_cors.py",
)


@pytest.mark.parametrize("path", AFFECTED)
def test_tests_pass_with_the_oldest_dependencies(path: str) -> None:
    if not PYTHON.exists():
        pytest.skip("`make acceptance` has not installed the oldest dependencies")
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr
