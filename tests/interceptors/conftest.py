"""What the in-process tests share: every client library as one kind of door, and a server that is not Omixa's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import requests

import omixa_mock
from omixa_mock.interceptors.registry import CURRENT, OPEN
from omixa_mock.interceptors.tripwire import TRIPWIRE

REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}


@dataclass(frozen=True)
class Answer:
    """What a client made of a response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class HttpClient:
    """One client library, used in one way."""

    library: Any
    ask: Callable[..., Answer]
    timeout: type[Exception]

    def generate(self, url: str = "https://www.omixa.cloud", *, timeout: Any = None, **fields: Any) -> Answer:
        """Order an image."""
        headers = {"authorization": "Bearer omx_live_any", "content-type": "application/json"}
        return self.ask(
            "POST",
            f"{url}/api/v1/images/generations",
            headers=headers,
            content=httpx.Request("POST", url, json={**REQUEST, **fields}).content,
            timeout=timeout,
        )


@cache
def sync_client(library: Any) -> Any:
    """A client that reads nothing from this machine; made once, so most of its calls cross an interception."""
    return library.Client(trust_env=False, verify=False)


def ask_sync(library: Any, method: str, url: str, **options: Any) -> Answer:
    response = sync_client(library).request(method, url, **options)
    return Answer(response.status_code, response.headers.multi_items(), response.content)


def ask_async(library: Any, backend: str, method: str, url: str, **options: Any) -> Answer:
    async def ask() -> Any:
        async with library.AsyncClient(trust_env=False, verify=False) as client:
            return await client.request(method, url, **options)

    response = anyio.run(ask, backend=backend)
    return Answer(response.status_code, response.headers.multi_items(), response.content)


def ask_requests(method: str, url: str, *, content: Any = None, **options: Any) -> Answer:
    with requests.Session() as session:
        session.trust_env = False
        response = session.request(method, url, data=content, **options)
        return Answer(response.status_code, [*response.headers.items()], response.content)


HTTP_CLIENTS = {
    "httpx": HttpClient(httpx, partial(ask_sync, httpx), httpx.ReadTimeout),
    "httpx asyncio": HttpClient(httpx, partial(ask_async, httpx, "asyncio"), httpx.ReadTimeout),
    "httpx trio": HttpClient(httpx, partial(ask_async, httpx, "trio"), httpx.ReadTimeout),
    "httpx2": HttpClient(httpx2, partial(ask_sync, httpx2), httpx2.ReadTimeout),
    "httpx2 asyncio": HttpClient(httpx2, partial(ask_async, httpx2, "asyncio"), httpx2.ReadTimeout),
    "httpx2 trio": HttpClient(httpx2, partial(ask_async, httpx2, "trio"), httpx2.ReadTimeout),
    "requests": HttpClient(requests, ask_requests, requests.exceptions.ReadTimeout),
}


@pytest.fixture(params=HTTP_CLIENTS.values(), ids=[*HTTP_CLIENTS])
def http_client(request: pytest.FixtureRequest) -> HttpClient:
    """Each way of each client library."""
    chosen: HttpClient = request.param
    return chosen


@pytest.fixture(scope="session")
def all_http_clients() -> dict[str, HttpClient]:
    """Every way of every client library, by name."""
    return HTTP_CLIENTS


@pytest.fixture(params=["httpx", "httpx2", "requests"])
def sync_http_client(request: pytest.FixtureRequest) -> HttpClient:
    """Each client library, sync."""
    return HTTP_CLIENTS[request.param]


@pytest.fixture
def gateway() -> Iterator[omixa_mock.OmixaMock]:
    """An interception for one test."""
    with omixa_mock.intercept() as gateway:
        yield gateway


PATCHED: tuple[tuple[type[Any], str], ...] = (
    *((library.Client, "_send_single_request") for library in (httpx, httpx2)),
    *((library.AsyncClient, "_send_single_request") for library in (httpx, httpx2)),
    *((library.HTTPTransport, "handle_request") for library in (httpx, httpx2)),
    *((library.AsyncHTTPTransport, "handle_async_request") for library in (httpx, httpx2)),
    # What respx patches.
    *((library.Client, "_transport_for_url") for library in (httpx, httpx2)),
    (requests.Session, "send"),
    (requests.adapters.HTTPAdapter, "get_connection_with_tls_context"),
)


def insides() -> list[Any]:
    """What an interception patches and keeps, as it is now."""
    return [*(vars(owner)[name] for owner, name in PATCHED), [*OPEN], CURRENT.get(), TRIPWIRE.armed]


@pytest.fixture
def patched() -> Callable[[], list[Any]]:
    """Tells what an interception patches, as it is now."""
    return insides


@pytest.fixture(autouse=True)
def left_as_it_was() -> Iterator[None]:
    """No test leaves a library patched."""
    before = insides()
    yield
    assert insides() == before


class Elsewhere(BaseHTTPRequestHandler):
    """Says what it was asked."""

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
    """URL of a real server that is not Omixa's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session", autouse=True)
def clients_are_closed() -> Iterator[None]:
    """The clients that were made once are closed at the end."""
    yield
    for library in (httpx, httpx2):
        sync_client(library).close()
