"""The hook in `.pre-commit-hooks.yaml`: pre-commit itself takes it, installs it, and runs it."""

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
    """Runs the hook of this tree on a file of another repository that holds some text."""
    require("git")
    source = Path(shutil.copytree(clean_tree, tmp_path_factory.mktemp("hook") / "source"))
    shutil.copy(MANIFEST, source)
    user = tmp_path_factory.mktemp("user")
    for folder in (source, user):
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "--allow-empty", "-m", "all")

    def run(text: str) -> subprocess.CompletedProcess[str]:
        (user / "order.json").write_text(text)
        git(user, "add", "order.json")
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(source), "omixa-validate", "--all-files"]
        home = os.environ | {"PRE_COMMIT_HOME": str(user.parent / "pre-commit")}
        return subprocess.run(command, cwd=user, env=home, check=False, capture_output=True, text=True, timeout=300)

    return run


def test_manifest_is_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("more", "code", "said"), [({}, 0, "Passed"), ({"n": 11}, 1, "order.json:1:")])
def test_hook_judges_a_file(hook: Hook, more: dict[str, int], code: int, said: str) -> None:
    done = hook(json.dumps(CAT | more))
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr
