"""What the acceptance tests share: the marker, a served gateway, the tools of this machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import omixa_mock
from omixa_mock import shipped_contract
from omixa_mock.mock import OmixaMock
from omixa_mock.mock.remote_client import RemoteClient

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
NODE_SCRIPTS = FOLDER / "node"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

RunNode = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.acceptance)


@pytest.fixture
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """A gateway on a free port, new for each test."""
    with omixa_mock.serve() as server:
        yield server


@pytest.fixture(scope="session")
def replicas(serve_replicas: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two replicas behind nginx; they take the keys that were opened at them, and no other."""
    # Two seconds become three tenths of one.
    options = ("--key", "issued", "--time-scale", "0.15")
    with serve_replicas(tmp_path_factory.mktemp("replicas") / "served", *options) as served:
        yield served


@pytest.fixture(scope="session")
def shared_mock() -> Callable[[str, str], OmixaMock]:
    """Opens a key at a fake in another process, and gives its handle."""
    return lambda url, key: OmixaMock(f"{url}/api/v1", key, RemoteClient(url, key, shipped_contract().field_names))


@pytest.fixture(scope="session")
def browser(require: Callable[..., str]) -> str:
    """The browser's path."""
    return require(*BROWSERS)


@pytest.fixture(scope="session")
def python_of(require: Callable[..., str]) -> Callable[[str], Path]:
    """Finds the interpreter of a Python version that has this project installed."""
    require("make")

    def python_of(version: str) -> Path:
        python = REPOSITORY / f".venv-{version}" / "bin" / "python"
        if not python.exists():
            pytest.skip(f"`make acceptance` has not installed the project for Python {version}")
        return python

    return python_of


@pytest.fixture(scope="session")
def old_openai() -> Path:
    """A Python that has the OpenAI SDK 2.x."""
    python = REPOSITORY / ".venv-openai-2" / "bin" / "python"
    if not python.exists():
        pytest.skip("`make acceptance` has not installed the OpenAI SDK 2.x")
    return python


@pytest.fixture(scope="session")
def run_node(require: Callable[..., str]) -> RunNode:
    """Runs one of the scripts in node/, gives it JSON, and reads its JSON."""
    node = require("node")
    if not (NODE_SCRIPTS / "node_modules").exists():
        pytest.skip("`make acceptance` has not installed the Node packages")

    def run_node(script: str, given: Any, *arguments: str) -> Any:
        done = subprocess.run(
            [node, NODE_SCRIPTS / script, *arguments],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run_node


@pytest.fixture(scope="session")
def input_image() -> str:
    """A real image as base64: the gateway's own, which the image tests judge."""
    with omixa_mock.serve() as server:
        image_request = {"model": "gpt-image-1.5", "prompt": "an input image"}
        return str(post(server.base_url, server.api_key, image_request)["data"][0]["b64_json"])


def post(base_url: str, api_key: str, image_request: dict[str, Any]) -> Any:
    """A successful response, fetched with the standard library alone."""
    from urllib.request import Request, urlopen

    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    request = Request(f"{base_url}/images/generations", json.dumps(image_request).encode(), headers)
    with urlopen(request) as response:
        return json.load(response)
