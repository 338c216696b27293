"""Tests of the hook in `.pre-commit-hooks.yaml`, which pre-commit itself installs and runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MANIFEST = REPOSITORY / ".pre-commit-hooks.yaml"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
AUTHOR = ("-c", "user.name=a test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")

Hook = Callable[[str], subprocess.CompletedProcess[str]]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def hook(clean_tree: Path, tmp_path_factory: pytest.TempPathFactory, require: Callable[..., str]) -> Hook:
    """Return a function that runs the hook of this tree on a file of another repository."""
    require("git")
    source = Path(shutil.copytree(clean_tree, tmp_path_factory.mktemp("hook") / "source"))
    shutil.copy(MANIFEST, source)
    user = tmp_path_factory.mktemp("user")
    for folder in (source, user):
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "--allow-empty", "-m", "all")

    def run(text: str) -> subprocess.CompletedProcess[str]:
        (user / "request.json").write_text(text)
        git(user, "add", "request.json")
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(source), "omixa-validate", "--all-files"]
        home = os.environ | {"PRE_COMMIT_HOME": str(user.parent / "pre-commit")}
        return subprocess.run(command, cwd=user, env=home, check=False, capture_output=True, text=True, timeout=300)

    return run


def test_manifest_is_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("fields", "code", "output"), [({}, 0, "Passed"), ({"n": 11}, 1, "request.json:1:")])
def test_hook_validates_a_file(hook: Hook, fields: dict[str, int], code: int, output: str) -> None:
    done = hook(json.dumps(CAT | fields))
    assert (done.returncode, output in done.stdout) == (code, True), done.stdout + done.stderr
