"""Web pages may call the API where their origin was named, and the control routes never."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer

PAGE = {"Origin": "http://localhost:3000"}
OTHER = {"Origin": "http://localhost:3001"}
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
GENERATE = "/api/v1/images/generations"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}


@pytest.fixture
def server() -> Iterator[OmixaMockServer]:
    """A gateway that a page may call; `api` is a client of it."""
    with omixa_mock.serve(cors_origins=["http://localhost:3000"]) as server:
        yield server


def cors(answer: httpx.Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-")]


def test_off_by_default(http: httpx.Client) -> None:
    with omixa_mock.serve() as plain:
        assert cors(http.get(f"{plain.base_url}/models", headers=PAGE)) == []


def test_preflight_is_refused_by_default(http: httpx.Client) -> None:
    with omixa_mock.serve() as plain:
        assert http.options(plain.url + GENERATE, headers=PAGE | ASKS).status_code == 405


def test_preflight_of_a_named_origin_succeeds(api: httpx.Client) -> None:
    answer = api.options(GENERATE, headers=PAGE | ASKS)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PAGE["Origin"])


@pytest.mark.parametrize("name", ["authorization", "content-type"])
def test_preflight_allows_the_headers_of_the_contract(api: httpx.Client, name: str) -> None:
    assert name in api.options(GENERATE, headers=PAGE | ASKS).headers["access-control-allow-headers"]


@pytest.mark.parametrize("headers", [PAGE, OTHER])
def test_preflight_names_the_fake(api: httpx.Client, headers: dict[str, str]) -> None:
    assert api.options(GENERATE, headers=headers | ASKS).headers["x-omixa-mock"]


def test_preflight_of_another_origin_fails(api: httpx.Client) -> None:
    answer = api.options(GENERATE, headers=OTHER | ASKS)
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (400, None)


@pytest.mark.parametrize("body", [CAT, {}])
def test_response_is_readable_for_a_named_origin(api: httpx.Client, body: dict[str, str]) -> None:
    answer = api.post(GENERATE, json=body, headers=PAGE)
    assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]


def test_page_can_read_the_headers_of_the_fake(api: httpx.Client) -> None:
    answer = api.post(GENERATE, json=CAT, headers=PAGE)
    exposed = answer.headers["access-control-expose-headers"]
    assert exposed == "X-Omixa-Mock, X-Omixa-Mock-Fault, X-Omixa-Mock-Rules, X-Omixa-Mock-Warn"


def test_response_is_not_readable_for_another_origin(api: httpx.Client) -> None:
    assert "access-control-allow-origin" not in api.post(GENERATE, json=CAT, headers=OTHER).headers


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
@pytest.mark.parametrize("headers", [PAGE, PAGE | ASKS])
def test_control_routes_are_closed_to_a_named_origin(api: httpx.Client, method: str, headers: dict[str, str]) -> None:
    answer = api.request(method, "/__omixa/workspace", headers=headers)
    assert (answer.status_code, cors(answer)) == (403, [])
