"""Tests that run every code block of the README and the docs."""

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
from omixa_mock.trials.allowances import read_allowances

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "schemas")
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / folder / "README.md" for folder in FOLDERS),
    ROOT / "AGENTS.md",
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_URL = "http://127.0.0.1:6649"
# A proxy in front of a fake answers as the fake does.
PROXY_URL = "http://127.0.0.1:6650"
# Beginnings of console lines that other tests run, with the reason.
TESTED_ELSEWHERE = {
    "make": "tests/acceptance runs the targets; this module checks that they exist",
    "pytest": "the line is about the suite of a user; tests/plugin runs its options",
    "pip": "tests/acceptance installs the wheel",
    "omixa-mock identify": "tests/cli runs it, with files that the fake drew",
    "curl http://127.0.0.1:6649/__omixa/identify": "tests/transports sends files to this route",
    "curl http://127.0.0.1:6650/__omixa/requests": "tests/proxy asks a proxy",
    "nginx": "tests/replicas.py runs it, with the page's configuration",
    "st": "tests/acceptance runs Schemathesis, in an environment of its own",
    "npx": "third-party validators are not installed here; the acceptance suite has its own",
    "check-jsonschema": "tests/schemas runs it on every example",
}


class Block(NamedTuple):
    location: str
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


def each_block(*languages: str) -> pytest.MarkDecorator:
    chosen = [block for block in BLOCKS if block.language in languages and block not in TESTS]
    return pytest.mark.parametrize("block", [as_param(block) for block in chosen])


def as_param(block: Block) -> Any:
    """Return the parameter of a block; only the blocks of the README run outside the acceptance tests."""
    return pytest.param(block, id=block.location, marks=marks_of(block.location))


def marks_of(location: str) -> tuple[pytest.MarkDecorator, ...]:
    return () if location.startswith("README") else (pytest.mark.acceptance,)


@pytest.fixture
def gateway_url() -> Iterator[str]:
    with omixa_mock.serve() as mock:
        yield mock.url


def test_every_block_has_a_tested_language() -> None:
    tested = {"python", "console", "javascript", "toml", "json", "text", "yaml", "nginx"}
    # tests/acceptance/test_recipes.py runs these files, and those of other pages test_deploying.py.
    tested |= {"sh", "js", "go", "html"}

    assert {block.language for block in BLOCKS} <= tested


@each_block("python")
def test_python_block(block: Block, gateway_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "from openai" in block.text:
        pytest.importorskip("openai", reason="`make acceptance` installs the OpenAI SDK")
    if "locustfile" in block.text:
        return  # tests/acceptance/test_deploying.py runs it
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "block"}
    exec(compile(block.text.replace(DEFAULT_URL, gateway_url), block.location, "exec"), names)
    if "client" in names:
        # A script's client is closed at the end of its process; this process continues.
        names["client"].close()


PAGES_WITH_TESTS = sorted({block.location.partition(":")[0] for block in TESTS})


