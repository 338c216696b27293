"""Fixtures of the interceptor tests: every client library behind one interface, and a server that is not Omixa's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import requests
import requests_mock
import responses
import urllib3

import omixa_mock
from omixa_mock.interceptors import ACTIVE, CURRENT, TRIPWIRE

REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}


@dataclass(frozen=True)
class ClientResponse:
    """Response as a client library returned it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class HttpClient:
    """Client library, used in one way (sync, asyncio, trio)."""

    library: Any
    request: Callable[..., ClientResponse]
    timeout: type[Exception]

    def generate(self, url: str = "https://www.omixa.cloud", *, timeout: Any = None, **fields: Any) -> ClientResponse:
        """Request an image."""
        headers = {"authorization": "Bearer omx_live_any", "content-type": "application/json"}
        return self.request(
            "POST",
            f"{url}/api/v1/images/generations",
            headers=headers,
            content=httpx.Request("POST", url, json={**REQUEST, **fields}).content,
            timeout=timeout,
        )


@cache
def sync_client(library: Any) -> Any:
    """Return a client without this machine's settings; made once, so that it is older than most interceptions."""
    return library.Client(trust_env=False, verify=False)


def request_sync(library: Any, method: str, url: str, **options: Any) -> ClientResponse:
    response = sync_client(library).request(method, url, **options)
    return ClientResponse(response.status_code, response.headers.multi_items(), response.content)


def request_async(library: Any, backend: str, method: str, url: str, **options: Any) -> ClientResponse:
    async def send() -> Any:
        async with library.AsyncClient(trust_env=False, verify=False) as client:
            return await client.request(method, url, **options)

    response = anyio.run(send, backend=backend)
    return ClientResponse(response.status_code, response.headers.multi_items(), response.content)


def request_by_requests(method: str, url: str, *, content: Any = None, **options: Any) -> ClientResponse:
    with requests.Session() as session:
        session.trust_env = False
        response = session.request(method, url, data=content, **options)
        return ClientResponse(response.status_code, [*response.headers.items()], response.content)


def request_by_urllib3(
    method: str, url: str, *, content: Any = None, headers: Any = None, timeout: Any = None
) -> ClientResponse:
    with urllib3.PoolManager(cert_reqs="CERT_NONE") as manager:
        response = manager.request(method, url, body=content, headers=headers, timeout=timeout, retries=False)
        return ClientResponse(response.status, [*response.headers.items()], response.data)


HTTP_CLIENTS = {
    "httpx": HttpClient(httpx, partial(request_sync, httpx), httpx.ReadTimeout),
    "httpx asyncio": HttpClient(httpx, partial(request_async, httpx, "asyncio"), httpx.ReadTimeout),
    "httpx trio": HttpClient(httpx, partial(request_async, httpx, "trio"), httpx.ReadTimeout),
    "httpx2": HttpClient(httpx2, partial(request_sync, httpx2), httpx2.ReadTimeout),
    "httpx2 asyncio": HttpClient(httpx2, partial(request_async, httpx2, "asyncio"), httpx2.ReadTimeout),
    "httpx2 trio": HttpClient(httpx2, partial(request_async, httpx2, "trio"), httpx2.ReadTimeout),
    "requests": HttpClient(requests, request_by_requests, requests.exceptions.ReadTimeout),
    "urllib3": HttpClient(urllib3, request_by_urllib3, urllib3.exceptions.ReadTimeoutError),
}


@pytest.fixture(params=HTTP_CLIENTS.values(), ids=[*HTTP_CLIENTS])
def http_client(request: pytest.FixtureRequest) -> HttpClient:
    """Return every client library, in every way of using it."""
    client: HttpClient = request.param
    return client


@pytest.fixture(scope="session")
def all_http_clients() -> dict[str, HttpClient]:
    """Return every client library, in every way of using it, by name."""
    return HTTP_CLIENTS


@pytest.fixture(params=["httpx", "httpx2", "requests", "urllib3"])
def sync_http_client(request: pytest.FixtureRequest) -> HttpClient:
    """Return every client library, sync."""
    return HTTP_CLIENTS[request.param]


@pytest.fixture
def mock() -> Iterator[omixa_mock.OmixaMock]:
    """Intercept the calls of one test."""
    with omixa_mock.intercept() as mock:
        yield mock


class CannedSocket:
    """Socket that answers every request with 418."""

    def __init__(self, sent: list[bytes]) -> None:
        self.sendall = sent.append

    def makefile(self, *_: Any) -> BytesIO:
        return BytesIO(b"HTTP/1.1 418 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def ignore(self, *_: Any) -> None:
        pass

    close = settimeout = shutdown = ignore


class CannedConnection(urllib3.connection.HTTPSConnection):
    """Connection over a `CannedSocket`, with what was sent and the tunnels that were requested of it."""

    is_verified = True
    sent: list[bytes]
    tunnels: list[str]

    def connect(self) -> None:
        self.sock: Any = CannedSocket(self.sent)

    def set_tunnel(self, host: str, *_: Any, **__: Any) -> None:
        self.tunnels.append(host)


@pytest.fixture
def canned_connection(monkeypatch: pytest.MonkeyPatch) -> type[CannedConnection]:
    """Replace the connection class of urllib3, as a mock of the user's may do."""
    canned: type[CannedConnection] = type("Canned", (CannedConnection,), {"sent": [], "tunnels": []})
    for pool in (urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool):
        monkeypatch.setattr(pool, "ConnectionCls", canned)
    return canned


PATCHED: tuple[tuple[Any, str], ...] = (
    *((library.Client, "_send_single_request") for library in (httpx, httpx2)),
    *((library.AsyncClient, "_send_single_request") for library in (httpx, httpx2)),
    *((library.HTTPTransport, "handle_request") for library in (httpx, httpx2)),
    *((library.AsyncHTTPTransport, "handle_async_request") for library in (httpx, httpx2)),
    # The method that respx patches.
    *((library.Client, "_transport_for_url") for library in (httpx, httpx2)),
    (requests.Session, "request"),
    # The methods that mocks of requests patch.
    (requests.Session, "send"),
    (requests.adapters.HTTPAdapter, "send"),
    (urllib3.HTTPConnectionPool, "_make_request"),
    (urllib3.HTTPSConnectionPool, "_prepare_proxy"),
    (urllib3.HTTPConnectionPool, "urlopen"),
    (responses.RequestsMock, "_on_request"),
    (requests_mock.mocker, "_original_send"),
)


def patched_state() -> list[Any]:
    """Return the methods that an interception patches, and its state."""
    return [*(vars(owner)[name] for owner, name in PATCHED), [*ACTIVE], CURRENT.get(), TRIPWIRE.armed]


@pytest.fixture
def patched() -> Callable[[], list[Any]]:
    """Return a function that returns the methods that an interception patches, and its state."""
    return patched_state


@pytest.fixture(autouse=True)
def unpatched_afterwards() -> Iterator[None]:
    """Fail a test that leaves a library patched."""
    before = patched_state()
    yield
    assert patched_state() == before


class EchoHandler(BaseHTTPRequestHandler):
    """Request handler that responds with the path and body of the request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length, body = self.headers.get("content-length"), b""
        if length is not None:
            body = self.rfile.read(int(length))
        else:
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        response = b"elsewhere: " + self.path.encode() + b" " + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """Run a real server that is not Omixa's, and return its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session", autouse=True)
def clients_are_closed() -> Iterator[None]:
    """Close the shared clients at the end."""
    yield
    for library in (httpx, httpx2):
        sync_client(library).close()
