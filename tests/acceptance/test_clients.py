"""Tests of common clients, unchanged, against a server: images, edits, and refusals."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import omixa_mock

RunNode = Callable[..., Any]
REQUEST = {"model": "gpt-image-1.5", "prompt": "a lighthouse", "size": "1024x1024", "output_format": "webp"}
OLD_OPENAI = Path(__file__).with_name("old_openai.py")
POOR_KEY = "omx_live_poor"
UNKNOWN_KEY = "sk-of-another-service"


class Outcome(NamedTuple):
    """Response as a client shows it; `error` is the name of its exception, if it raises one."""

    status: int
    body: Any
    error: str | None = None


class Call(NamedTuple):
    base_url: str
    api_key: str
    image_request: dict[str, Any]

    @property
    def url(self) -> str:
        return f"{self.base_url}/images/generations"

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    @property
    def headers(self) -> dict[str, str]:
        return {**self.authorization, "Content-Type": "application/json"}


def with_client_library(name: str) -> Callable[[Call], Outcome]:
    """Return a client of httpx, httpx2 or requests, which share `post(url, json=, headers=)`."""

    def generate(call: Call) -> Outcome:
        library = importlib.import_module(name)
        response = library.post(call.url, json=call.image_request, headers=call.authorization)
        return Outcome(response.status_code, response.json())

    return generate


def with_aiohttp(call: Call) -> Outcome:
    import aiohttp

    async def generate() -> Outcome:
        async with (
            aiohttp.ClientSession() as session,
            session.post(call.url, json=call.image_request, headers=call.authorization) as response,
        ):
            return Outcome(response.status, await response.json())

    return asyncio.run(generate())


def with_urllib(call: Call) -> Outcome:
    request = urllib.request.Request(call.url, json.dumps(call.image_request).encode(), call.headers)
    try:
        with urllib.request.urlopen(request) as response:
            return Outcome(response.status, json.load(response))
    except urllib.error.HTTPError as error:
        with error:
            return Outcome(error.code, json.load(error), type(error).__name__)


def with_urllib3(call: Call) -> Outcome:
    import urllib3

    with urllib3.PoolManager() as pool:
        response = pool.request("POST", call.url, json=call.image_request, headers=call.authorization)
    return Outcome(response.status, response.json())


# Fields that `images.generate` does not have. The SDK sends them through `extra_body`.
BEYOND_SDK = {"input_images", "input_fidelity", "mask"}


def sdk_arguments(call: Call) -> dict[str, Any]:
    known = {name: value for name, value in call.image_request.items() if name not in BEYOND_SDK}
    return {**known, "extra_body": {name: value for name, value in call.image_request.items() if name in BEYOND_SDK}}


def with_openai(call: Call) -> Outcome:
    import openai

    with openai.OpenAI(base_url=call.base_url, api_key=call.api_key) as client:
        try:
            response = client.images.generate(**sdk_arguments(call))
        except openai.APIStatusError as error:
            return Outcome(error.status_code, {"error": error.body}, type(error).__name__)
    return Outcome(200, response.to_dict())


def with_async_openai(call: Call) -> Outcome:
    import openai

    async def generate() -> Outcome:
        async with openai.AsyncOpenAI(base_url=call.base_url, api_key=call.api_key) as client:
            try:
                response = await client.images.generate(**sdk_arguments(call))
            except openai.APIStatusError as error:
                return Outcome(error.status_code, {"error": error.body}, type(error).__name__)
        return Outcome(200, response.to_dict())

    return asyncio.run(generate())


PYTHON_CLIENTS: dict[str, Callable[[Call], Outcome]] = {
    "httpx": with_client_library("httpx"),
    "httpx2": with_client_library("httpx2"),
    "requests": with_client_library("requests"),
    "aiohttp": with_aiohttp,
    "urllib": with_urllib,
    "urllib3": with_urllib3,
    "openai": with_openai,
    "openai-async": with_async_openai,
}
NODE_CLIENTS = {"node-fetch": "fetch.mjs", "node-openai": "openai-sdk.mjs"}
SDKS = ("openai", "openai-async", "node-openai")
RAISED = {
    (401, "urllib"): "HTTPError",
    (402, "urllib"): "HTTPError",
    (422, "urllib"): "HTTPError",
    **{(401, sdk): "AuthenticationError" for sdk in SDKS},
    (402, "openai"): "APIStatusError",
    (402, "openai-async"): "APIStatusError",
    (402, "node-openai"): "APIError",
    **{(422, sdk): "UnprocessableEntityError" for sdk in SDKS},
}


def with_curl(curl: str, call: Call) -> Outcome:
    headers = [argument for name, value in call.headers.items() for argument in ("-H", f"{name}: {value}")]
    command = [curl, "--silent", "--show-error", "--write-out", "\n%{http_code}", call.url, *headers, "--data", "@-"]
    done = subprocess.run(
        command, input=json.dumps(call.image_request), capture_output=True, text=True, check=True, timeout=60
    )
    body, _, status = done.stdout.rpartition("\n")
    return Outcome(int(status), json.loads(body))


@pytest.fixture(params=[*PYTHON_CLIENTS, *NODE_CLIENTS, "curl"])
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def send(client: str, request: pytest.FixtureRequest) -> Callable[[Call], Outcome]:
    """Return a function that sends a request with the client under test."""
    if client in PYTHON_CLIENTS:
        return PYTHON_CLIENTS[client]
    if client == "curl":
        curl = request.getfixturevalue("require")("curl")
        return lambda call: with_curl(curl, call)
    run_node: RunNode = request.getfixturevalue("run_node")
    script = NODE_CLIENTS[client]
    return lambda call: Outcome(
        **run_node(script, {"baseUrl": call.base_url, "apiKey": call.api_key, "imageRequest": call.image_request})
    )


Send = Callable[[Call], Outcome]


def test_response_has_the_documented_shape(server: omixa_mock.OmixaMockServer, send: Send) -> None:
    body = send(Call(server.base_url, server.api_key, REQUEST)).body
    body["data"][0]["b64_json"] = body["data"][0]["b64_json"][:4]
    assert body == {
        "created": 1780660800,
        "data": [{"b64_json": "UklG", "url": None}],
        "usage": {"billed_amount": "0.039000"},
    }


def test_request_is_billed_once(server: omixa_mock.OmixaMockServer, send: Send) -> None:
    send(Call(server.base_url, server.api_key, REQUEST))
    assert str(server.wallet.captured) == "0.039000"


def test_image_identifies_its_request(server: omixa_mock.OmixaMockServer, send: Send) -> None:
    body = send(Call(server.base_url, server.api_key, REQUEST)).body
    (call,) = server.calls
    assert omixa_mock.identify(b64decode(body["data"][0]["b64_json"])) == call.fingerprints[0]


def test_client_receives_ten_images(server: omixa_mock.OmixaMockServer, send: Send) -> None:
    body = send(Call(server.base_url, server.api_key, {**REQUEST, "n": 10})).body
    assert len({item["b64_json"] for item in body["data"]}) == 10


def test_edit_is_received_as_an_edit(server: omixa_mock.OmixaMockServer, send: Send, input_image: str) -> None:
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{input_image}"}}
    send(Call(server.base_url, server.api_key, {**REQUEST, "input_images": [part], "input_fidelity": "high"}))
    assert [call.image_request.operation for call in server.calls if call.image_request] == ["edit"]


def test_headers_of_a_client_cause_no_advisory(server: omixa_mock.OmixaMockServer, send: Send) -> None:
    send(Call(server.base_url, server.api_key, REQUEST))
    (call,) = server.calls
    assert "x-omixa-mock-warn" not in dict(call.response.headers)


class Refusal(NamedTuple):
    api_key: str
    changes: dict[str, Any]
    status: int
    type: str
    code: str


REFUSALS = [
    Refusal(UNKNOWN_KEY, {}, 401, "authentication_error", "invalid_api_key"),
    Refusal(POOR_KEY, {}, 402, "billing_error", "insufficient_balance"),
    Refusal("omx_live_xxx", {"size": "999x1"}, 422, "validation_error", "invalid_request"),
]


@pytest.fixture(params=REFUSALS, ids=lambda refusal: str(refusal.status))
def refusal(request: pytest.FixtureRequest, server: omixa_mock.OmixaMockServer) -> Refusal:
    workspaces = server.gateway.workspaces
    workspaces.open(POOR_KEY).configure({"balance": "0"})
    assert isinstance(request.param, Refusal)
    return request.param


@pytest.fixture
def refused(server: omixa_mock.OmixaMockServer, send: Send, refusal: Refusal) -> Outcome:
    return send(Call(server.base_url, refusal.api_key, {**REQUEST, **refusal.changes}))


def test_refusal_shows_its_status(refused: Outcome, refusal: Refusal) -> None:
    assert refused.status == refusal.status


def test_refusal_shows_its_type_and_code(refused: Outcome, refusal: Refusal) -> None:
    assert (refused.body["error"]["type"], refused.body["error"]["code"]) == (refusal.type, refusal.code)


def test_refusal_has_the_three_documented_members(refused: Outcome) -> None:
    assert set(refused.body["error"]) == {"message", "type", "code"}


def test_refusal_raises_the_exception_of_the_client(refused: Outcome, refusal: Refusal, client: str) -> None:
    assert refused.error == RAISED.get((refusal.status, client))


IN_PROCESS = ("httpx", "httpx2", "requests", "openai", "openai-async")


def test_server_fixture_responds_to_every_client(omixa_mock_server: Any, send: Send) -> None:
    send(Call(omixa_mock_server.base_url, omixa_mock_server.api_key, REQUEST))
    omixa_mock_server.assert_called(prompt=REQUEST["prompt"], times=1)
    omixa_mock_server.assert_single_charge()


@pytest.mark.parametrize("client", IN_PROCESS)
def test_in_process_fixture_responds_to_calls_of_the_real_host(omixa_mock: Any, client: str) -> None:
    outcome = PYTHON_CLIENTS[client](Call("https://www.omixa.cloud/api/v1", omixa_mock.api_key, REQUEST))
    assert outcome.status == 200
    omixa_mock.assert_called(prompt=REQUEST["prompt"], times=1)


def test_in_process_fixture_responds_to_the_last_openai_sdk_on_httpx(old_openai: Path) -> None:
    done = subprocess.run([old_openai, OLD_OPENAI], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["2", "sync", "503,503,200", "async", "200"], done.stderr
