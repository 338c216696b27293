"""Tests of calls that a hook of the resolver would miss: pooled connections, proxies, resolvers in C."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

# A local server stands in for Omixa: every call that reaches it would have been charged.
PAID = """
import http.server
import socket
import sys
from contextlib import suppress

import requests
from omixa_mock.interceptors import tripwire
from omixa_mock.interceptors import exchange

class Paid(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        PAID.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

PAID = []
SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Paid)
SERVER.daemon_threads = True
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
HERE = f"http://localhost:{SERVER.server_port}/x"
AUTH = {"Authorization": "Bearer omx_live_real"}

def redirect_omixa(host="localhost"):
    tripwire.DOMAIN = host
    exchange.HOSTS = {host}

def reached_by(call, *arguments):
    with suppress(httpx.ConnectError, httpx2.ConnectError, requests.ConnectionError):
        call(*arguments)
    return PAID

import httpx2
"""

POOLED = (
    PAID
    + """
redirect_omixa()
CLIENTS = {library.__name__: library.Client(trust_env=False) for library in (httpx, httpx2)}
CLIENTS["requests"] = requests.Session()

@pytest.fixture(params=CLIENTS)
def client(request):
    return CLIENTS[request.param]

class Test:
    @pytest.mark.omixa_mock(live=True)
    def test_live(self, client):
        assert client.get(HERE, headers=AUTH).status_code == 200
        PAID.clear()

    def test_pooled(self, client):
        assert reached_by(client.get, HERE) == []

    @pytest.mark.omixa_mock(live=True)
    def test_live_again(self, client):
        assert client.get(HERE, headers=AUTH).status_code == 200

    def test_intercepted(self, client, omixa_mock):
        assert client.get(HERE, headers=AUTH).status_code == 404
        omixa_mock.expect_refusal(404)
        assert len(omixa_mock.calls) == 1

    test_intercepted = pytest.mark.omixa_mock(strict=False)(test_intercepted)
"""
)


def test_calls_on_pooled_connections_are_refused(run_pytest: Any) -> None:
    run = run_pytest(POOLED)
    refused = {name for name, outcome in run.outcomes.items() if outcome != "passed"}
    assert refused == {f"Test::test_pooled[{name}]" for name in ("httpx", "httpx2", "requests")}, run.output
    for name in refused:
        assert "tried to reach localhost for real" in run.text(name)
        assert "PAID" not in run.error(name)


ASYNC = (
    PAID
    + """
import asyncio
import uvloop

redirect_omixa()

