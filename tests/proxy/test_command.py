"""Tests of the command's arguments, report and exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from omixa_mock.cli import main

from .conftest import CAT, GENERATE

COMMAND = [sys.executable, "-c", "from omixa_mock.cli import main; main()", "proxy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["https://x"], "--max-spend USD, for instance --max-spend 2.00, or --no-cap"),
        (["https://x", "--max-spend", "1", "--no-cap"], "Give either"),
        (["https://x", "--max-spend", "much"], "is no amount"),
        (["http://x", "--no-cap"], "unencrypted"),
        (["ftp://x", "--no-cap"], "is no URL"),
        (["https://me:hunter2@x", "--no-cap"], "password"),
        (["https://x/v2", "--no-cap"], "has a path"),
        (["https://x", "--no-cap", "--host", "0.0.0.0"], "--control-token"),
        (["https://x", "--no-cap", "--record", "nowhere/x.har"], "cannot be written"),
        (["https://x", "--no-cap", "--config", "nowhere.toml"], "no file"),
    ],
)
def test_arguments_that_are_not_accepted_are_explained(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["proxy", *arguments])

    assert (result.exit_code, message in result.output) == (2, True)
    assert "hunter2" not in result.output


def test_a_port_in_use_is_explained(upstream: Any, tmp_path: Path) -> None:
    port = upstream.url.rsplit(":", 1)[1]
    result = CliRunner().invoke(main, ["proxy", upstream.url, "--no-cap", "--port", port])

    assert (result.exit_code, "--port" in result.output) == (3, True)
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for others")
@pytest.mark.parametrize(("n", "exit_code"), [(1, 0), (77, 1)])
def test_the_report_is_written_at_the_end(n: int, exit_code: int, upstream: Any, tmp_path: Path) -> None:
    ready, report = tmp_path / "url", tmp_path / "report.json"
    options = ["--no-cap", "--port", "0", "--ready-file", str(ready), "--format", "json", "-o", str(report)]
    process = subprocess.Popen([*COMMAND, upstream.url, *options], stderr=subprocess.PIPE, text=True)
    while not ready.exists() and process.poll() is None:
        time.sleep(0.02)
    headers = {"Authorization": f"Bearer {upstream.api_key}"}
    httpx.post(f"{ready.read_text()}{GENERATE}", json={**CAT, "n": n}, headers=headers)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=15)

    assert process.returncode == exit_code, stderr
    assert json.loads(report.read_text())
    assert ("request.n.maximum" in stderr) == (exit_code == 1)
    assert not ready.exists()
