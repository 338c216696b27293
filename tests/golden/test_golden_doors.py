"""The golden corpus over a socket and in process: a door gives what the pure gateway gave when it was recorded."""

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

Came = tuple[int, list[tuple[str, str]], bytes]
Ask = Callable[["Case"], Came]
# What the pure gateway alone tells: its steps, and the record, which has what a client sends of its own accord.
OF_THE_CORE = {"call", "waits", "pieces", "pause"}


def content_of(case: Case) -> bytes | Iterable[bytes] | None:
    """A body at once, or in chunks whose sum nobody announces."""
    return iter([case.content or b""]) if "transfer-encoding" in case.headers else case.content


@pytest.fixture
def over_a_socket(golden: str, corpus: Any) -> Iterator[tuple[Any, Ask]]:
    """A workspace behind a socket, and how it is asked by the standard library."""
    with (
        omixa_mock.serve(keys=corpus.KEYS.get(golden, "any")) as server,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=10)) as connection,
    ):

        def ask(case: Case) -> Came:
            chunked = "transfer-encoding" in case.headers
            connection.request(case.method, case.target, content_of(case), case.fields, encode_chunked=chunked)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()

        yield server.gateway.workspaces.enter(server.api_key), ask


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client that reads nothing from this machine."""
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def in_process(client: httpx.Client) -> Iterator[tuple[Any, Ask]]:
    """A workspace without a socket, and how it is asked by httpx."""

    def ask(case: Case) -> Came:
        url = f"https://www.omixa.cloud{case.target}"
        with client.stream(case.method, url, headers=case.fields, content=content_of(case)) as response:
            # As it came: a planned fault announces an encoding that is none.
            return response.status_code, response.headers.multi_items(), b"".join(response.iter_raw())

    with omixa_mock.intercept() as mock:
        yield mock._client._workspace, ask  # type: ignore[attr-defined]  # the books of this process have one


def hold(http_client: tuple[Any, Ask], asks: Iterable[Case], recorded: Any, telling: Any) -> None:
    """Ask all, and hold responses and wallet against what was recorded."""
    __tracebackhide__ = True
    workspace, ask = http_client
    calls = []
    for case in asks:
        case.prepare(workspace)
        calls.append(telling.tell_response(*ask(case)))
    pairs = zip(asks, recorded["calls"], strict=True)
    told = {"calls": [over_the_wire(case, call) for case, call in pairs], "wallet": recorded["wallet"]}
    telling.compare({"calls": calls, "wallet": telling.tell_wallet(workspace.wallet)}, told)


def over_the_wire(case: Case, recorded: Any) -> Any:
    """A recorded response as a client sees it: nothing follows HEAD (RFC 9110 §9.3.2)."""
    told = {name: value for name, value in recorded.items() if name not in OF_THE_CORE}
    return {**told, "body": ""} if case.method == "HEAD" else told


def test_response_over_a_socket_is_the_recorded_one(
    over_a_socket: tuple[Any, Ask], golden: str, asks: tuple[Case, ...], recorded: dict[str, Any], telling: Any
) -> None:
    hold(over_a_socket, asks, recorded[golden], telling)


def test_response_in_process_is_the_recorded_one(
    in_process: tuple[Any, Ask], golden: str, asks: tuple[Case, ...], recorded: dict[str, Any], telling: Any
) -> None:
    hold(in_process, asks, recorded[golden], telling)