@pytest.mark.parametrize("library", [httpx, httpx2])
def test_uvloop(library, request):
    PAID.clear()
    async def main():
        async with library.AsyncClient(trust_env=False) as client:
            with pytest.raises(library.ConnectError, match="omixa-mock: .* tried to reach localhost for real"):
                await client.get(HERE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
    assert PAID == []

@pytest.mark.parametrize("library", [httpx, httpx2])
def test_wrapped_transport(library):
    class Retrying(library.BaseTransport):
        inner = library.HTTPTransport()
        def handle_request(self, request):
            return self.inner.handle_request(request)
    with library.Client(transport=Retrying()) as client:
        assert reached_by(client.get, HERE) == []

def test_custom_adapter():
    class Timing(requests.adapters.HTTPAdapter):
        def send(self, request, **options):
            return super().send(request, **options)
    with requests.Session() as session:
        session.mount("http://", Timing())
        assert reached_by(session.get, HERE) == []

@pytest.mark.parametrize("library", [httpx, httpx2, requests])
def test_proxy(library, monkeypatch):
    redirect_omixa("omixa.cloud")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{SERVER.server_port}")
    assert reached_by(library.get, "http://www.omixa.cloud/") == []

@pytest.mark.parametrize("library", [httpx, httpx2, requests])
def test_proxy_in_teardown_of_a_skipped_test(library):
    pytest.skip("nothing")

def test_other_hosts_are_allowed(monkeypatch):
    redirect_omixa("omixa.cloud")
    assert httpx.get(HERE, trust_env=False).status_code == httpx2.get(HERE).status_code == 200
    assert requests.get(HERE).status_code == 200

def test_uses(omixa_mock):
    pass
"""
)


def test_calls_by_resolvers_in_c_proxies_and_wrappers_are_refused(run_pytest: Any) -> None:
    run = run_pytest(ASYNC)
    for name, outcome in run.outcomes.items():
        expected = "passed" if "other" in name or "uses" in name else "skipped" if "skipped" in name else "failed"
        assert outcome == expected, (name, run.output)
        assert expected != "failed" or run.text(name).startswith("omixa-mock: "), run.text(name)


MOCKED = """
import httpx2
import requests
import responses
import respx

URL = "https://www.omixa.cloud/api/v1/models"

def test_uses(omixa_mock):
    pass

@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_respx(using):
    with respx.mock(using=using) as mocked:
        mocked.get(URL).respond(418)
        assert get(URL).status_code == 418

@responses.activate
def test_responses():
    responses.get(URL, status=418)
    assert requests.get(URL).status_code == 418

def test_pytest_httpx(httpx_mock):
    httpx_mock.add_response(url=URL, status_code=418)
    assert get(URL).status_code == 418

@pytest.mark.parametrize("library", [httpx, httpx2])
def test_transport(library):
    with library.Client(transport=library.MockTransport(lambda request: library.Response(418))) as client:
        assert client.get(URL).status_code == 418

def test_adapter():
    class Canned(requests.adapters.BaseAdapter):
        def send(self, request, **options):
            response = requests.Response()
            response.status_code, response.url = 418, request.url
            return response
        def close(self):
            pass
    with requests.Session() as session:
        session.mount("https://", Canned())
        assert session.get(URL).status_code == 418
"""


def test_other_mocks_of_omixa_still_work(run_pytest: Any) -> None:
    assert run_pytest(MOCKED, plugins=("pytest_httpx",)).passed()


def test_test_that_skips_on_the_refusal_fails(run_pytest: Any) -> None:
    source = """
    import socket

    def call():
        try:
            socket.getaddrinfo("www.omixa.cloud", 443)
        except OSError:
            pytest.skip("offline")

    @pytest.fixture
    def skipping():
        call()

    def test_call(omixa_mock):
        call()

    def test_setup(skipping):
        pass

    def test_other():
        pytest.skip("own")
    """
    assert run_pytest(source).outcomes == {"test_call": "failed", "test_setup": "setup failed", "test_other": "skipped"}


def test_attempt_in_a_cleared_environment_names_its_test(run_pytest: Any) -> None:
    source = """
    import socket
    from unittest import mock

    def test_it(omixa_mock):
        with mock.patch.dict(os.environ, clear=True):
            with pytest.raises(OSError):
                socket.getaddrinfo("www.omixa.cloud", 443)
    """
    assert run_pytest(source).text("test_it").startswith("omixa-mock: test_it.py::test_it tried to reach")


def test_interception_without_a_fixture_refuses_and_fails_its_test(run_pytest: Any) -> None:
    source = """
    import socket
    import omixa_mock

    def test_within():
        with omixa_mock.intercept():
            with pytest.raises(OSError, match="omixa-mock: test_it.py::test_within tried"):
                socket.getaddrinfo("www.omixa.cloud", 443)
    """
    run = run_pytest(source)
    assert run.text("test_within").startswith("omixa-mock: test_it.py::test_within tried to reach www.omixa.cloud")


@pytest.mark.parametrize("host", ["api.omixa.cloud", "www.omixa.cloud"])
def test_call_to_another_host_of_omixa_names_the_documented_host(run_pytest: Any, host: str) -> None:
    source = f"""
    def test_it(omixa_mock):
        get("https://{host}/api/v1/models")
    """
    message = "Omixa's documented host, which the fake answers, is www.omixa.cloud; not api.omixa.cloud."
    assert (message in run_pytest(source).error("test_it")) == (host == "api.omixa.cloud")


def test_run_without_a_fixture_imports_nothing(run_pytest: Any) -> None:
    source = """
    import sys

    def test_it():
        assert "omixa_mock.pytest_plugin.session" not in sys.modules
        assert "omixa_mock.interceptors.tripwire" not in sys.modules
    """
    assert run_pytest(source).passed()
