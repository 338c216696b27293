"""Faults in process equal those over a socket, down to the message of an exception."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

import omixa_mock
from omixa_mock.gateway import CATALOGUE

# Two seconds become 20 ms.
SETTINGS = {"time_scale": 0.01}
REQUEST: Any = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 2, "output_format": "webp"}
# Only a hang has to time out: in the other cases a busy machine must not look like one.
HANG_TIMEOUT, TIMEOUT = 0.2, 20.0
# The name of every fault at every moment it supports.
FAULTS = [
    name if moment == kind.moments[0] else f"{name}_{moment}"
    for name, kind in CATALOGUE.items()
    for moment in kind.moments
]
HOST = re.compile(r"HTTPS?ConnectionPool\(host='[^']*', port=\d+\)")


@dataclass
class Outcome:
    """Outcome of one call, as far as the client received it."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: str = ""

    def record_head(self, response: Any) -> None:
        multi_items = getattr(response.headers, "multi_items", response.headers.items)
        self.status = response.status if hasattr(response, "status") else response.status_code
        self.headers = [field for field in multi_items() if field[0].lower() != "keep-alive"]  # of a socket alone

    def record_error(self, error: Exception) -> None:
        self.error = f"{type(error).__module__}.{type(error).__qualname__}: {HOST.sub('(host)', str(error))}"


def call_sync(
    library: Any, outcome: Outcome, url: str, *, streamed: bool, timeout: float, headers: dict[str, str]
) -> None:
    with library.Client(trust_env=False, verify=False, timeout=timeout) as client:
        if streamed:
            with client.stream("POST", url, json=REQUEST, headers=headers) as response:
                outcome.record_head(response)
                for chunk in response.iter_bytes():
                    outcome.body += chunk
        else:
            response = client.post(url, json=REQUEST, headers=headers)
            outcome.record_head(response)
            outcome.body = response.content


def call_async(
    library: Any, backend: str, outcome: Outcome, url: str, *, streamed: bool, timeout: float, headers: dict[str, str]
) -> None:
    async def call() -> None:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=timeout) as client:
            if streamed:
                async with client.stream("POST", url, json=REQUEST, headers=headers) as response:
                    outcome.record_head(response)
                    async for chunk in response.aiter_bytes():
                        outcome.body += chunk
            else:
                response = await client.post(url, json=REQUEST, headers=headers)
                outcome.record_head(response)
                outcome.body = response.content

    anyio.run(call, backend=backend)


class OwnTimeout(HTTPAdapter):
    """Adapter of the user's own, with a timeout of its own to connect."""

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        return super().send(request, **{**options, "timeout": (TIMEOUT, options["timeout"])})


class OwnAdapter(BaseAdapter):
    """Adapter of the user's own around the library's."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        return self.inner.send(request, **options)

    def close(self) -> None:
        self.inner.close()


def call_by_requests(
    make_adapter: Callable[[], BaseAdapter],
    outcome: Outcome,
    url: str,
    *,
    streamed: bool,
    timeout: float,
    headers: dict[str, str],
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, make_adapter())
        with session.post(url, json=REQUEST, headers=headers, timeout=timeout, stream=streamed) as response:
            outcome.record_head(response)
            if streamed:
                for chunk in response.iter_content(1000):
                    outcome.body += chunk
            else:
                outcome.body = response.content


def call_by_urllib3(outcome: Outcome, url: str, *, streamed: bool, timeout: float, headers: dict[str, str]) -> None:
    with urllib3.PoolManager(timeout=timeout, retries=False) as manager:
        response = manager.request("POST", url, json=REQUEST, headers=headers, preload_content=not streamed)
        outcome.record_head(response)
        if streamed:
            for chunk in response.stream(1000):
                outcome.body += chunk
        else:
            outcome.body = response.data


CLIENTS: dict[str, Callable[..., None]] = {
    "httpx": partial(call_sync, httpx),
    "httpx-asyncio": partial(call_async, httpx, "asyncio"),
    "httpx-trio": partial(call_async, httpx, "trio"),
    "httpx2": partial(call_sync, httpx2),
    "httpx2-asyncio": partial(call_async, httpx2, "asyncio"),
    "requests": partial(call_by_requests, HTTPAdapter),
    "requests-subclass": partial(call_by_requests, OwnTimeout),
    "requests-own": partial(call_by_requests, OwnAdapter),
    "urllib3": call_by_urllib3,
}


def call_with_fault(client: str, url: str, fault: str, *, streamed: bool) -> Outcome:
    """Call with a trigger key, and return the outcome."""
    outcome = Outcome()
    headers = {"authorization": f"Bearer omx_live_fail_{fault}--{client}-{streamed}"}
    try:
        CLIENTS[client](
            outcome,
            f"{url}/api/v1/images/generations",
            streamed=streamed,
            timeout=HANG_TIMEOUT if fault.startswith("hang") else TIMEOUT,
            headers=headers,
        )
    except Exception as error:  # noqa: BLE001  # whatever it is, the server and the interceptor must raise it
        outcome.record_error(error)
    return outcome


@pytest.fixture(scope="module")
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """Serve one gateway for all tests: every call has its own key."""
    with omixa_mock.serve(settings=SETTINGS) as server:
        yield server


@pytest.fixture
def in_process() -> Iterator[omixa_mock.OmixaMock]:
    with omixa_mock.intercept(settings=SETTINGS) as mock:
        yield mock


# httpx itself warns so under trio, of a stream that was not read to its end.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "streamed",
    [pytest.param(False, id="whole"), pytest.param(True, id="streamed", marks=pytest.mark.acceptance)],
)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_process_has_the_outcome_of_a_socket(
    server: omixa_mock.OmixaMockServer, fault: str, client: str, *, streamed: bool
) -> None:
    expected = call_with_fault(client, server.url, fault, streamed=streamed)
    assert call_with_fault(client, "https://www.omixa.cloud", fault, streamed=streamed) == expected
