"""Tests of the command's arguments, report and exit code."""

from __future__ import annotations

import json
import os
import re
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


@pytest.mark.acceptance
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


class Terminal:
    """Terminal on whose screen a command writes; it knows the one control sequence that clears a line."""

    def __init__(self) -> None:
        self._master, self.end = os.openpty()
        self._received = ""

    @property
    def lines(self) -> list[str]:
        """Return the lines on the screen."""
        return [line.rpartition("\r\x1b[K")[2] for line in self._received.split("\r\n")]

    def wait_for(self, pattern: str) -> str:
        """Read until a line on the screen matches, and return the line."""
        while True:
            for line in self.lines:
                if re.fullmatch(pattern, line):
                    return line
            self._received += os.read(self._master, 65_536).decode()

    def read_all(self) -> None:
        """Read until the command has ended."""
        os.close(self.end)
        try:
            while text := os.read(self._master, 65_536).decode():
                self._received += text
        except OSError:  # Linux: nobody writes to the terminal any more
            os.close(self._master)


@pytest.mark.acceptance  # each starts the command
@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(
    ("money", "progress"),
    [
        (["--max-spend", "9"], ["1 call, 0.039000 of 9 USD", "2 calls, 0.039000 of 9 USD"]),
        (["--no-cap"], ["1 call, 0.039000 USD", "2 calls, 0.039000 USD"]),
    ],
)
def test_a_terminal_shows_the_progress_below_the_findings(money: list[str], progress: list[str], upstream: Any) -> None:
    terminal = Terminal()
    process = subprocess.Popen([*COMMAND, upstream.url, *money, "--port", "0"], stderr=terminal.end)
    url = terminal.wait_for(r"  base URL  http://.*").split()[-1]
    headers = {"Authorization": f"Bearer {upstream.api_key}"}
    shown = []
    for n, line in zip((1, 77), progress, strict=True):
        httpx.post(f"{url}/images/generations", json={**CAT, "n": n}, headers=headers)
        shown.append(terminal.wait_for(re.escape(line)))
    process.send_signal(signal.SIGTERM)
    terminal.read_all()
    process.wait(timeout=15)

    assert shown == progress
    found = next(index for index, line in enumerate(terminal.lines) if line.startswith("#2 422 POST"))
    assert terminal.lines[found + 1] == progress[1]
    assert progress[0] not in terminal.lines


@pytest.mark.acceptance
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for others")
def test_a_pipe_gets_no_progress(upstream: Any) -> None:
    process = subprocess.Popen([*COMMAND, upstream.url, "--no-cap", "--port", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    url = next(line for line in process.stderr if "base URL" in line).split()[-1]
    httpx.post(f"{url}/images/generations", json=CAT, headers={"Authorization": f"Bearer {upstream.api_key}"})
    process.send_signal(signal.SIGTERM)
    with process:
        stderr = process.stderr.read()

    assert stderr.splitlines() == [
        "Ctrl-C ends it.",
        "exchanges: 1 request, 1 response, all valid",
        "billed: 0.039000 USD",
    ]