@pytest.mark.parametrize("page", [pytest.param(page, marks=marks_of(page)) for page in PAGES_WITH_TESTS])
def test_test_blocks_pass(page: str, tmp_path: Path) -> None:
    """Run the blocks of a page that contain tests, in a pytest process of their own."""
    for block in TESTS:
        name, _, line = block.location.partition(":")
        if name == page:
            (tmp_path / f"test_line_{line}.py").write_text(block.text)
    (tmp_path / "your_app.py").write_text(YOUR_APP)
    (tmp_path / "conftest.py").write_text(WITHOUT_DEADLINE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "-W",
        IGNORE_PLUGIN_WARNINGS,
        "-W",
        IGNORE_PYDANTIC_WARNINGS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


# Examples on a shared machine may exceed Hypothesis's deadline.
WITHOUT_DEADLINE = """
from hypothesis import settings

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
"""
# The app that the README's first example imports, with its own client and retries.
YOUR_APP = """
import base64, os
from pathlib import Path
import httpx

def save_image(prompt: str, path: Path) -> None:
    request = {"model": "gpt-image-1.5", "prompt": prompt, "output_format": path.suffix[1:]}
    key = {"Authorization": "Bearer " + os.environ["OMIXA_API_KEY"]}
    for _ in range(3):
        response = httpx.post("https://www.omixa.cloud/api/v1/images/generations", json=request, headers=key)
        if response.status_code != 503:
            break
    path.write_bytes(base64.b64decode(response.raise_for_status().json()["data"][0]["b64_json"]))
"""
# Another plugin of this environment may warn about its own defaults.
IGNORE_PLUGIN_WARNINGS = "ignore::pytest.PytestDeprecationWarning"
# LiteLLM's own types make Pydantic warn.
IGNORE_PYDANTIC_WARNINGS = "ignore:Item:UserWarning"


@each_block("javascript")
def test_javascript_block(block: Block, gateway_url: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    script = tmp_path / "block.mjs"
    script.write_text(block.text.replace(DEFAULT_URL, gateway_url))

    done = subprocess.run([node, script], capture_output=True, text=True, check=False, timeout=30)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@each_block("toml")
def test_toml_block(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "block.toml"
    path.write_text(block.text)
    if "gauntlet.toml" in block.text:
        assert read_allowances(path)
        return
    parse = read_price_table if "prices.toml" in block.text else read_config

    values = parse(path)
    assert values
    with omixa_mock.serve(faults=values.get("faults", ())):
        """The faults are accepted."""


@each_block("json")
def test_json_block(block: Block) -> None:
    assert json.loads(block.text)


# Words that only one kind of file has.
SCHEMAS_OF_YAML = {
    "jobs:": "vendor.github-workflows",
    "# compose.yaml": "vendor.compose-spec",
    "# .gitlab-ci.yml": "vendor.gitlab-ci",
}


@each_block("yaml")
def test_yaml_block(block: Block, tmp_path: Path) -> None:
    """Validate a file against the schema of its kind; other tests run the pre-commit configuration and the probe."""
    if "- repo:" in block.text or "apiVersion:" in block.text:
        return
    (schema,) = (schema for mark, schema in SCHEMAS_OF_YAML.items() if mark in block.text)
    (tmp_path / "block.yaml").write_text(block.text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "block.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    assert done.returncode == 0, done.stdout


# A HAR of one refusal, from which nothing new is learnt.
TRAFFIC = """{"log": {"entries": [{"request": {"method": "POST", "url": "https://x/api/v1/images/generations",
"postData": {"text": "{}"}}, "response": {"status": 422, "content": {"text": "{}"}}}]}}"""


def console_lines() -> Iterator[tuple[str, str]]:
    for block in BLOCKS:
        if block.language == "console":
            for line in block.text.replace("\\\n", " ").splitlines():
                assert line.startswith("$ "), f"{block.location}: a console block contains commands only: {line}"
                yield block.location, line.removeprefix("$ ")


@pytest.mark.acceptance  # starts a process for each line
@pytest.mark.parametrize(("location", "line"), list(console_lines()))
def test_console_line(location: str, line: str, gateway_url: str, tmp_path: Path) -> None:
    (tmp_path / "omixa.toml").write_text("[settings]\nsuccess_status = 201\n")
    (tmp_path / "traffic.har").write_text(TRAFFIC)
    words = [word for word in line.split() if not re.match(r"[A-Z_]+=", word)]
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), location
    elif " ".join(words[:2]) == "omixa-mock verify":
        done = run_shell(at_fake(line, gateway_url), tmp_path)
        assert done.stdout.splitlines()[-1].startswith("failed: 0 failures, 1 finding, "), "a fake accepts every key"
    elif line.startswith("omixa-mock gauntlet --quick"):
        done = run_shell(line, tmp_path)
        assert done.stdout.splitlines()[-1] == "failed: 12 cases, 4 failed (1 hung, 3 swallowed, 8 ended loudly)"
    elif line.startswith(("omixa-mock serve", "omixa-mock proxy")):
        start_and_stop(at_fake(line, gateway_url), tmp_path)
    elif not {words[0], " ".join(words[:2])} & TESTED_ELSEWHERE.keys():
        if words[0] == "curl" and shutil.which("curl") is None:
            pytest.skip("there is no curl on this machine")
        done = run_shell(at_fake(line, gateway_url), tmp_path if "omixa.toml" in line else ROOT)
        assert done.returncode == 0, done.stderr
        assert not done.stdout.startswith('{"error"')


def at_fake(line: str, url: str) -> str:
    """Return a line for the real gateway as one for a fake."""
    line = line.replace(PROXY_URL, url)
    return line.replace("https://www.omixa.cloud", url).replace(DEFAULT_URL, url).replace("omx_live_…", "omx_live_docs")


def environment() -> dict[str, str]:
    """Return the environment with this interpreter's commands first on PATH."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def run_shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, timeout=30, cwd=folder, env=environment()
    )


def start_and_stop(line: str, folder: Path) -> None:
    """Start the server of a line on a free port, and stop it after the first line of its banner."""
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


def test_configuration_examples_have_settings() -> None:
    examples = [block for block in BLOCKS if block.language == "toml" and "[settings]" in block.text]

    assert examples
    assert all(tomllib.loads(example.text)["settings"] for example in examples)
