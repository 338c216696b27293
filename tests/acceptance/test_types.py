"""Tests that the code of README and docs passes `mypy --strict` and pyright, once its parameters are annotated."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
# Frameworks of the cookbook have no types that a strict checker accepts.
PAGES = (ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.stem != "cookbook"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The names by which the docs call a mock.
TYPES = {"mock": "OmixaMock", "omixa_mock": "OmixaMock"}
TYPES |= dict.fromkeys(("omixa_mock_server", "omixa_mock_session"), "OmixaMockServer")
HEAD = "from typing import Any\nfrom omixa_mock import OmixaMock, OmixaMockServer\n"
WRONG = """\
def test_wrong(omixa_mock: OmixaMock) -> None:
    omixa_mock.assert_caled()
    omixa_mock.last.charge.upper()
"""

REQUEST = """\
from omixa_mock.types import ImageRequest

request: ImageRequest = {"model": "gpt-image-1.5", "prompt": "a cat", %s}
"""
TIMED = "import time, typing; start = time.perf_counter(); import omixa_mock.types; print(time.perf_counter() - start)"


def annotate(code: str) -> str:
    """Annotate the parameters of a block's functions that have no annotations, as a typed test suite must."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None:
            node.returns = ast.Name("Any")
            arguments = node.args
            extra = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
            for argument in (*arguments.args, *arguments.kwonlyargs, *extra):
                argument.annotation = ast.Name(TYPES.get(argument.arg, "Any"))
    return HEAD + ast.unparse(tree) + "\n"


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a module for each block of Python; return their folder."""
    folder = tmp_path_factory.mktemp("blocks")
    (folder / "your_app.py").write_text("def save_image(prompt: str, path: object) -> None: ...\n")
    for page in PAGES:
        for number, code in enumerate(BLOCK.findall(page.read_text("utf-8"))):
            (folder / f"{page.stem.replace('-', '_')}_{number}.py").write_text(annotate(code))
    return folder


@pytest.fixture(scope="module")
def installed(clean_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package in a folder, since type checkers do not see an editable installation."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(clean_tree)]
    subprocess.run(command, check=True, timeout=300)
    return folder


def run(folder: Path, installed: Path, *command: str) -> str:
    """Return the findings of a type checker; empty if there are none."""
    settings = {"extraPaths": [str(installed)], "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", *command, "."],
        cwd=folder,
        env=os.environ | {"MYPYPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


CHECKERS = {
    "mypy": ("mypy", "--strict", "--no-incremental", "--follow-imports=silent", "--disable-error-code=import-untyped"),
    "pyright": ("pyright", "--pythonpath", sys.executable),
}


@pytest.mark.parametrize("command", CHECKERS.values(), ids=CHECKERS)
def test_blocks_are_typed(blocks: Path, installed: Path, command: tuple[str, ...]) -> None:
    assert run(blocks, installed, *command) == ""


@pytest.mark.parametrize("command", CHECKERS.values(), ids=CHECKERS)
def test_checker_sees_the_types(tmp_path: Path, installed: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "wrong.py").write_text(HEAD + WRONG)
    findings = run(tmp_path, installed, *command)
    assert ("assert_caled" in findings, "upper" in findings) == (True, True), findings


@pytest.mark.parametrize("command", CHECKERS.values(), ids=CHECKERS)
@pytest.mark.parametrize("field", ['"n": "2"', '"size": "512x512"', '"response_format": "url"', '"mask": None'])
def test_checker_refuses_the_field(tmp_path: Path, installed: Path, command: tuple[str, ...], field: str) -> None:
    (tmp_path / "mistyped.py").write_text(REQUEST % field)
    assert "mistyped.py:3" in run(tmp_path, installed, *command)


@pytest.mark.parametrize("command", CHECKERS.values(), ids=CHECKERS)
def test_checker_accepts_a_valid_field(tmp_path: Path, installed: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "typed.py").write_text(REQUEST % '"n": 2')
    assert run(tmp_path, installed, *command) == ""


def test_types_are_imported_in_5_ms(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    command = [sys.executable, "-c", TIMED]
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(10)]
    assert min(float(done.stdout) for done in runs) < 0.005
