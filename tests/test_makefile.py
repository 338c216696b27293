"""`make check` runs all of its tools, whatever they find, and fails if one of them failed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("ruff check", "ruff format --check", "mypy")
SCRIPT = """#!/bin/sh
echo "$(basename "$0") $*" | sed 's/ $//' >> "$(dirname "$0")/ran"
! grep -qx "$(basename "$0")${1:+ }$*" "$(dirname "$0")/failing"
"""


def check(folder: Path, *failing: str) -> tuple[int, list[str], str]:
    """Run `make check` with tools that fail as named; return its code, the tools that ran, and its errors."""
    if shutil.which("make") is None:
        pytest.skip("there is no make on this machine")
    for name in ("ruff", "mypy"):
        (folder / name).write_text(SCRIPT)
        (folder / name).chmod(0o755)
    (folder / "failing").write_text("".join(f"{tool}\n" for tool in failing))
    # Nothing is set up: the tools are not the real ones.
    stamps = [word for name in ("lint", "test", "acceptance") for word in ("-o", f".venv/with-{name}")]
    done = subprocess.run(
        ["make", "check", f"BIN={folder}", *stamps], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, (folder / "ran").read_text().splitlines(), done.stderr


@pytest.mark.parametrize("tool", TOOLS)
def test_check_runs_every_tool_and_names_the_one_that_failed(tmp_path: Path, tool: str) -> None:
    code, ran, errors = check(tmp_path, tool)
    assert (code != 0, ran) == (True, list(TOOLS))
    assert f"make check failed: {tool}\n" in errors


def test_check_names_all_that_failed(tmp_path: Path) -> None:
    assert "make check failed: ruff check, mypy\n" in check(tmp_path, "ruff check", "mypy")[2]


def test_check_succeeds_if_every_tool_does(tmp_path: Path) -> None:
    assert check(tmp_path) == (0, list(TOOLS), "")
