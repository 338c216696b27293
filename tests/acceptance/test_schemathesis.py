"""Tests with Schemathesis and all its checks against the fake's own OpenAPI description."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import omixa_mock

KEY = "omx_live_schemathesis"


@pytest.fixture(scope="session")
def schemathesis(installed: Callable[..., Path]) -> Path:
    """Find the command, which has an environment of its own."""
    return installed("schemathesis", "st")


def run_checks(command: Path, url: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run all checks on every endpoint of the description."""
    arguments = ["run", f"{url}/__omixa/openapi.json", "-H", f"Authorization: Bearer {KEY}"]
    limits = ["--max-examples", "25", "--checks", "all", "--seed", "1", "--no-color"]
    return subprocess.run(
        [command, *arguments, *limits],
        env=os.environ | environment, capture_output=True, text=True, check=False, timeout=600, cwd=folder,
    )  # fmt: skip


def test_fake_has_no_findings(schemathesis: Path, tmp_path: Path) -> None:
    with omixa_mock.serve(keys=(KEY,)) as server:
        done = run_checks(schemathesis, server.url, tmp_path, SCHEMATHESIS_HOOKS="omixa_mock.kit.schemathesis_hooks")

    assert done.returncode == 0, done.stdout


def test_wrong_response_is_found(schemathesis: Path, tmp_path: Path) -> None:
    with omixa_mock.serve(keys=(KEY,), faults=["missing_usage"]) as server:
        done = run_checks(schemathesis, server.url, tmp_path, SCHEMATHESIS_HOOKS="omixa_mock.kit.schemathesis_hooks")

    assert (done.returncode, "usage" in done.stdout) == (1, True), done.stdout
