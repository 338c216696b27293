"""Hosts that are intercepted: exactly two names, in every spelling."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse, PoolManager

import omixa_mock
from omixa_mock.interceptors import is_omixa

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

# Most spellings are not the documented one, and get an advisory.
pytestmark = pytest.mark.filterwarnings("ignore::omixa_mock.OmixaAdvisory")

OURS = [
    "www.omixa.cloud",
    "omixa.cloud",
    "WWW.Omixa.Cloud",
    "omixa.cloud.",
    "www.omixa.cloud:443",
    "user:pw@omixa.cloud",
]
OTHERS = [
    "api.omixa.cloud",
    "www.www.omixa.cloud",
    "omixa.cloud.evil.test",
    "www.omixa.cloud.evil.test",
    "notomixa.cloud",
    "www.notomixa.cloud",
    "www-omixa.cloud",
    "omixa.clouds",
    "omixa.com",
    "omixa.cloud@evil.test",
    "evil.test:443",
    "127.0.0.1",
    "xn--mixa-7ra.cloud",
]
PATH = "/api/v1/models"
AUTH = {"authorization": "Bearer omx_live_any"}


def get_by_httpx(library: Any, url: str) -> int:
    with library.Client(trust_env=False, verify=False) as client:
        return int(client.get(url, headers=AUTH).status_code)


@pytest.fixture
def mock(
    monkeypatch: pytest.MonkeyPatch,
    canned_connection: Any,  # noqa: ARG001  # a condition
) -> Iterator[omixa_mock.OmixaMock]:
    """An interception above a leaf that responds for all other hosts."""
    for library in (httpx, httpx2):
        other: Any = library
        monkeypatch.setattr(other.HTTPTransport, "handle_request", lambda *_, own=other: own.Response(418))
    with omixa_mock.intercept() as mock:
        yield mock


def get_by_requests(url: str) -> int:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=AUTH, auth=lambda request: request).status_code


def get_by_urllib3(url: str) -> int:
    with PoolManager() as manager:
        return manager.request("GET", url, headers=AUTH).status


GETTERS = {
    "httpx": lambda url: get_by_httpx(httpx, url),
    "httpx2": lambda url: get_by_httpx(httpx2, url),
    "requests": get_by_requests,
    "urllib3": get_by_urllib3,
}
ALL = pytest.mark.parametrize("name", GETTERS)


@ALL
@pytest.mark.parametrize("scheme", ["https", "http", "HTTPS"])
@pytest.mark.parametrize("host", OURS)
def test_host_of_omixa_is_intercepted(mock: omixa_mock.OmixaMock, name: str, scheme: str, host: str) -> None:
    GETTERS[name](f"{scheme}://{host}{PATH}")
    assert len(mock.calls) == 1


@ALL
@pytest.mark.parametrize("host", OTHERS)
def test_other_host_is_not_intercepted(mock: omixa_mock.OmixaMock, name: str, host: str) -> None:
    assert (GETTERS[name](f"https://{host}{PATH}"), len(mock.calls)) == (418, 0)


@pytest.mark.parametrize("host", ["", ".", "..", "cloud"])
def test_no_host_is_not_omixa(host: str) -> None:
    assert not is_omixa(host)


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_redirect_from_another_host_is_intercepted(mock: omixa_mock.OmixaMock, library: Any) -> None:
    target = {"location": f"https://www.omixa.cloud{PATH}"}
    transport = library.MockTransport(lambda _: library.Response(307, headers=target))
    with library.Client(mounts={"https://other.test": transport}, follow_redirects=True, verify=False) as client:
        client.get("https://other.test/")
    assert [call.path for call in mock.calls] == [PATH]


def test_redirect_from_another_host_is_intercepted_for_requests(mock: omixa_mock.OmixaMock) -> None:
    class Redirecting(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            headers = {"location": f"https://www.omixa.cloud{PATH}"}
            return self.build_response(request, HTTPResponse(BytesIO(), headers, status=307, preload_content=False))

    with requests.Session() as session:
        session.mount("https://other.test", Redirecting())
        session.get("https://other.test/")
    assert [call.path for call in mock.calls] == [PATH]


def test_response_has_its_url(mock: omixa_mock.OmixaMock) -> None:
    response = requests.get(f"{mock.base_url}/models", headers=AUTH, timeout=5)
    assert (response.url, response.reason, response.ok) == (f"{mock.base_url}/models", "OK", True)


def test_plain_http_is_intercepted(mock: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    http_client.generate("http://www.omixa.cloud")
    mock.assert_single_charge()
