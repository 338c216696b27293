"""Tests that an upload of 65 MB, announced or chunked, gets a 413 and not a broken connection."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import omixa_mock

SIZE = 65 * 1024 * 1024
CHUNK = 1_000_000
HEADERS = {"Authorization": "Bearer omx_live_test", "Content-Type": "application/json"}
CLIENTS = ("node-fetch", "requests", "httpx", "curl", "curl-without-expect")


class ClientResponse(NamedTuple):
    status: int
    body: Any


def spaces() -> Iterator[bytes]:
    for begin in range(0, SIZE, CHUNK):
        yield b" " * min(CHUNK, SIZE - begin)


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("upload") / "spaces.json"
    path.write_bytes(b" " * SIZE)
    return path


def with_curl(curl: str, url: str, big_file: Path, *more: str) -> ClientResponse:
    headers = [argument for name, value in HEADERS.items() for argument in ("-H", f"{name}: {value}")]
    command = [curl, "--silent", "--show-error", "--write-out", "\n%{http_code}", url, *headers, *more]
    done = subprocess.run(
        [*command, "--data-binary", f"@{big_file}"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return ClientResponse(int(status), json.loads(body))


@pytest.fixture(params=["announced", "chunked"])
def chunked(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "chunked")


@pytest.fixture(params=CLIENTS)
def upload_response(
    server: omixa_mock.OmixaMockServer, request: pytest.FixtureRequest, big_file: Path, chunked: bool
) -> ClientResponse:
    """Upload with a client; return its response."""
    url = f"{server.base_url}/images/generations"
    if request.param == "node-fetch":
        run_node: Callable[..., Any] = request.getfixturevalue("run_node")
        options = {"url": url, "apiKey": "omx_live_test", "size": SIZE, "chunked": chunked}
        return ClientResponse(**run_node("upload.mjs", options))
    if request.param == "requests":
        import requests

        with requests.post(url, data=spaces() if chunked else b" " * SIZE, headers=HEADERS, timeout=60) as response:
            return ClientResponse(response.status_code, response.json())
    if request.param == "httpx":
        import httpx

        received = httpx.post(url, content=spaces() if chunked else b" " * SIZE, headers=HEADERS, timeout=60)
        return ClientResponse(received.status_code, received.json())
    curl: str = request.getfixturevalue("require")("curl")
    more = ["-H", "Transfer-Encoding: chunked"] * chunked + ["-H", "Expect:"] * (request.param == "curl-without-expect")
    return with_curl(curl, url, big_file, *more)


def test_upload_over_the_limit_gets_413(upload_response: ClientResponse) -> None:
    assert (upload_response.status, upload_response.body["error"]["code"]) == (413, "payload_too_large")


def test_server_responds_afterwards(upload_response: ClientResponse, server: omixa_mock.OmixaMockServer) -> None:
    import httpx

    assert upload_response.status == 413
    response = httpx.get(f"{server.base_url}/models", headers={"Authorization": HEADERS["Authorization"]})
    assert response.status_code == 200
