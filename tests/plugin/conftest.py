"""What the tests of the pytest plugin share: a pytest of a user's own, and what it said of each test."""

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

PATIENCE = 120
# Reports as they are, without a terminal's frames and cuts around them.
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
# What every test of an inner project may use.
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

def post(order, key=None, url=None, **options):
    headers = {"Authorization": "Bearer " + (key or os.environ["OMIXA_API_KEY"])}
    url = (url or os.environ["OMIXA_BASE_URL"]) + "/images/generations"
    return send("POST", url, **({"headers": headers, "json": order} | options))

def draw(prompt="a cat", **fields):
    return post({"model": "gpt-image-1.5", "prompt": prompt, **fields})
"""


@dataclass(frozen=True)
class Played:
    """What a pytest of a user's own said."""

    code: int
    output: str
    reports: list[dict[str, Any]]
    folder: Path

    @property
    def outcomes(self) -> dict[str, str]:
        """Of each test what pytest's last line counts: `passed`, `failed`; for two words both."""
        told: dict[str, list[str]] = {}
        for report in self.reports:
            words = told.setdefault(report["name"], [])
            if report["when"] == "call" or report["outcome"] != "passed":
                at = "" if report["when"] == "call" or report["outcome"] == "skipped" else f"{report['when']} "
                words.append(f"{at}{report['outcome']}")
        return {name: ", ".join(words) for name, words in told.items()}

    def text(self, name: str) -> str:
        """What a test failed with."""
        return "\n".join(str(each["text"]) for each in self.reports if each["name"] == name and each["text"])

    def error(self, name: str) -> str:
        """The exception that a test failed with, without the lines of the test before it."""
        lines = [line[1:] for line in self.text(name).splitlines() if line.startswith("E  ")]
        # pytest indents an error like the line that raised it.
        return textwrap.dedent("\n".join(lines))

    def section(self, name: str) -> str:
        """Our section in a test's report."""
        found = [each["sections"].get("omixa-mock calls", "") for each in self.reports if each["name"] == name]
        return "".join(found)

    def summary(self, title: str) -> list[str]:
        """The lines of a section at the end of the run."""
        lines = self.output.splitlines()
        begin = next((at for at, line in enumerate(lines) if line.strip("= ") == title), len(lines))
        rest = lines[begin + 1 :]
        end = next((at for at, line in enumerate(rest) if line.startswith("=") or not line), len(rest))
        return rest[:end]

    def passed(self) -> bool:
        """Whether all was well; shows what was not."""
        assert self.code == 0, self.output
        return True


Play = Callable[..., Played]


def clean_environment() -> dict[str, str]:
    """The environment without what this pytest run and its user have set for theirs."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "OMIXA_", "OPENAI_"))}


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Runs tests in a pytest of their own, with no plugin but omixa-mock's and those that are named.

    What several workers ask for is run once.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def play(
        source: str,
        *arguments: str,
        plugins: tuple[str, ...] = (),
        files: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Played:
        asked = repr((source, arguments, plugins, files, env)).encode()
        folder = base / f"project-{blake2s(asked, digest_size=8).hexdigest()}"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "ended.json").exists():
                write_project(folder, source, files or {})
                done = subprocess.run(
                    [sys.executable, "-m", "pytest", *choose(plugins), *arguments],
                    cwd=folder,
                    env={**clean_environment(), "COLUMNS": "400", **(env or {})},
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=PATIENCE,
                )
                (folder / "ended.json").write_text(json.dumps([done.returncode, done.stdout + done.stderr]))
            code, output = json.loads((folder / "ended.json").read_text())
            return Played(code, output, read_reports(folder), folder)

    return play


@pytest.fixture(scope="session")
def imported() -> None:
    """What an inner run imports, imported before: pytester forgets it, and a mocker of respx cannot be made twice."""
    import_module("omixa_mock.pytest_plugin.session")
    import_module("omixa_mock.interceptors.install").installed_patches()


@pytest.fixture
def play_here(
    imported: None,  # noqa: ARG001  # before pytester looks at what is imported
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> Play:
    """As `play`, in this process: ten times as fast, for what neither goes live nor asks what was imported."""
    pytester.syspathinsert()
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)

    def play(
        source: str, *arguments: str, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None
    ) -> Played:
        write_project(pytester.path, source, files or {})
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        done = pytester.runpytest_inprocess(*choose(()), *arguments)
        return Played(int(done.ret), f"{done.stdout}\n{done.stderr}", read_reports(pytester.path), pytester.path)

    return play


def write_project(folder: Path, source: str, files: Mapping[str, str]) -> None:
    """Write a project of one test file, and what else it has."""
    written = {"pytest.ini": "[pytest]\n", "recorder.py": RECORDER, "test_it.py": PRELUDE + textwrap.dedent(source)}
    for name, text in {**written, **files}.items():
        (folder / name).write_text(textwrap.dedent(text))


def choose(plugins: tuple[str, ...]) -> list[str]:
    """The options that load omixa-mock's plugin, those named, and no other."""
    chosen = [word for name in ("omixa_mock", "recorder", *plugins) for word in ("-p", name)]
    return ["--disable-plugin-autoload", "-p", "no:cacheprovider", *chosen]


def read_reports(folder: Path) -> list[dict[str, Any]]:
    """What the recorder wrote."""
    told = folder / "reports.json"
    return list(json.loads(told.read_text())) if told.exists() else []
