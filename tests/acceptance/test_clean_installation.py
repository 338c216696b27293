"""Tests of the wheel, installed in an environment of its own, without access to the tree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest


@pytest.fixture(scope="module")
def environment(clean_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and its dependencies in a new environment; return its bin folder."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, clean_tree)
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    (wheel,) = folder.glob("*.whl")
    run(home / "bin" / "python", "-m", "pip", "install", "--quiet", wheel)
    return home / "bin"


def run(*command: str | Path) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, cwd=Path(command[0]).parent
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def url(environment: Path, tmp_path: Path) -> Iterator[str]:
    """Run `omixa-mock serve`; yield its URL, from its ready file."""
    ready_file = tmp_path / "url"
    command = [str(environment / "omixa-mock"), "serve", "--port", "0", "--ready-file", str(ready_file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        # The banner is printed after the file is written.
        assert process.stderr.readline().startswith("omixa-mock ")
        yield ready_file.read_text()
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=20)


def test_server_responds(url: str) -> None:
    with urlopen(f"{url}/__omixa/health") as response:
        assert json.load(response)["name"] == "omixa-mock"


def test_schemas_are_importable(environment: Path) -> None:
    code = (
        "import importlib.resources as r, omixa_mock.schemas as s; print(r.files(s).joinpath('gateway.json').is_file())"
    )
    assert run(environment / "python", "-c", code) == "True\n"


def test_dependencies_are_compatible(environment: Path) -> None:
    assert run(environment / "python", "-m", "pip", "check") == "No broken requirements found.\n"


@pytest.mark.parametrize("name", ["schemas", "tests", "docs", "examples", "gateway", "kit"])
def test_generic_name_is_not_installed(environment: Path, name: str) -> None:
    code = f"import importlib.util; print(importlib.util.find_spec({name!r}))"
    assert run(environment / "python", "-c", code) == "None\n"
