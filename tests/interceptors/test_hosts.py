"""Which hosts are Omixa's: exactly two names, however they are written."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

import omixa_mock
from omixa_mock.interceptors.exchange import is_omixa

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

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


class Elsewhere(BaseAdapter):
    """An adapter that answers for the rest of the world."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url = 418, str(request.url)
        return response

    def close(self) -> None:
        pass


def ask_httpx(library: Any, url: str) -> int:
    transport = library.MockTransport(lambda _: library.Response(418))
    with library.Client(transport=transport) as client:
        return int(client.get(url, headers=AUTH).status_code)


def ask_requests(url: str) -> int:
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, Elsewhere())
        return session.get(url, headers=AUTH, auth=lambda request: request).status_code


ASKS = {
    "httpx": lambda url: ask_httpx(httpx, url),
    "httpx2": lambda url: ask_httpx(httpx2, url),
    "requests": ask_requests,
}
ALL = pytest.mark.parametrize("name", ASKS)


@ALL
@pytest.mark.parametrize("scheme", ["https", "http", "HTTPS"])
@pytest.mark.parametrize("host", OURS)
def test_host_of_omixa_is_answered(gateway: omixa_mock.OmixaMock, name: str, scheme: str, host: str) -> None:
    ASKS[name](f"{scheme}://{host}{PATH}")
    assert len(gateway.calls) == 1


@ALL
@pytest.mark.parametrize("host", OTHERS)
def test_other_host_is_not_answered(gateway: omixa_mock.OmixaMock, name: str, host: str) -> None:
    assert (ASKS[name](f"https://{host}{PATH}"), len(gateway.calls)) == (418, 0)


@pytest.mark.parametrize("host", ["", ".", "..", "cloud"])
def test_no_host_is_not_omixa(host: str) -> None:
    assert not is_omixa(host)


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_redirect_from_elsewhere_is_answered(gateway: omixa_mock.OmixaMock, library: Any) -> None:
    target = {"location": f"https://www.omixa.cloud{PATH}"}
    transport = library.MockTransport(lambda _: library.Response(307, headers=target))
    with library.Client(transport=transport, follow_redirects=True) as client:
        client.get("https://other.test/")
    assert [call.path for call in gateway.calls] == [PATH]


def test_redirect_from_elsewhere_is_answered_to_requests(gateway: omixa_mock.OmixaMock) -> None:
    class Redirecting(Elsewhere):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            response = super().send(request)
            response.status_code, response.request = 307, request
            response.headers["location"] = f"https://www.omixa.cloud{PATH}"
            response.raw = HTTPResponse(BytesIO())
            return response

    with requests.Session() as session:
        session.mount("https://other.test", Redirecting())
        session.get("https://other.test/")
    assert [call.path for call in gateway.calls] == [PATH]


def test_response_says_where_it_came_from(gateway: omixa_mock.OmixaMock) -> None:
    response = requests.get(f"{gateway.base_url}/models", headers=AUTH, timeout=5)
    assert (response.url, response.reason, response.ok) == (f"{gateway.base_url}/models", "OK", True)


def test_door_answers_under_its_own_scheme(gateway: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    http_client.generate("http://www.omixa.cloud")
    gateway.assert_single_charge()
