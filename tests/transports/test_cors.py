"""CORS: web pages of allowed origins may call the API, and never the control routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer, SettingError
from omixa_mock.transports.origins import refuse_unmatchable

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


# Options of the server, and a page that it does not allow
NOT_ALLOWED: list[tuple[dict[str, Any], dict[str, str]]] = [({}, PAGE), ({"cors_origins": [PAGE["Origin"]]}, OTHER)]


@pytest.mark.parametrize(("options", "page"), NOT_ALLOWED, ids=["no page", "another origin"])
def test_preflight_that_is_not_allowed_is_refused_with_the_flag_that_would_help(
    http: httpx.Client, options: dict[str, Any], page: dict[str, str]
) -> None:
    with omixa_mock.serve(**options) as plain:
        response = http.options(plain.url + GENERATE, headers=page | PREFLIGHT)
    error = response.json()["error"]
    assert (response.status_code, cors(response), error["code"]) == (405, [], "method_not_allowed")
    assert f"--cors-origin {page['Origin']} " in error["message"]


@pytest.mark.parametrize(("options", "page"), NOT_ALLOWED, ids=["no page", "another origin"])
def test_preflight_that_is_not_allowed_is_recorded(
    http: httpx.Client, options: dict[str, Any], page: dict[str, str]
) -> None:
    with omixa_mock.serve(**options) as plain:
        http.options(plain.url + GENERATE, headers=page | PREFLIGHT)
        assert [call.status for call in plain.gateway.unmatched] == [405]


def test_preflight_to_a_private_network_is_allowed(api: httpx.Client) -> None:
    headers = PAGE | PREFLIGHT | {"Access-Control-Request-Private-Network": "true"}
    response = api.options(GENERATE, headers=headers)
    assert (response.status_code, response.headers["access-control-allow-private-network"]) == (200, "true")


def test_page_can_read_the_refusal_of_a_wrong_method(api: httpx.Client) -> None:
    preflight = api.options(GENERATE, headers=PAGE | PREFLIGHT | {"Access-Control-Request-Method": "PUT"})
    response = api.put(GENERATE, headers=PAGE)
    assert (preflight.status_code, response.status_code) == (200, 405)
    assert response.headers["access-control-allow-origin"] == PAGE["Origin"]


# Origins that no browser sends, and what is advised in their place
UNMATCHABLE = {
    "http://localhost:3000/": "http://localhost:3000",
    "http://localhost:3000/page?x#y": "http://localhost:3000",
    "localhost:3000": "http://localhost:3000",
    "localhost": "http://localhost",
    "HTTP://LocalHost:3000": "http://localhost:3000",
    "http://localhost:80": "http://localhost",
    "https://app.example:443": "https://app.example",
    "http://user:pw@a": "http://localhost:3000",
    "http://": "http://localhost:3000",
    "": "http://localhost:3000",
    "http://*.example": "http://localhost:3000",
    "http://[::1": "http://localhost:3000",
}
MATCHABLE = [
    *sorted({*UNMATCHABLE.values()}),
    "*",
    "null",
    "http://[::1]:3000",
    "https://app.example:8443",
    "app://local",
]


@pytest.mark.parametrize(("origin", "meant"), UNMATCHABLE.items())
def test_origin_that_no_browser_sends_is_refused(origin: str, meant: str) -> None:
    with pytest.raises(SettingError, match="no browser sends it") as caught, omixa_mock.serve(cors_origins=[origin]):
        pass
    assert f"for instance {meant}, or *" in str(caught.value)


@pytest.mark.parametrize("origin", MATCHABLE)
def test_origin_that_a_browser_sends_is_accepted(origin: str) -> None:
    refuse_unmatchable([origin])


def test_preflight_of_a_named_origin_succeeds(api: httpx.Client) -> None:
    response = api.options(GENERATE, headers=PAGE | PREFLIGHT)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, PAGE["Origin"])


@pytest.mark.parametrize("name", ["authorization", "content-type"])
def test_preflight_allows_the_headers_of_the_contract(api: httpx.Client, name: str) -> None:
    assert name in api.options(GENERATE, headers=PAGE | PREFLIGHT).headers["access-control-allow-headers"]


@pytest.mark.parametrize("headers", [PAGE, OTHER])
def test_preflight_names_the_fake(api: httpx.Client, headers: dict[str, str]) -> None:
    assert api.options(GENERATE, headers=headers | PREFLIGHT).headers["x-omixa-mock"]


@pytest.mark.parametrize("body", [CAT, {}])
def test_response_is_readable_for_a_named_origin(api: httpx.Client, body: dict[str, str]) -> None:
    response = api.post(GENERATE, json=body, headers=PAGE)
    assert response.headers["access-control-allow-origin"] == PAGE["Origin"]


def test_page_can_read_the_headers_of_the_fake(api: httpx.Client) -> None:
    response = api.post(GENERATE, json=CAT, headers=PAGE)
    exposed = response.headers["access-control-expose-headers"]
    assert exposed == "X-Omixa-Mock, X-Omixa-Mock-Fault, X-Omixa-Mock-Rules, X-Omixa-Mock-Warn, Retry-After"


def test_response_is_not_readable_for_another_origin(api: httpx.Client) -> None:
    assert "access-control-allow-origin" not in api.post(GENERATE, json=CAT, headers=OTHER).headers


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
@pytest.mark.parametrize("headers", [PAGE, PAGE | PREFLIGHT])
def test_control_routes_are_closed_to_a_named_origin(api: httpx.Client, method: str, headers: dict[str, str]) -> None:
    response = api.request(method, "/__omixa/workspace", headers=headers)
    assert (response.status_code, cors(response)) == (403, [])
