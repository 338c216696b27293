"""Fixtures of the acceptance tests: the marker, a server, the tools of this machine."""

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
    """Serve a new fake on a free port for each test."""
    with omixa_mock.serve() as server:
        yield server


@pytest.fixture(scope="session")
def replicas(serve_replicas: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Serve two replicas behind nginx, which accept only keys opened at them."""
    # Two seconds become 0.3 seconds.
    options = ("--key", "issued", "--time-scale", "0.15")
    with serve_replicas(tmp_path_factory.mktemp("replicas") / "served", *options) as served:
        yield served


@pytest.fixture(scope="session")
def shared_mock() -> Callable[[str, str], OmixaMock]:
    """Return a function that opens a key at a fake in another process, and returns its mock."""
    return lambda url, key: OmixaMock(f"{url}/api/v1", key, RemoteClient(url, key, shipped_contract().field_names))


@pytest.fixture(scope="session")
def browser(require: Callable[..., str]) -> str:
    """Find the browser."""
    return require(*BROWSERS)


Installed = Callable[..., Path]


@pytest.fixture(scope="session")
def installed() -> Installed:
    """Return a function that finds a command in an environment of its own, which `make acceptance` makes, or skips."""

    def installed(environment: str, command: str = "python") -> Path:
        path = REPOSITORY / f".venv-{environment}" / "bin" / command
        if not path.exists():
            pytest.skip(f"there is no .venv-{environment}; `make acceptance` makes it")
        return path

    return installed


@pytest.fixture(scope="session")
def python_of(installed: Installed) -> Callable[[str], Path]:
    """Return a function that finds the interpreter of a Python version with this project installed."""
    return installed


@pytest.fixture(scope="session")
def old_openai(installed: Installed) -> Path:
    """Find the Python with the OpenAI SDK 2.x."""
    return installed("openai-2")


@pytest.fixture(scope="session")
def wrappers(installed: Installed) -> Path:
    """Find the Python with the libraries that wrap the OpenAI SDK."""
    return installed("wrappers")


@pytest.fixture(scope="session")
def mitmdump(installed: Installed) -> Path:
    """Find the command of mitmproxy."""
    return installed("mitmproxy", "mitmdump")


@pytest.fixture(scope="session")
def run_node(require: Callable[..., str]) -> RunNode:
    """Return a function that runs a script in node/, with JSON as its input and output."""
    node = require("node")
    if not (NODE_SCRIPTS / "node_modules").exists():
        pytest.skip("`make acceptance` has not installed the Node packages")

    def run_node(script: str, options: Any, *arguments: str) -> Any:
        done = subprocess.run(
            [node, NODE_SCRIPTS / script, *arguments],
            input=json.dumps(options),
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
    """Return an image of the gateway as base64; test_image_decoders.py checks those."""
    with omixa_mock.serve() as server:
        image_request = {"model": "gpt-image-1.5", "prompt": "an input image"}
        return str(post(server.base_url, server.api_key, image_request)["data"][0]["b64_json"])


def post(base_url: str, api_key: str, image_request: dict[str, Any]) -> Any:
    """Send a request with the standard library; return the JSON of its successful response."""
    from urllib.request import Request, urlopen

    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    request = Request(f"{base_url}/images/generations", json.dumps(image_request).encode(), headers)
    with urlopen(request) as response:
        return json.load(response)
