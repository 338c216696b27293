"""Golden tests of the transports: responses over a socket and in process equal the recorded ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

import omixa_mock

if TYPE_CHECKING:
    from tests.cases import Case

pytestmark = pytest.mark.acceptance  # a server or an interception for each of five hundred tests

Received = tuple[int, list[tuple[str, str]], bytes]
Ask = Callable[["Case"], Received]
# Recorded of the pure gateway alone: its steps, and the call, since real clients add headers of their own.
GATEWAY_ONLY = {"call", "waits", "pieces", "pause"}


def content_of(case: Case) -> bytes | Iterable[bytes] | None:
    """Return the body as a whole, or in chunks without a Content-Length."""
    return iter([case.content or b""]) if "transfer-encoding" in case.headers else case.content


@pytest.fixture
def over_a_socket(golden: str, corpus: Any) -> Iterator[tuple[Any, Ask]]:
    """Yield a workspace behind a socket, and a function that makes requests with the standard library."""
    with (
        omixa_mock.serve(keys=corpus.KEYS.get(golden, "any")) as server,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=10)) as connection,
    ):

        def ask(case: Case) -> Received:
            chunked = "transfer-encoding" in case.headers
            connection.request(case.method, case.target, content_of(case), case.fields, encode_chunked=chunked)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()

        yield server.gateway.workspaces.enter(server.api_key), ask


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Yield a client that ignores the environment of this machine."""
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def in_process(client: httpx.Client) -> Iterator[tuple[Any, Ask]]:
    """Yield a workspace without a socket, and a function that makes requests with httpx."""

    def ask(case: Case) -> Received:
        url = f"https://www.omixa.cloud{case.target}"
        with client.stream(case.method, url, headers=case.fields, content=content_of(case)) as response:
            # Undecoded: a planned fault sends a Content-Encoding that was not applied.
            return response.status_code, response.headers.multi_items(), b"".join(response.iter_raw())

    with omixa_mock.intercept() as mock:
        yield mock._client._workspace, ask  # type: ignore[attr-defined]  # a `LocalClient` has one


def compare(transport: tuple[Any, Ask], cases: Iterable[Case], recorded: Any, recording: Any) -> None:
    """Make all requests, and compare responses and wallet with the recorded ones."""
    __tracebackhide__ = True
    workspace, ask = transport
    calls = []
    for case in cases:
        case.prepare(workspace)
        calls.append(recording.describe_response(*ask(case)))
    pairs = zip(cases, recorded["calls"], strict=True)
    expected = {"calls": [over_the_wire(case, call) for case, call in pairs], "wallet": recorded["wallet"]}
    recording.compare({"calls": calls, "wallet": recording.describe_wallet(workspace.wallet)}, expected)


def over_the_wire(case: Case, recorded: Any) -> Any:
    """Return a recorded response as a client sees it; a response to HEAD has no body (RFC 9110 §9.3.2)."""
    response = {name: value for name, value in recorded.items() if name not in GATEWAY_ONLY}
    return {**response, "body": ""} if case.method == "HEAD" else response


def test_response_over_a_socket_is_the_recorded_one(
    over_a_socket: tuple[Any, Ask], golden: str, cases: tuple[Case, ...], recorded: dict[str, Any], recording: Any
) -> None:
    compare(over_a_socket, cases, recorded[golden], recording)


def test_response_in_process_is_the_recorded_one(
    in_process: tuple[Any, Ask], golden: str, cases: tuple[Case, ...], recorded: dict[str, Any], recording: Any
) -> None:
    compare(in_process, cases, recorded[golden], recording)
