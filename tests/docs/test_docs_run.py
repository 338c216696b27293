"""Every code block of the README and the docs runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import omixa_mock
from omixa_mock.configuration import read_config, read_price_table

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "schemas" / "README.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_URL = "http://127.0.0.1:6649"
# What a line in a console block may begin with, and is known to be tried elsewhere.
TRIED_ELSEWHERE = {
    "make": "tests/acceptance runs the targets; here they must exist",
    "pytest": "a line about a user's own suite; tests/plugin runs its options",
    "pip": "tests/acceptance installs the wheel",
    "omixa-mock verify": "tests/contract runs it; the lines name the real gateway",
    "nginx": "tests/replicas.py runs it, with the page's own configuration",
    "st": "tests/acceptance runs Schemathesis, in an environment of its own",
    "npx": "other validators are not ours to install; the acceptance suite has its own",
    "check-jsonschema": "tests/schemas runs it on every example",
}


class Block(NamedTuple):
    place: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        for found in BLOCK.finditer(text):
            line = text[: found.start()].count("\n") + 1
            yield Block(f"{path.relative_to(ROOT)}:{line}", found[1], found[2])


BLOCKS = list(blocks())
TESTS = [block for block in BLOCKS if block.language == "python" and "def test_" in block.text]


def of(*languages: str) -> pytest.MarkDecorator:
    chosen = [block for block in BLOCKS if block.language in languages and block not in TESTS]
    return pytest.mark.parametrize("block", [as_param(block) for block in chosen])


def as_param(block: Block) -> Any:
    """A block's test; there are too many to run all of them each time, and the README comes first."""
    return pytest.param(block, id=block.place, marks=marks_of(block.place))


def marks_of(place: str) -> tuple[pytest.MarkDecorator, ...]:
    return () if place.startswith("README") else (pytest.mark.acceptance,)


@pytest.fixture
def gateway_url() -> Iterator[str]:
    with omixa_mock.serve() as gateway:
        yield gateway.url


def test_every_block_has_a_language_that_is_tried() -> None:
    tried = {"python", "console", "javascript", "toml", "json", "text", "yaml", "nginx"}

    assert {block.language for block in BLOCKS} <= tried


@of("python")
def test_python_block(block: Block, gateway_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "from openai" in block.text:
        pytest.importorskip("openai", reason="the OpenAI SDK comes with `make acceptance`")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "block"}
    exec(compile(block.text.replace(DEFAULT_URL, gateway_url), block.place, "exec"), names)
    if "client" in names:
        # A script leaves its client to the end of the process; here the process goes on.
        names["client"].close()


PAGES_WITH_TESTS = sorted({block.place.partition(":")[0] for block in TESTS})


@pytest.mark.parametrize("page", [pytest.param(page, marks=marks_of(page)) for page in PAGES_WITH_TESTS])
def test_blocks_that_show_tests(page: str, tmp_path: Path) -> None:
    """As a user would run them: in a pytest of their own, here one for a page."""
    for block in TESTS:
        place, _, line = block.place.partition(":")
        if place == page:
            (tmp_path / f"test_line_{line}.py").write_text(block.text)
    (tmp_path / "your_app.py").write_text(YOUR_APP)
    (tmp_path / "conftest.py").write_text(PATIENT)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-W", QUIET]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


# Hypothesis's deadline would time the examples, on a machine that others share.
PATIENT = """
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
"""
# What the README's first example imports: an app with a client of its own, and retries of its own.
YOUR_APP = """
import base64, os
from pathlib import Path
import httpx

def save_image(prompt: str, path: Path) -> None:
    order = {"model": "gpt-image-1.5", "prompt": prompt, "output_format": path.suffix[1:]}
    key = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"]}
    for _ in range(3):
        response = httpx.post("https://www.omixa.cloud/api/v1/images/generations", json=order, headers=key)
        if response.status_code != 503:
            break
    path.write_bytes(base64.b64decode(response.raise_for_status().json()["data"][0]["b64_json"]))
"""
# Another plugin of this environment may warn of its own defaults.
QUIET = "ignore::pytest.PytestDeprecationWarning"


@of("javascript")
def test_javascript_block(block: Block, gateway_url: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    script = tmp_path / "block.mjs"
    script.write_text(block.text.replace(DEFAULT_URL, gateway_url))

    done = subprocess.run([node, script], capture_output=True, text=True, check=False, timeout=30)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@of("toml")
def test_toml_block(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "block.toml"
    path.write_text(block.text)
    read = read_price_table if "prices.toml" in block.text else read_config

    values = read(path)
    assert values
    with omixa_mock.serve(faults=values.get("faults", ())):
        """What it plans is accepted."""


@of("json")
def test_json_block(block: Block) -> None:
    assert json.loads(block.text)


@of("yaml")
def test_yaml_block(block: Block, tmp_path: Path) -> None:
    """A workflow keeps GitHub's own schema; what else there is, its own test knows."""
    if "jobs:" not in block.text:
        assert "- repo:" in block.text, "tests/acceptance runs the pre-commit hook"
        return
    (tmp_path / "workflow.yaml").write_text(block.text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", "workflow.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    assert done.returncode == 0, done.stdout


def console_lines() -> Iterator[tuple[str, str]]:
    for block in BLOCKS:
        if block.language == "console":
            for line in block.text.replace("\\\n", " ").splitlines():
                assert line.startswith("$ "), f"{block.place}: a console block holds commands only: {line}"
                yield block.place, line.removeprefix("$ ")


@pytest.mark.acceptance  # a process for each line
@pytest.mark.parametrize(("place", "line"), list(console_lines()))
def test_console_line(place: str, line: str, gateway_url: str, tmp_path: Path) -> None:
    words = [word for word in line.split() if not re.match(r"[A-Z_]+=", word)]
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), place
    elif line.startswith("omixa-mock serve"):
        start_and_stop(line, tmp_path)
    elif not {words[0], " ".join(words[:2])} & TRIED_ELSEWHERE.keys():
        if words[0] == "curl" and shutil.which("curl") is None:
            pytest.skip("there is no curl on this machine")
        done = run_shell(line.replace(DEFAULT_URL, gateway_url), ROOT)
        assert done.returncode == 0, done.stderr
        assert not done.stdout.startswith('{"error"')


def environment() -> dict[str, str]:
    """The environment with this interpreter's commands first."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def run_shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, timeout=30, cwd=folder, env=environment()
    )


def start_and_stop(line: str, folder: Path) -> None:
    """Start the server of a line on a free port, and stop it as soon as it says that it listens."""
    command = f"exec {line} --port 0"
    with subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        first = server.stderr.readline()
        server.send_signal(signal.SIGTERM)
        rest = server.stderr.read()
    assert first.startswith("omixa-mock "), first + rest
    assert server.returncode == 0


def test_the_configuration_example_names_only_what_exists() -> None:
    [example] = [block for block in BLOCKS if block.language == "toml" and "[settings]" in block.text]

    assert tomllib.loads(example.text)["settings"]
