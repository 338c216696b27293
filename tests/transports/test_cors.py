"""CORS: web pages of allowed origins may call the API, and never the control routes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer

PAGE = {"Origin": "http://localhost:3000"}
OTHER = {"Origin": "http://localhost:3001"}
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
GENERATE = "/api/v1/images/generations"
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}


@pytest.fixture
def server() -> Iterator[OmixaMockServer]:
    """Serve a gateway that pages of one origin may call; `api` is its client."""
    with omixa_mock.serve(cors_origins=["http://localhost:3000"]) as server:
        yield server


def cors(response: httpx.Response) -> list[str]:
    return [name for name in response.headers if name.startswith("access-control-")]


def test_off_by_default(http: httpx.Client) -> None:
    with omixa_mock.serve() as plain:
        assert cors(http.get(f"{plain.base_url}/models", headers=PAGE)) == []


def test_preflight_is_refused_by_default(http: httpx.Client) -> None:
    with omixa_mock.serve() as plain:
        assert http.options(plain.url + GENERATE, headers=PAGE | PREFLIGHT).status_code == 405


def test_preflight_of_a_named_origin_succeeds(api: httpx.Client) -> None:
    response = api.options(GENERATE, headers=PAGE | PREFLIGHT)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, PAGE["Origin"])


@pytest.mark.parametrize("name", ["authorization", "content-type"])
def test_preflight_allows_the_headers_of_the_contract(api: httpx.Client, name: str) -> None:
    assert name in api.options(GENERATE, headers=PAGE | PREFLIGHT).headers["access-control-allow-headers"]


@pytest.mark.parametrize("headers", [PAGE, OTHER])
def test_preflight_names_the_fake(api: httpx.Client, headers: dict[str, str]) -> None:
    assert api.options(GENERATE, headers=headers | PREFLIGHT).headers["x-omixa-mock"]


def test_preflight_of_another_origin_fails(api: httpx.Client) -> None:
    response = api.options(GENERATE, headers=OTHER | PREFLIGHT)
    assert (response.status_code, response.headers.get("access-control-allow-origin")) == (400, None)


@pytest.mark.parametrize("body", [CAT, {}])
def test_response_is_readable_for_a_named_origin(api: httpx.Client, body: dict[str, str]) -> None:
    response = api.post(GENERATE, json=body, headers=PAGE)
    assert response.headers["access-control-allow-origin"] == PAGE["Origin"]


def test_page_can_read_the_headers_of_the_fake(api: httpx.Client) -> None:
    response = api.post(GENERATE, json=CAT, headers=PAGE)
    exposed = response.headers["access-control-expose-headers"]
    assert exposed == "X-Omixa-Mock, X-Omixa-Mock-Fault, X-Omixa-Mock-Rules, X-Omixa-Mock-Warn"


def test_response_is_not_readable_for_another_origin(api: httpx.Client) -> None:
    assert "access-control-allow-origin" not in api.post(GENERATE, json=CAT, headers=OTHER).headers


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
@pytest.mark.parametrize("headers", [PAGE, PAGE | PREFLIGHT])
def test_control_routes_are_closed_to_a_named_origin(api: httpx.Client, method: str, headers: dict[str, str]) -> None:
    response = api.request(method, "/__omixa/workspace", headers=headers)
    assert (response.status_code, cors(response)) == (403, [])
