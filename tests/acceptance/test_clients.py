"""The clients that people have, unchanged, against a served gateway: orders, edits, and refusals as each shows them."""

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
UNKNOWN_KEY = "sk-of-somebody-else"


class Outcome(NamedTuple):
    """What a client shows: `error` is the name of what it raises, where it raises."""

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
    """httpx, httpx2 and requests agree on `post(url, json=, headers=)`."""

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


# What the signature of `images.generate` has not goes through `extra_body`: the SDK's own way for gateways.
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
def place(client: str, request: pytest.FixtureRequest) -> Callable[[Call], Outcome]:
    """Places an order with the client under test."""
    if client in PYTHON_CLIENTS:
        return PYTHON_CLIENTS[client]
    if client == "curl":
        curl = request.getfixturevalue("require")("curl")
        return lambda call: with_curl(curl, call)
    run_node: RunNode = request.getfixturevalue("run_node")
    script = NODE_CLIENTS[client]
    return lambda call: Outcome(
        **run_node(script, {"baseUrl": call.base_url, "apiKey": call.api_key, "order": call.image_request})
    )


Place = Callable[[Call], Outcome]


def test_order_gets_the_documented_shape(server: omixa_mock.OmixaMockServer, place: Place) -> None:
    body = place(Call(server.base_url, server.api_key, REQUEST)).body
    body["data"][0]["b64_json"] = body["data"][0]["b64_json"][:4]
    assert body == {
        "created": 1780660800,
        "data": [{"b64_json": "UklG", "url": None}],
        "usage": {"billed_amount": "0.039000"},
    }


def test_order_is_billed_once(server: omixa_mock.OmixaMockServer, place: Place) -> None:
    place(Call(server.base_url, server.api_key, REQUEST))
    assert str(server.wallet.captured) == "0.039000"


def test_image_says_which_order_it_is_of(server: omixa_mock.OmixaMockServer, place: Place) -> None:
    body = place(Call(server.base_url, server.api_key, REQUEST)).body
    (call,) = server.calls
    assert omixa_mock.identify(b64decode(body["data"][0]["b64_json"])) == call.fingerprints[0]


def test_ten_images_come_back(server: omixa_mock.OmixaMockServer, place: Place) -> None:
    body = place(Call(server.base_url, server.api_key, {**REQUEST, "n": 10})).body
    assert len({each["b64_json"] for each in body["data"]}) == 10


def test_edit_reaches_the_gateway_as_one(server: omixa_mock.OmixaMockServer, place: Place, input_image: str) -> None:
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{input_image}"}}
    place(Call(server.base_url, server.api_key, {**REQUEST, "input_images": [part], "input_fidelity": "high"}))
    assert [call.image_request.operation for call in server.calls if call.image_request] == ["edit"]


def test_nothing_that_a_client_sends_by_itself_draws_an_advisory(
    server: omixa_mock.OmixaMockServer, place: Place
) -> None:
    place(Call(server.base_url, server.api_key, REQUEST))
    (call,) = server.calls
    assert call.response is not None
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
def refused(server: omixa_mock.OmixaMockServer, place: Place, refusal: Refusal) -> Outcome:
    return place(Call(server.base_url, refusal.api_key, {**REQUEST, **refusal.changes}))


def test_refusal_shows_its_status(refused: Outcome, refusal: Refusal) -> None:
    assert refused.status == refusal.status


def test_refusal_shows_its_type_and_code(refused: Outcome, refusal: Refusal) -> None:
    assert (refused.body["error"]["type"], refused.body["error"]["code"]) == (refusal.type, refusal.code)


def test_refusal_has_the_three_documented_members(refused: Outcome) -> None:
    assert set(refused.body["error"]) == {"message", "type", "code"}


def test_refusal_is_raised_as_the_client_s_users_know_it(refused: Outcome, refusal: Refusal, client: str) -> None:
    assert refused.error == RAISED.get((refusal.status, client))


IN_PROCESS = ("httpx", "httpx2", "requests", "openai", "openai-async")


def test_fixture_on_a_socket_answers_every_client(omixa_mock_server: Any, place: Place) -> None:
    place(Call(omixa_mock_server.base_url, omixa_mock_server.api_key, REQUEST))
    omixa_mock_server.assert_called(prompt=REQUEST["prompt"], times=1)
    omixa_mock_server.assert_single_charge()


@pytest.mark.parametrize("client", IN_PROCESS)
def test_fixture_in_process_answers_clients_that_call_the_real_host(omixa_mock: Any, client: str) -> None:
    outcome = PYTHON_CLIENTS[client](Call("https://www.omixa.cloud/api/v1", omixa_mock.api_key, REQUEST))
    assert outcome.status == 200
    omixa_mock.assert_called(prompt=REQUEST["prompt"], times=1)


def test_fixture_in_process_answers_the_last_openai_sdk_on_httpx(old_openai: Path) -> None:
    done = subprocess.run([old_openai, OLD_OPENAI], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["2", "sync", "503,503,200", "async", "200"], done.stderr
