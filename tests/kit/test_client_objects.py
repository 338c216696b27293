"""Tests of `validate_request`, `validate_response` and `assert_contract` with objects of client libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import openai
import pytest
import requests

import omixa_mock
from omixa_mock import assert_contract, validate_request, validate_response

URL = "https://www.omixa.cloud/api/v1/images/generations"
KEY = {"Authorization": "Bearer omx_live_test"}
CAT: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": "a cat"}
TOO_MANY = CAT | {"n": 11}
REFUSAL = {"error": {"message": "No route.", "type": "routing_error", "code": "no_healthy_route"}}

BODIES: dict[str, Callable[[Any], Any]] = {
    "mapping": dict,
    "bytes": lambda value: json.dumps(value).encode(),
    "bytearray": lambda value: bytearray(json.dumps(value).encode()),
    "text": json.dumps,
}
REQUESTS: dict[str, Callable[..., Any]] = {
    "httpx": lambda body=CAT, url=URL, method="POST", headers=KEY: httpx.Request(
        method, url, json=body, headers=headers
    ),
    "httpx2": lambda body=CAT, url=URL, method="POST", headers=KEY: httpx2.Request(
        method, url, json=body, headers=headers
    ),
    "requests": lambda body=CAT, url=URL, method="POST", headers=KEY: requests.Request(
        method, url, json=body, headers=headers
    ),
    "requests, prepared": lambda body=CAT, url=URL, method="POST", headers=KEY: requests.Request(
        method, url, json=body, headers=headers
    ).prepare(),
}
MAKERS = pytest.mark.parametrize("make", REQUESTS.values(), ids=REQUESTS)


def rules(result: omixa_mock.ValidationResult) -> list[str]:
    return [violation.rule for violation in result.violations]


def places(result: omixa_mock.ValidationResult) -> list[str]:
    return [violation.pointer for violation in result.violations]


@pytest.mark.parametrize("form", BODIES.values(), ids=BODIES)
def test_body_of_a_request_is_validated(form: Callable[[Any], Any]) -> None:
    assert (rules(validate_request(form(CAT))), rules(validate_request(form(TOO_MANY)))) == ([], ["request.n.maximum"])


@pytest.mark.parametrize("form", BODIES.values(), ids=BODIES)
def test_body_of_a_refusal_is_validated(form: Callable[[Any], Any]) -> None:
    assert (validate_response(form(REFUSAL)).kind, rules(validate_response(form({"error": {}})))) == (
        "error",
        ["error.error.required"] * 3,
    )


@pytest.mark.parametrize("body", [{}, "", "[]", b"\xff", "\ud800"])
def test_malformed_body_is_validated_as_a_response(body: Any) -> None:
    result = validate_response(body)
    assert (result.kind, result.ok) == ("response", False)


@MAKERS
def test_request_that_keeps_the_contract_is_ok(make: Callable[..., Any]) -> None:
    assert validate_request(make()).violations == []


@MAKERS
def test_advisory_of_a_request_is_returned(make: Callable[..., Any]) -> None:
    (advisory,) = validate_request(make(CAT | {"input_fidelity": "high"})).advisories
    assert advisory.rule == "request.input-fidelity-without-input-images"


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "body": ({"body": TOO_MANY}, "/n", "request.n.maximum"),
    "path": ({"url": f"{URL}/"}, "path", "gateway.endpoint.unknown-path"),
    "method": ({"method": "PUT"}, "method", "gateway.endpoint.other-method"),
    "no key": ({"headers": {}}, "Authorization", "gateway.key.bearer"),
    "other scheme": ({"headers": {"Authorization": "Basic eA=="}}, "Authorization", "gateway.key.bearer"),
    "form of the key": ({"headers": {"Authorization": "Bearer sk-1"}}, "Authorization", "gateway.key.grammar"),
    "content type": ({"headers": KEY | {"Content-Type": "text/plain"}}, "Content-Type", "gateway.body.media-type"),
    "encoding": ({"headers": KEY | {"Content-Encoding": "br"}}, "Content-Encoding", "gateway.body.media-type"),
}


@MAKERS
@pytest.mark.parametrize(("change", "place", "rule"), FAULTS.values(), ids=FAULTS)
def test_fault_of_a_request_is_found(make: Callable[..., Any], change: Any, place: str, rule: str) -> None:
    result = validate_request(make(**change))
    assert (places(result), rules(result)) == ([place], [rule])


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:6649/api/v1/images/generations", "https://proxy/x/api/v1/models?a=b"]
)
def test_host_and_prefix_do_not_matter(url: str) -> None:
    method = "GET" if "models" in url else "POST"
    assert validate_request(REQUESTS["httpx"](url=url, method=method)).ok


def test_request_without_a_body_breaks_a_rule() -> None:
    request = requests.Request("POST", URL, headers=KEY | {"Content-Type": "application/json"}).prepare()
    assert rules(validate_request(request)) == ["gateway.body.malformed"]


def test_result_contains_no_key() -> None:
    request = httpx.Request("POST", f"{URL}/omx_live_SECRET", json=CAT | {"n": "omx_live_SECRET"}, headers=KEY)
    assert "SECRET" not in str(validate_request(request))


RESPONSES = {"httpx": httpx.Response, "httpx2": httpx2.Response}


def requests_response(status: int, *, json: Any = None, text: str = "", headers: Any = None) -> requests.Response:
    """Return a response of requests, which has no public constructor for it."""
    model = (
        httpx.Response(status, json=json, headers=headers) if json is not None else httpx.Response(status, text=text)
    )
    response = requests.Response()
    response.status_code, response._content = status, model.content
    response.headers.update(model.headers)
    return response


RESPONSE_MAKERS = pytest.mark.parametrize(
    "make_response", [*RESPONSES.values(), requests_response], ids=[*RESPONSES, "requests"]
)


@RESPONSE_MAKERS
def test_refusal_of_the_error_table_is_ok(make_response: Callable[..., Any]) -> None:
    assert validate_response(make_response(503, json=REFUSAL)).violations == []


WRONG: dict[str, tuple[int, dict[str, Any], list[str], list[str]]] = {
    "refusal under a success": (200, {"json": REFUSAL}, ["/created", "/data", "/error", "/usage"], []),
    "another status's refusal": (401, {"json": REFUSAL}, ["/error/type", "/error/code"], ["gateway.error.names"] * 2),
    "of 402": (402, {"json": REFUSAL}, ["/error/type", "/error/code"], ["gateway.error.documented"] * 2),
    "status": (418, {"json": REFUSAL}, ["status"], ["gateway.error.names"]),
    "redirect": (302, {"json": REFUSAL}, ["status"], ["gateway.endpoint.success-status"]),
    "page": (502, {"text": "<html>"}, ["Content-Type", "/"], ["gateway.response.media-type", "gateway.body.malformed"]),
    "empty": (200, {"text": ""}, ["Content-Type", "/"], ["gateway.response.media-type", "gateway.body.malformed"]),
}


@RESPONSE_MAKERS
@pytest.mark.parametrize(("status", "content", "expected_places", "expected_rules"), WRONG.values(), ids=WRONG)
def test_fault_of_a_response_is_found(
    make_response: Callable[..., Any], status: int, content: Any, expected_places: list[str], expected_rules: list[str]
) -> None:
    result = validate_response(make_response(status, **content))
    assert (places(result), rules(result)[: len(expected_rules)]) == (expected_places, expected_rules)


@pytest.fixture(scope="module")
def gateway() -> Iterator[omixa_mock.OmixaMockServer]:
    with omixa_mock.serve() as server:
        yield server


@pytest.fixture
def client(gateway: omixa_mock.OmixaMockServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.base_url, api_key=gateway.api_key, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("post", [httpx.post, httpx2.post, requests.post], ids=["httpx", "httpx2", "requests"])
def test_responses_of_the_mock_keep_the_contract(gateway: omixa_mock.OmixaMockServer, post: Callable[..., Any]) -> None:
    response = post(
        f"{gateway.base_url}/images/generations", json=CAT, headers={"Authorization": f"Bearer {gateway.api_key}"}
    )
    assert (validate_response(response).violations, validate_request(response.request).violations) == ([], [])


@pytest.mark.parametrize("path", ["models", "usage/requests", "usage/rollups"])
def test_kind_of_a_response_follows_its_request(gateway: omixa_mock.OmixaMockServer, path: str) -> None:
    response = httpx.get(f"{gateway.base_url}/{path}", headers={"Authorization": f"Bearer {gateway.api_key}"})
    result = validate_response(response)
    assert (result.kind, result.ok) == (path.replace("/", "-"), True)


def test_parsed_response_of_the_sdk_is_validated_without_defaults(client: openai.OpenAI) -> None:
    assert validate_response(client.images.generate(**CAT)).violations == []


def test_parsed_response_that_was_changed_breaks_a_rule(client: openai.OpenAI) -> None:
    response = client.images.generate(**CAT)
    assert response.data is not None
    response.data[0].b64_json = "x"
    assert rules(validate_response(response)) == ["response.data.item.b64_json.base64"]


def test_raw_response_of_the_sdk_is_validated(client: openai.OpenAI) -> None:
    assert validate_response(client.images.with_raw_response.generate(**CAT)).violations == []


def test_streaming_response_of_the_sdk_is_validated_after_reading(client: openai.OpenAI) -> None:
    with client.images.with_streaming_response.generate(**CAT) as response:
        response.read()
        assert validate_response(response).violations == []


def test_response_in_an_error_of_the_sdk_is_validated(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        client.images.generate(model="x", prompt="")
    result = validate_response(raised.value)
    assert (result.kind, result.ok) == ("error", True)


@pytest.mark.parametrize("value", [None, 1, object(), httpx.Response, RuntimeError("x"), [CAT]])
def test_unsupported_type_is_refused_with_the_accepted_ones(value: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot be validated; accepted: a mapping, JSON text"):
        validate_response(value)


@pytest.mark.parametrize("value", [None, 1, httpx.Response(200), httpx.Request])
def test_object_other_than_a_request_is_refused_with_the_accepted_types(value: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot be validated; accepted: .* or a request of httpx"):
        validate_request(value)


def test_body_that_can_be_read_once_only_is_refused() -> None:
    request = requests.Request("POST", URL, headers=KEY, data=iter([b"{}"])).prepare()
    with pytest.raises(TypeError, match="can be read once only"):
        validate_request(request)


def test_valid_response_raises_no_assertion() -> None:
    assert_contract(httpx.Response(503, json=REFUSAL))


def test_assertion_lists_all_violations() -> None:
    rows = [{"b64_json": "x", "url": None}] * 30
    with pytest.raises(AssertionError) as raised:
        assert_contract({"created": 1, "data": rows, "usage": {"billed_amount": "0.039000"}})
    lines = str(raised.value).splitlines()
    assert (lines[0], sum("b64_json: the base64" in line for line in lines[1:])) == (
        f"The response breaks {len(lines) - 1} rules of the contract:",
        30,
    )


def test_single_broken_rule_is_in_the_singular() -> None:
    assert str(validate_request(TOO_MANY)).startswith(
        "The request breaks a rule of the contract:\n/n: 11 is out of range"
    )


def test_no_client_library_is_imported() -> None:
    code = (
        "import sys, omixa_mock; omixa_mock.validate_request({}); omixa_mock.validate_response({})\n"
        "print(*{'httpx', 'httpx2', 'requests', 'openai', 'pytest', 'respx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
