"""Tests with the oldest dependencies that pyproject.toml allows, of the features that those once broke."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
# Everything about requests and urllib3 that runs in process.
OF_URLLIB3 = (
    "tests/interceptors/test_urllib3.py",
    "tests/interceptors/test_mocks_of_requests.py",
    "tests/interceptors/test_faults_equal_socket.py",
)
# The tests that each environment of the Makefile runs.
AFFECTED = {
    # Error messages of orjson, numbers in jsonschema-rs, output of click, the protocol class of uvicorn.
    ".venv-floor": (
        "tests/gateway/test_core_bad_input.py",
        "tests/gateway/test_core_validator.py",
        "tests/cli/test_contract_commands.py",
        "tests/transports/test_cors.py",
    ),
    ".venv-urllib3-1.26": OF_URLLIB3,
    ".venv-urllib3-2.0": OF_URLLIB3,
}


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in AFFECTED.items() for path in paths])
def test_tests_pass_with_the_oldest_dependencies(name: str, path: str) -> None:
    python = REPOSITORY / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"`make acceptance` has not made {name}")
    chosen = "requests or urllib3" if path in OF_URLLIB3 else ""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not acceptance", "-k", chosen, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr
