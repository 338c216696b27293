"""Fixtures of the plugin's tests: a pytest run of a user's project, and its reports."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

TIMEOUT = 120
# A plugin that writes the reports to a file, without the frames and truncation of a terminal.
RECORDER = """
import json
from pathlib import Path

REPORTS = []

def pytest_collectreport(report):
    if report.failed:
        REPORTS.append({"name": report.nodeid, "when": "collect", "outcome": "failed", "text": report.longreprtext})

def pytest_runtest_logreport(report):
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.skipped else "xpassed"
    text, sections = report.longreprtext, dict(report.sections)
    name = report.nodeid.partition("::")[2]
    REPORTS.append({"name": name, "when": report.when, "outcome": outcome, "text": text, "sections": sections})

def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        Path("reports.json").write_text(json.dumps(REPORTS))
"""
# Helpers for the tests of an inner project.
PRELUDE = """
import os
import threading

import httpx
import pytest

def send(method, url, **options):
    with httpx.Client(trust_env=False, verify=False) as client:
        return client.request(method, url, **options)

def get(url, **options):
    return send("GET", url, **options)

def post(body, key=None, url=None, **options):
    headers = {"Authorization": "Bearer " + (key or os.environ["OMIXA_API_KEY"])}
    url = (url or os.environ["OMIXA_BASE_URL"]) + "/images/generations"
    return send("POST", url, **({"headers": headers, "json": body} | options))

def draw(prompt="a cat", **fields):
    return post({"model": "gpt-image-1.5", "prompt": prompt, **fields})
"""


@dataclass(frozen=True)
class PytestRun:
    """Result of a pytest run of a user's project."""

    code: int
    output: str
    reports: list[dict[str, Any]]
    folder: Path

    @property
    def outcomes(self) -> dict[str, str]:
        """Return each test's outcome as pytest's last line counts it: `passed`, `failed`; both if there are two."""
        outcomes: dict[str, list[str]] = {}
        for report in self.reports:
            words = outcomes.setdefault(report["name"], [])
            if report["when"] == "call" or report["outcome"] != "passed":
                phase = "" if report["when"] == "call" or report["outcome"] == "skipped" else f"{report['when']} "
                words.append(f"{phase}{report['outcome']}")
        return {name: ", ".join(words) for name, words in outcomes.items()}

    def text(self, name: str) -> str:
        """Return the failure text of a test."""
        texts = (report["text"] for report in self.reports if report["name"] == name)
        return "\n".join(str(text) for text in texts if text)

    def error(self, name: str) -> str:
        """Return the exception of a failed test, without the source lines before it."""
        lines = [line[1:] for line in self.text(name).splitlines() if line.startswith("E  ")]
        # pytest indents an exception like the line that raised it.
        return textwrap.dedent("\n".join(lines))

    def section(self, name: str) -> str:
        """Return the plugin's section of a test's report."""
        reports = [report for report in self.reports if report["name"] == name]
        return "".join(report["sections"].get("omixa-mock calls", "") for report in reports)

    def summary(self, title: str) -> list[str]:
        """Return the lines of a section at the end of the run."""
        lines = self.output.splitlines()
        begin = next((index for index, line in enumerate(lines) if line.strip("= ") == title), len(lines))
        rest = lines[begin + 1 :]
        end = next((index for index, line in enumerate(rest) if line.startswith("=") or not line), len(rest))
        return rest[:end]

    def passed(self) -> bool:
        """Return True if the run succeeded; else fail with its output."""
        assert self.code == 0, self.output
        return True


RunPytest = Callable[..., PytestRun]


def clean_environment() -> dict[str, str]:
    """Return the environment without the variables of this pytest run and of its user."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "OMIXA_", "OPENAI_"))}


@pytest.fixture(scope="session")
def run_pytest(tmp_path_factory: pytest.TempPathFactory) -> RunPytest:
    """Return a function that runs tests in a pytest process of their own, with omixa-mock's plugin and those named.

    Workers share their results: the same run is started once.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def run_pytest(
        source: str,
        *arguments: str,
        plugins: tuple[str, ...] = (),
        files: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> PytestRun:
        digest = blake2s(repr((source, arguments, plugins, files, env)).encode(), digest_size=8).hexdigest()
        folder = base / f"project-{digest}"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "ended.json").exists():
                write_project(folder, source, files or {})
                done = subprocess.run(
                    [sys.executable, "-m", "pytest", *plugin_options(plugins), *arguments],
                    cwd=folder,
                    env={**clean_environment(), "COLUMNS": "400", **(env or {})},
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=TIMEOUT,
                )
                (folder / "ended.json").write_text(json.dumps([done.returncode, done.stdout + done.stderr]))
            code, output = json.loads((folder / "ended.json").read_text())
            return PytestRun(code, output, read_reports(folder), folder)

    return run_pytest


@pytest.fixture(scope="session")
def imported() -> None:
    """Import the modules of an inner run before pytester records them: a mocker of respx cannot be made twice."""
    import_module("omixa_mock.pytest_plugin.session")
    import_module("omixa_mock.interceptors.install").installed_patches()


@pytest.fixture
def run_pytest_in_process(
    imported: None,  # noqa: ARG001  # before pytester records the imported modules
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> RunPytest:
    """Return a function like `run_pytest` that runs in this process.

    It is ten times as fast. It suits tests that make no real calls and do not depend on imported modules.
    """
    pytester.syspathinsert()
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)

    def run_pytest(
        source: str, *arguments: str, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None
    ) -> PytestRun:
        write_project(pytester.path, source, files or {})
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        done = pytester.runpytest_inprocess(*plugin_options(()), *arguments)
        return PytestRun(int(done.ret), f"{done.stdout}\n{done.stderr}", read_reports(pytester.path), pytester.path)

    return run_pytest


def write_project(folder: Path, source: str, files: Mapping[str, str]) -> None:
    """Write a project of one test file, and the other given files."""
    defaults = {"pytest.ini": "[pytest]\n", "recorder.py": RECORDER, "test_it.py": PRELUDE + textwrap.dedent(source)}
    for name, text in {**defaults, **files}.items():
        (folder / name).write_text(textwrap.dedent(text))


def plugin_options(plugins: tuple[str, ...]) -> list[str]:
    """Return the options that load omixa-mock's plugin, those named, and no other."""
    options = [word for name in ("omixa_mock", "recorder", *plugins) for word in ("-p", name)]
    return ["--disable-plugin-autoload", "-p", "no:cacheprovider", *options]


def read_reports(folder: Path) -> list[dict[str, Any]]:
    """Return the reports that the recorder wrote."""
    path = folder / "reports.json"
    return list(json.loads(path.read_text())) if path.exists() else []
