"""What a client in process sees of a fault is what it sees of it at a socket, down to the words of an exception."""

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

import omixa_mock
from omixa_mock.gateway import CATALOGUE

# Two seconds become a fiftieth of one.
SETTINGS = {"time_scale": 0.01}
REQUEST: Any = {"model": "gpt-image-1.5", "prompt": "a cat", "n": 2, "output_format": "webp"}
# Only of a hang does a client have to tire: in the other cases a busy machine must not look like one.
TIRED, PATIENT = 0.2, 20.0
# Every fault at each of its moments, as it is written.
FAULTS = [
    name if moment == kind.moments[0] else f"{name}_{moment}"
    for name, kind in CATALOGUE.items()
    for moment in kind.moments
]
HOST = re.compile(r"HTTPS?ConnectionPool\(host='[^']*', port=\d+\)")


@dataclass
class Seen:
    """What a client has seen of one call, as far as it came."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: str = ""

    def head(self, response: Any) -> None:
        multi_items = getattr(response.headers, "multi_items", response.headers.items)
        self.status, self.headers = response.status_code, list(multi_items())

    def fail(self, error: Exception) -> None:
        self.error = f"{type(error).__module__}.{type(error).__qualname__}: {HOST.sub('(host)', str(error))}"


def see_sync(library: Any, seen: Seen, url: str, *, streamed: bool, timeout: float, headers: dict[str, str]) -> None:
    with library.Client(trust_env=False, verify=False, timeout=timeout) as client:
        if streamed:
            with client.stream("POST", url, json=REQUEST, headers=headers) as response:
                seen.head(response)
                for chunk in response.iter_bytes():
                    seen.body += chunk
        else:
            response = client.post(url, json=REQUEST, headers=headers)
            seen.head(response)
            seen.body = response.content


def see_async(
    library: Any, backend: str, seen: Seen, url: str, *, streamed: bool, timeout: float, headers: dict[str, str]
) -> None:
    async def see() -> None:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=timeout) as client:
            if streamed:
                async with client.stream("POST", url, json=REQUEST, headers=headers) as response:
                    seen.head(response)
                    async for chunk in response.aiter_bytes():
                        seen.body += chunk
            else:
                response = await client.post(url, json=REQUEST, headers=headers)
                seen.head(response)
                seen.body = response.content

    anyio.run(see, backend=backend)


def see_requests(seen: Seen, url: str, *, streamed: bool, timeout: float, headers: dict[str, str]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        with session.post(url, json=REQUEST, headers=headers, timeout=timeout, stream=streamed) as response:
            seen.head(response)
            if streamed:
                for chunk in response.iter_content(1000):
                    seen.body += chunk
            else:
                seen.body = response.content


CLIENTS: dict[str, Callable[..., None]] = {
    "httpx": partial(see_sync, httpx),
    "httpx-asyncio": partial(see_async, httpx, "asyncio"),
    "httpx-trio": partial(see_async, httpx, "trio"),
    "httpx2": partial(see_sync, httpx2),
    "httpx2-asyncio": partial(see_async, httpx2, "asyncio"),
    "requests": see_requests,
}


def look(client: str, url: str, fault: str, *, streamed: bool) -> Seen:
    """What a client sees of a fault that its key asks for."""
    seen = Seen()
    headers = {"authorization": f"Bearer omx_live_fail_{fault}--{client}-{streamed}"}
    try:
        CLIENTS[client](
            seen,
            f"{url}/api/v1/images/generations",
            streamed=streamed,
            timeout=TIRED if fault.startswith("hang") else PATIENT,
            headers=headers,
        )
    except Exception as error:  # noqa: BLE001  # whatever it is, both doors must raise it
        seen.fail(error)
    return seen


@pytest.fixture(scope="module")
def server() -> Iterator[omixa_mock.OmixaMockServer]:
    """One server for all: each call has a key of its own."""
    with omixa_mock.serve(settings=SETTINGS) as server:
        yield server


@pytest.fixture
def in_process() -> Iterator[omixa_mock.OmixaMock]:
    with omixa_mock.intercept(settings=SETTINGS) as gateway:
        yield gateway


# httpx itself says so under trio, of what it did not read to its end.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "streamed",
    [pytest.param(False, id="whole"), pytest.param(True, id="streamed", marks=pytest.mark.acceptance)],
)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_client_in_process_sees_what_it_sees_at_a_socket(
    server: omixa_mock.OmixaMockServer, fault: str, client: str, *, streamed: bool
) -> None:
    told = look(client, server.url, fault, streamed=streamed)
    assert look(client, "https://www.omixa.cloud", fault, streamed=streamed) == told
