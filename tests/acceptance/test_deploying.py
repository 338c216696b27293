"""Tests of docs/deploying.md, the Dockerfile, action.yml and AGENTS.md, without a container engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import omixa_mock

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploying.md").read_text("utf-8")
AGENTS = (ROOT / "AGENTS.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAMED = [name.rsplit(" ", 1)[1] for name in PROJECT["classifiers"] if "Python :: 3." in name]
# The unpacked size of python:3.13-alpine is 45 MB; the image must stay below 120 MB.
PACKAGES_MAX = 70 * 1024 * 1024
NOBODY = 65534


def read_dockerfile() -> dict[str, list[str]]:
    """Return the arguments of each instruction of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, list[str]] = {}
    for line in lines:
        instruction, _, rest = line.partition(" ")
        found.setdefault(instruction, []).append(rest)
    return found


DOCKERFILE = read_dockerfile()


def variables() -> dict[str, str]:
    """Return the variables of the Dockerfile."""
    return dict(word.split("=", 1) for word in shlex.split(DOCKERFILE["ENV"][0]))


@pytest.fixture(scope="module")
def image(clean_tree: Path) -> Iterator[Path]:
    """Install the tree as the Dockerfile does, in a folder that every user may read; yield that folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        command = DOCKERFILE["RUN"][0].replace("/installed", name).replace("pip", f"{sys.executable} -m pip", 1)
        subprocess.run(["bash", "-c", f"{command} --ignore-installed"], cwd=clean_tree, check=True, timeout=600)
        yield folder


@pytest.fixture
def container(image: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start the image's command as its user, on a free port; yield the process and its environment."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    environment = variables() | {
        "PATH": f"{image / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(image / "lib" / python / "site-packages"),
        "OMIXA_MOCK_PORT": "0",
        "OMIXA_MOCK_CONTROL_TOKEN": "local",
    }
    command = [*json.loads(DOCKERFILE["ENTRYPOINT"][0]), *json.loads(DOCKERFILE["CMD"][0])]
    # Only root can become another user, who may not be able to run an interpreter in root's home.
    can_change = os.geteuid() == 0 and all(
        path.stat().st_mode & 0o005 for path in Path(sys.executable).resolve().parents
    )
    user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if can_change else {}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd="/", **user) as process:
        yield process, environment
        process.kill()


def test_container_is_healthy_and_ends_within_a_second(container: Any) -> None:
    process, environment = container
    port = read_port(process)
    check = ["sh", "-c", DOCKERFILE["HEALTHCHECK"][0].partition("CMD ")[2]]
    environment |= {"OMIXA_MOCK_PORT": port}
    assert subprocess.run(check, env=environment, check=False, timeout=30).returncode == 0
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - begin < 1


def read_port(process: subprocess.Popen[str]) -> str:
    """Return the port in the banner."""
    assert process.stderr is not None
    banner = ""
    while not (port := re.search(r"http://[^/\s]+:(\d+)", banner)):
        line = process.stderr.readline()
        assert line, banner
        banner += line
    return port[1]


def test_image_runs_as_no_root() -> None:
    assert DOCKERFILE["USER"] == [f"{NOBODY}:{NOBODY}"]


def test_packages_have_wheels_for_the_image_and_are_small(tmp_path: Path) -> None:
    (base,) = {name.split(" ")[0] for name in DOCKERFILE["FROM"]}
    version = re.fullmatch(r"python:(3\.\d+)-alpine", base)
    assert version
    download(tmp_path, version[1], "musllinux_1_2_x86_64", *PROJECT["dependencies"])
    for wheel in tmp_path.glob("*.whl"):
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(tmp_path / "unpacked")], check=True)
    assert sum(path.stat().st_size for path in (tmp_path / "unpacked").rglob("*")) < PACKAGES_MAX


@pytest.mark.parametrize("version", NAMED)
def test_oldest_dependencies_can_be_installed(version: str, tmp_path: Path) -> None:
    needs = [*PROJECT["dependencies"], *(need for needs in PROJECT["optional-dependencies"].values() for need in needs)]
    # pip evaluates the markers for the Python that runs it.
    here = {"python_version": version, "sys_platform": "linux"}
    chosen = [need for need in map(Requirement, needs) if need.marker is None or need.marker.evaluate(here)]
    floors = [f"{need.name}=={re.findall('>=([^,]+)', str(need.specifier))[0]}" for need in chosen]
    download(tmp_path, version, "manylinux_2_28_x86_64", "--platform=manylinux_2_17_x86_64", "--no-deps", *floors)


def download(folder: Path, version: str, platform: str, *arguments: str) -> None:
    """Download wheels for a Python version and a platform."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", f"--python-version={version}"]
    done = subprocess.run(
        [*command, f"--platform={platform}", f"--dest={folder}", *arguments],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a job of GitHub Actions."""
    for name in ("output", "env"):
        (tmp_path / name).touch()
    folders = {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    return os.environ | folders | {"GITHUB_ENV": str(tmp_path / "env")}


def run_step(step: str, environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a step of action.yml as GitHub does."""
    steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    (script,) = (entry["run"] for entry in steps if entry.get("id") == step)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize(("body", "code"), [('{"model": "gpt-image-1.5", "prompt": "a cat"}', 0), ("{}", 1)])
def test_action_starts_and_judges(body: str, code: int, job: dict[str, str], clean_tree: Path, tmp_path: Path) -> None:
    inputs = {"OPTIONS": "--latency 0.01", "PACKAGE": str(clean_tree), "KEY": "omx_live_ci"}
    started = run_step("start", job | inputs, tmp_path)
    assert started.returncode == 0, started.stdout + started.stderr
    exported = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    url = f"{exported['OMIXA_BASE_URL']}/images/generations"
    header = f"Authorization: Bearer {exported['OMIXA_API_KEY']}"
    subprocess.run(["curl", "-s", url, "-H", header, "-H", "Content-Type: application/json", "-d", body], check=True)
    stopped = run_step("stop", job | exported | {"TOKEN": ""}, tmp_path)
    assert stopped.returncode == code, stopped.stdout + stopped.stderr
    assert json.loads((tmp_path / "omixa" / "report" / "verdict.json").read_text())["ok"] is (code == 0)
    assert {path.name for path in (tmp_path / "omixa" / "report").iterdir()} == {
        "ledger.json", "log.txt", "requests.json", "verdict.json"
    }  # fmt: skip


def block(marker: str, language: str, text: str = PAGE) -> str:
    """Return the code block of a page that contains a text."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (found,) = (code for code in blocks if marker in code)
    return found


def test_load_test_of_the_page_runs(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(block("locustfile.py", "python"))
    with omixa_mock.serve() as server:
        command = [
            sys.executable,
            "-m",
            "locust",
            "--headless",
            "--users",
            "5",
            "--run-time",
            "3s",
            "--host",
            server.url,
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Aggregated +[1-9]\d* +0\(0.00%\)", done.stdout + done.stderr)


def test_probe_of_kubernetes_is_answered() -> None:
    pod, _ = yaml.safe_load_all(block("kubernetes.yaml", "yaml"))
    probe = pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]
    with omixa_mock.serve() as server:
        command = ["curl", "-s", "--fail", f"{server.url}{probe['path']}", "-H", "Host: 10.0.0.7:6649"]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def environment_of_a_user() -> dict[str, str]:
    """Return the environment with this project's commands first on PATH."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_script_of_agents_runs(tmp_path: Path) -> None:
    script = block("gateway.url", "sh", AGENTS)
    subprocess.run(["sh", "-euc", script], cwd=tmp_path, env=environment_of_a_user(), check=True, timeout=60)
    assert len(json.loads((tmp_path / "response.json").read_text())["data"]) == 1
    assert json.loads((tmp_path / "verdict.json").read_text())["ok"] is True


CLIENT = """
set -- -H "Authorization: Bearer $OMIXA_API_KEY" -H 'Content-Type: application/json'
set -- "$OMIXA_BASE_URL/images/generations" "$@"
curl --silent --fail --max-time 2 "$@" -d '{"model": "gpt-image-1.5", "prompt": "a cat"}'
"""
COMMANDS: list[str] = re.findall(r"^\| `(omixa-mock [^`]+)` \|", AGENTS, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_agents_runs(command: str, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text('{"model": "gpt-image-1.5", "prompt": "a cat"}')
    (tmp_path / "FILE.har").write_text(json.dumps({"log": {"entries": []}}))
    (tmp_path / "client.sh").write_text(CLIENT)
    with omixa_mock.serve() as server:
        line = (
            command.replace("FILE…", "request.json").replace("CMD", "sh client.sh").replace(" URL ", f" {server.url} ")
        )
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment_of_a_user() | {"OMIXA_API_KEY": "omx_live_agent"},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode in {0, 1, 3}, done.stderr
    assert "Traceback" not in done.stderr
    if "learn" not in command:
        json.loads(done.stdout)
