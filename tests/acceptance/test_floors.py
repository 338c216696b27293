"""The oldest dependencies that pyproject.toml allows are enough: what they once broke is tested with them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PYTHON = REPOSITORY / ".venv-floor" / "bin" / "python"
# Error texts of orjson, numbers that jsonschema-rs must take, click's output, the protocol of uvicorn.
TELLING = (
    "tests/gateway/test_core_bad_input.py",
    "tests/gateway/test_core_judge.py",
    "tests/cli/test_telling.py",
    "tests/transports/test_cors.py",
)


@pytest.mark.parametrize("path", TELLING)
def test_tests_pass_with_the_oldest_dependencies(path: str) -> None:
    if not PYTHON.exists():
        pytest.skip("`make acceptance` has not installed the oldest dependencies")
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr
