"""urllib3 is intercepted below its pools: retries, adapters of requests, proxies and timeouts run for real."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.util import Retry, Timeout

import omixa_mock
from omixa_mock.interceptors import TRIPWIRE, ClientHasNoTimeout, start_interception

if TYPE_CHECKING:
    from tests.interceptors.conftest import CannedConnection

OMIXA = "https://www.omixa.cloud"
PATH = "/api/v1/images/generations"
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
DATA = json.dumps(REQUEST).encode()
HEADERS = {"authorization": "Bearer omx_live_any", "content-type": "application/json"}
# Nothing listens there.
PROXY = "http://127.0.0.1:1"


# Both ways: each client has the same attempts, charges and exceptions in process and over a socket.


def retry_all(**changes: Any) -> Retry:
    """Return the settings of an application that retries everything, POST too."""
    options = {"total": 3, "status_forcelist": [429, 503], "allowed_methods": None, "respect_retry_after_header": True}
    return Retry(**{**options, **changes})


class DefaultTimeout(HTTPAdapter):
    """Adapter of the user's own, with a timeout for calls that have none."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = options.get("timeout") or 0.3
        return super().send(request, *args, **options)


class Repeating(BaseAdapter):
    """Adapter of the user's own around the library's, which repeats a failed call once."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        options["timeout"] = 0.3
        with suppress(requests.ConnectionError, requests.Timeout):
            response = self.inner.send(request, **options)
            if response.status_code < 429:
                return response
        return self.inner.send(request, **options)

    def close(self) -> None:
        self.inner.close()


def call_by_requests(make_adapter: Callable[[], BaseAdapter], url: str, headers: dict[str, str], **options: Any) -> int:
    with requests.Session() as session:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, make_adapter())
        return session.post(url, data=DATA, headers=headers, **options).status_code


def call_by_urllib3(retries: Any, url: str, headers: dict[str, str]) -> int:
    with urllib3.PoolManager(retries=retries, timeout=0.3) as manager:
        return manager.request("POST", url, body=DATA, headers=headers).status


Client = Callable[[str, dict[str, str]], int]
CLIENTS: dict[str, Client] = {
    "urllib3 by default": lambda url, headers: call_by_urllib3(None, url, headers),
    "urllib3 without retries": lambda url, headers: call_by_urllib3(False, url, headers),  # noqa: FBT003  # its own spelling
    "urllib3 Retry": lambda url, headers: call_by_urllib3(retry_all(), url, headers),
    "urllib3 Retry, not of reads": lambda url, headers: call_by_urllib3(retry_all(read=0), url, headers),
    "requests": lambda url, headers: call_by_requests(HTTPAdapter, url, headers, timeout=0.3),
    "requests with a number": lambda url, headers: call_by_requests(
        lambda: HTTPAdapter(max_retries=2), url, headers, timeout=0.3
    ),
    "requests with Retry": lambda url, headers: call_by_requests(
        lambda: HTTPAdapter(max_retries=retry_all()), url, headers, timeout=0.3
    ),
    "requests with a default timeout": lambda url, headers: call_by_requests(DefaultTimeout, url, headers),
    "requests with a repeating adapter": lambda url, headers: call_by_requests(Repeating, url, headers),
}
FAULTS: dict[str, tuple[str, int]] = {
    "503 twice": ("no_route", 2),
    "429 once": ("rate_limited", 1),
    "503 for ever": ("no_route", 9),
    **{
        f"{fault} once": (fault, 1)
        for fault in (
            *("reset", "reset_after_capture", "no_response_after_capture", "garbage_after_capture"),
            *("hang", "hang_after_capture", "truncated", "reset_in_body", "malformed_chunk"),
        )
    },
}


@dataclass(frozen=True)
class Outcome:
    """Outcome of a client's call, as the client and the mock saw it."""

    status: int
    error: str
    attempts: tuple[int | None, ...]
    captured: str


def observe(client: Client, mock: omixa_mock.OmixaMock, fault: str, times: int) -> Outcome:
    """Make a call with a planned fault, and return its outcome."""
    mock.fail(fault, times=times)
    status, error = 0, ""
    try:
        status = client(f"{mock.base_url}/images/generations", {**HEADERS, "authorization": f"Bearer {mock.api_key}"})
    except (urllib3.exceptions.HTTPError, requests.RequestException) as raised:
        cause = raised.args[0] if isinstance(raised, requests.RequestException) else raised
        error = f"{type(raised).__name__} {type(getattr(cause, 'reason', cause)).__name__}"
    mock.settle()
    # A call whose client left is recorded when the server has noticed it.
    calls = sorted(mock.calls, key=lambda call: call.number)
    return Outcome(status, error, tuple(call.status for call in calls), str(mock.wallet.captured))


@pytest.mark.parametrize(("fault", "times"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_client_has_the_outcome_of_a_socket(client: Client, fault: str, times: int) -> None:
    settings = {"retry_after": 0}
    with omixa_mock.serve(settings=settings) as server:
        expected = observe(client, server, fault, times)
    with omixa_mock.intercept(settings=settings) as mock:
        assert observe(client, mock, fault, times) == expected


# urllib3's own retries


def post(url: str = f"{OMIXA}{PATH}", **options: Any) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager() as manager:
        return manager.request("POST", url, body=DATA, headers=HEADERS, **options)


@pytest.mark.parametrize("client", ["urllib3 Retry", "requests with Retry"])
def test_two_failures_and_a_success_are_three_calls(mock: omixa_mock.OmixaMock, client: str) -> None:
    mock.fail("no_route", times=2)
    assert CLIENTS[client](f"{OMIXA}{PATH}", HEADERS) == 200
    assert [call.status for call in mock.calls] == [503, 503, 200]
    mock.assert_single_charge()


@pytest.mark.parametrize("client", ["urllib3 Retry", "requests with Retry"])
def test_retry_after_a_lost_response_pays_twice(mock: omixa_mock.OmixaMock, client: str) -> None:
    mock.fail("reset_after_capture")
    assert CLIENTS[client](f"{OMIXA}{PATH}", HEADERS) == 200
    assert [call.charged for call in mock.calls] == [True, True]


def test_retry_after_is_waited_for(mock: omixa_mock.OmixaMock, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    mock.configure(retry_after=7)
    mock.fail("rate_limited")
    assert (post(retries=retry_all()).status, waits) == (200, [7])


def test_history_of_retries_is_in_the_response(mock: omixa_mock.OmixaMock) -> None:
    mock.fail("no_route", times=2)
    retries = post(retries=retry_all()).retries
    assert retries is not None
    assert [entry.status for entry in retries.history] == [503, 503]


# The response is urllib3's own


def test_response_is_parsed_by_urllib3(mock: omixa_mock.OmixaMock) -> None:
    response = post()
    assert (type(response), response.version, response.reason) == (urllib3.HTTPResponse, 11, "OK")
    assert response.headers["Content-Type"] == "application/json"
    assert mock.last.response is not None
    assert response.data == mock.last.response.body


def test_host_field_has_no_default_port(mock: omixa_mock.OmixaMock) -> None:
    post()
    assert mock.last.headers["host"] == "www.omixa.cloud"


@pytest.mark.filterwarnings("ignore::omixa_mock.OmixaAdvisory")
@pytest.mark.parametrize(("scheme", "port"), [("https", 80), ("http", 443), ("https", 8443)])
def test_host_field_has_another_port(mock: omixa_mock.OmixaMock, scheme: str, port: int) -> None:
    post(f"{scheme}://www.omixa.cloud:{port}{PATH}")
    assert mock.last.headers["host"] == f"www.omixa.cloud:{port}"


@pytest.mark.usefixtures("mock")
def test_no_warning_says_that_the_connection_is_insecure() -> None:
    with warnings.catch_warnings(record=True) as caught, urllib3.PoolManager(cert_reqs="CERT_NONE") as manager:
        warnings.simplefilter("always")
        manager.request("POST", f"{OMIXA}{PATH}", body=DATA, headers=HEADERS)
    assert not caught


@pytest.mark.parametrize("url", ["http://www.omixa.cloud", "https://omixa.cloud"])
def test_url_that_is_not_documented_gets_an_advisory(url: str) -> None:
    with pytest.warns(omixa_mock.OmixaAdvisory, match=f"POST {url}{PATH} was answered"), omixa_mock.intercept() as mock:
        assert post(f"{url}{PATH}").status == 200
    mock.assert_single_charge()


def test_head_has_no_body(mock: omixa_mock.OmixaMock) -> None:
    with urllib3.PoolManager() as manager:
        response = manager.request("HEAD", f"{mock.base_url}/models", headers=HEADERS)
    assert (response.data, int(response.headers["content-length"]) > 0) == (b"", True)


def test_connection_of_the_pool_is_not_opened(mock: omixa_mock.OmixaMock) -> None:
    with urllib3.HTTPSConnectionPool("www.omixa.cloud", maxsize=1, block=True) as pool:
        for _ in range(3):
            pool.request("POST", PATH, body=DATA, headers=HEADERS)
        connection: Any = pool._get_conn(timeout=0)
        pool._put_conn(connection)
    assert (len(mock.calls), connection.sock, pool.num_connections) == (3, None, 1)


def test_streamed_response_gives_its_connection_back(mock: omixa_mock.OmixaMock) -> None:
    with urllib3.HTTPSConnectionPool("www.omixa.cloud", maxsize=1, block=True) as pool:
        for _ in range(2):
            response = pool.request("POST", PATH, body=DATA, headers=HEADERS, preload_content=False, pool_timeout=1)
            response.drain_conn()
            response.release_conn()
    assert len(mock.calls) == 2


def test_call_is_logged_by_urllib3(mock: omixa_mock.OmixaMock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"):
        post()
    assert f'"POST {PATH} HTTP/1.1" 200' in caplog.text
    mock.assert_single_charge()


def test_request_for_an_upgrade_is_answered_without_it(mock: omixa_mock.OmixaMock) -> None:
    headers = {**HEADERS, "Connection": "Upgrade", "Upgrade": "h2c"}
    with urllib3.PoolManager() as manager:
        assert manager.request("POST", f"{OMIXA}{PATH}", body=DATA, headers=headers).status == 200
    assert mock.last.request == REQUEST


@pytest.mark.usefixtures("mock")
@pytest.mark.parametrize("method", ["NONSENSE", "CONNECT"])
def test_method_that_is_not_http_is_an_error(method: str) -> None:
    with urllib3.PoolManager() as manager, pytest.raises(ValueError, match="the client wrote"):
        manager.request(method, f"{OMIXA}{PATH}", headers=HEADERS)


# Timeouts


def test_incomplete_request_times_out(mock: omixa_mock.OmixaMock) -> None:
    with urllib3.PoolManager(timeout=5, retries=False) as manager, pytest.raises(urllib3.exceptions.ReadTimeoutError):
        manager.request("POST", f"{OMIXA}{PATH}", body=DATA, headers={**HEADERS, "Content-Length": "999"})
    mock.assert_not_called()


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        pytest.param(2, 2, id="number"),
        pytest.param((1, 2), 2, id="pair"),
        pytest.param(Timeout(connect=1, read=2), 2, id="urllib3's"),
        pytest.param(Timeout(total=2), 2, id="total"),
        pytest.param(Timeout(total=2, read=9), 2, id="total below the read timeout"),
    ],
)
def test_read_timeout_is_found_in_every_kind(mock: omixa_mock.OmixaMock, timeout: Any, seconds: float) -> None:
    mock.fail("hang")
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{OMIXA}{PATH}", data=DATA, headers=HEADERS, timeout=timeout)
    assert mock.last.waited == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize("timeout", [None, (1, None), Timeout(connect=1, read=None)])
def test_client_without_a_read_timeout_has_none(mock: omixa_mock.OmixaMock, timeout: Any) -> None:
    mock.fail("hang")
    with pytest.raises(ClientHasNoTimeout):
        requests.post(f"{OMIXA}{PATH}", data=DATA, headers=HEADERS, timeout=timeout)


def drip(mock: omixa_mock.OmixaMock) -> tuple[int, bytes, str]:
    """Return the status, the part of the body and the exception of a response that comes too slowly."""
    mock.fail("drip:60m")
    headers, body, error = {**HEADERS, "authorization": f"Bearer {mock.api_key}"}, b"", ""
    with urllib3.PoolManager(timeout=0.1, retries=False) as manager:
        response = manager.request(
            "POST", f"{mock.base_url}/images/generations", body=DATA, headers=headers, preload_content=False
        )
        try:
            for chunk in response.stream(1):
                body += chunk
        except urllib3.exceptions.HTTPError as raised:
            error = f"{type(raised).__name__}: {str(raised).partition(': ')[2]}"
    return response.status, body, error


def test_timeout_between_pieces_comes_after_the_first(mock: omixa_mock.OmixaMock) -> None:
    with omixa_mock.serve() as server:
        expected = drip(server)
    assert drip(mock) == expected
    assert expected[2] == "ReadTimeoutError: Read timed out."
    assert 0 < len(expected[1]) < len(post().data)


def test_timeout_within_the_body_is_not_retried_by_requests(mock: omixa_mock.OmixaMock) -> None:
    mock.fail("drip:60m")
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        CLIENTS["requests with Retry"](f"{OMIXA}{PATH}", HEADERS)
    assert len(mock.calls) == 1


# Proxies


@pytest.fixture(params=["http", pytest.param("https", id="tunnel")])
def proxied(request: pytest.FixtureRequest) -> str:
    """Return the URL of a call that goes through a proxy."""
    return f"{request.param}://www.omixa.cloud{PATH}"


@pytest.mark.filterwarnings("ignore::omixa_mock.OmixaAdvisory")
class TestProxies:
    @pytest.mark.parametrize("proxy", [PROXY, "https://127.0.0.1:1"])
    def test_proxy_is_not_contacted(self, mock: omixa_mock.OmixaMock, proxied: str, proxy: str) -> None:
        with urllib3.ProxyManager(proxy, retries=False) as manager:
            assert manager.request("POST", proxied, body=DATA, headers=HEADERS).status == 200
        assert mock.last.path == PATH

    def test_proxy_of_requests_is_not_contacted(self, mock: omixa_mock.OmixaMock, proxied: str) -> None:
        proxies = {"http": PROXY, "https": PROXY}
        assert requests.post(proxied, data=DATA, headers=HEADERS, proxies=proxies, timeout=5).status_code == 200
        assert mock.last.headers["host"] == "www.omixa.cloud"

    @pytest.mark.parametrize(
        ("fault", "error"),
        [("garbage", urllib3.exceptions.ProtocolError), ("hang", urllib3.exceptions.ReadTimeoutError)],
    )
    def test_fault_is_no_error_of_the_proxy(
        self, mock: omixa_mock.OmixaMock, proxied: str, fault: str, error: type[Exception]
    ) -> None:
        mock.fail(fault)
        with urllib3.ProxyManager(PROXY, retries=False, timeout=5) as manager, pytest.raises(error):
            manager.request("POST", proxied, body=DATA, headers=HEADERS)

    def test_live_call_is_refused_before_the_proxy_is_contacted(self, proxied: str) -> None:
        with start_interception(lambda _: None), armed(), urllib3.ProxyManager(PROXY, retries=False) as manager:
            with pytest.raises(urllib3.exceptions.HTTPError, match="Nothing was sent"):
                manager.request("POST", proxied, body=DATA, headers=HEADERS)
            assert len(take_attempts()) == 1


# Live calls


class armed:  # noqa: N801  # a context manager
    """Arm the tripwire in a block."""

    def __enter__(self) -> None:
        TRIPWIRE.arm()

    def __exit__(self, *_: object) -> None:
        TRIPWIRE.disarm()


def take_attempts() -> list[str]:
    """Remove and return the hosts of the refused attempts."""
    hosts = [attempt.host for attempt in TRIPWIRE.attempts]
    TRIPWIRE.attempts.clear()
    return hosts


@pytest.mark.parametrize("host", ["www.omixa.cloud", "omixa.cloud", "api.omixa.cloud"])
def test_live_call_is_refused_with_the_exception_of_urllib3(host: str) -> None:
    with start_interception(lambda _: None), armed(), pytest.raises(urllib3.exceptions.NewConnectionError) as raised:
        post(f"https://{host}{PATH}", retries=False)
    assert "Nothing was sent" in str(raised.value)
    assert take_attempts() == [host]


def test_live_call_of_requests_is_a_connection_error() -> None:
    with start_interception(lambda _: None), armed(), pytest.raises(requests.ConnectionError, match="Nothing was sent"):
        requests.post(f"{OMIXA}{PATH}", data=DATA, timeout=5)
    assert take_attempts() == ["www.omixa.cloud"]


def test_mock_of_the_connection_class_gets_a_call_that_no_interception_accepts(
    canned_connection: type[CannedConnection],
) -> None:
    with start_interception(lambda _: None), armed(), urllib3.PoolManager() as manager:
        assert manager.request("POST", f"{OMIXA}{PATH}", body=iter([DATA]), headers=HEADERS).status == 418
    assert DATA in b"".join(canned_connection.sent)


def test_tunnel_of_a_live_call_is_opened(canned_connection: type[CannedConnection]) -> None:
    with start_interception(lambda _: None), urllib3.ProxyManager(PROXY, retries=False) as manager:
        assert manager.request("POST", f"{OMIXA}{PATH}", body=DATA, headers=HEADERS).status == 418
    assert canned_connection.tunnels == ["www.omixa.cloud"]


def test_intercepted_call_needs_no_connection_class(
    mock: omixa_mock.OmixaMock, canned_connection: type[CannedConnection]
) -> None:
    assert post().status == 200
    assert not canned_connection.sent
    mock.assert_single_charge()
