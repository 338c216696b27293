"""Interceptions beside other mocks, other hosts, other interceptions and threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
import requests
import respx
from requests.adapters import BaseAdapter, HTTPAdapter

import omixa_mock
from omixa_mock.interceptors import start_interception

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

OTHER = "https://other.test/"
OMIXA = "https://www.omixa.cloud/api/v1/models"
AUTH = {"authorization": "Bearer omx_live_any"}
# respx patches either of two layers of httpx.
LAYERS: dict[str, dict[str, str]] = {"default": {}, "httpx": {"using": "httpx"}, "httpcore": {"using": "httpcore"}}
SEQUENCES = ["theirs first", "ours first"]


def enter(sequence: str, theirs: AbstractContextManager[Any], stack: ExitStack) -> tuple[Any, omixa_mock.OmixaMock]:
    """Enter a user's mocks and an interception, in either sequence."""
    if sequence == "theirs first":
        return stack.enter_context(theirs), stack.enter_context(omixa_mock.intercept())
    mock = stack.enter_context(omixa_mock.intercept())
    return stack.enter_context(theirs), mock


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return the stack of the context managers of a test."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=LAYERS.values(), ids=[*LAYERS])
def using(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the layer of httpx that a user's respx patches."""
    layer: dict[str, Any] = request.param
    return layer


@pytest.mark.parametrize("sequence", SEQUENCES)
class TestRespx:
    @pytest.fixture
    def both(
        self, sequence: str, using: dict[str, Any], stack: ExitStack
    ) -> tuple[respx.MockRouter, omixa_mock.OmixaMock]:
        router, mock = enter(sequence, respx.mock(**using, assert_all_called=False), stack)
        router.get(OTHER).respond(418)
        return router, mock

    @pytest.mark.usefixtures("both")
    @pytest.mark.parametrize("name", ["httpx", "httpx asyncio"])
    def test_mock_of_the_user_still_works(self, all_http_clients: dict[str, HttpClient], name: str) -> None:
        assert all_http_clients[name].request("GET", OTHER).status == 418

    @pytest.mark.usefixtures("both")
    @pytest.mark.parametrize("name", ["httpx", "httpx asyncio"])
    def test_omixa_is_intercepted_beside_it(self, all_http_clients: dict[str, HttpClient], name: str) -> None:
        assert all_http_clients[name].request("GET", OMIXA, headers=AUTH).status == 200

    @pytest.mark.usefixtures("both")
    @pytest.mark.parametrize("name", ["httpx", "httpx asyncio"])
    def test_unmocked_call_is_still_refused_by_respx(self, all_http_clients: dict[str, HttpClient], name: str) -> None:
        with pytest.raises(AssertionError, match="not mocked"):
            all_http_clients[name].request("GET", "https://unknown.test/")

    def test_route_of_the_user_counts_its_own_calls(
        self, both: tuple[respx.MockRouter, omixa_mock.OmixaMock], all_http_clients: dict[str, HttpClient]
    ) -> None:
        router, mock = both
        for url in (OTHER, OMIXA):
            all_http_clients["httpx"].request("GET", url, headers=AUTH)
        assert ([str(call.request.url) for call in router.calls], len(mock.calls)) == ([OTHER], 1)

    def test_assert_all_called_of_the_user_still_fails(
        self, sequence: str, using: dict[str, Any], stack: ExitStack
    ) -> None:
        router, _ = enter(sequence, respx.mock(**using), stack)
        router.get(OTHER).respond(418)
        with pytest.raises(AssertionError, match="were not called"):
            stack.close()

    def test_pass_through_route_of_the_user_passes(
        self,
        both: tuple[respx.MockRouter, omixa_mock.OmixaMock],
        all_http_clients: dict[str, HttpClient],
        elsewhere: str,
    ) -> None:
        both[0].post(url__startswith=elsewhere).pass_through()
        assert all_http_clients["httpx"].request("POST", elsewhere, content=b"x").body == b"elsewhere: / x"

    @pytest.mark.usefixtures("both")
    def test_httpx2_is_not_affected_by_the_mocks_of_httpx(
        self, all_http_clients: dict[str, HttpClient], elsewhere: str
    ) -> None:
        assert all_http_clients["httpx2"].request("POST", elsewhere, content=b"x").status == 200


@pytest.mark.parametrize("first", [0, 1], ids=["theirs ends first", "ours ends first"])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_mocks_and_interception_may_end_in_any_sequence(
    sequence: str, first: int, using: dict[str, Any], patched: Callable[[], list[Any]]
) -> None:
    before = patched()
    theirs, ours = respx.mock(**using, assert_all_called=False), omixa_mock.intercept()
    for entered in (theirs, ours) if sequence == "theirs first" else (ours, theirs):
        entered.__enter__()
    for left in (theirs, ours) if first == 0 else (ours, theirs):
        left.__exit__(None, None, None)
    assert patched() == before


def test_mocks_of_the_user_outlive_the_interception(
    all_http_clients: dict[str, HttpClient], using: dict[str, Any]
) -> None:
    with omixa_mock.intercept():
        router = respx.mock(**using)
        router.start()
    try:
        router.get(OTHER).respond(418)
        assert all_http_clients["httpx"].request("GET", OTHER).status == 418
    finally:
        router.stop()


# Other hosts


@pytest.mark.usefixtures("mock")
def test_call_to_another_host_goes_there(http_client: HttpClient, elsewhere: str) -> None:
    assert http_client.request("POST", f"{elsewhere}/a?b=c", content=b"body").body == b"elsewhere: /a?b=c body"


@pytest.mark.usefixtures("mock")
def test_streamed_body_for_another_host_arrives(sync_http_client: HttpClient, elsewhere: str) -> None:
    assert sync_http_client.request("POST", elsewhere, content=iter([b"bo", b"dy"])).body == b"elsewhere: / body"


def test_call_to_another_host_is_not_recorded(
    mock: omixa_mock.OmixaMock, http_client: HttpClient, elsewhere: str
) -> None:
    http_client.request("POST", elsewhere, content=b"")
    mock.assert_not_called()


# Clients


class Mounted(BaseAdapter):
    """Adapter of the user's own."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url = 418, str(request.url)
        return response

    def close(self) -> None:
        pass


@pytest.mark.usefixtures("mock")
@pytest.mark.parametrize(("url", "status"), [(OTHER, 418), (OMIXA, 200)])
def test_mounted_adapter_of_the_user_is_used_for_another_host(url: str, status: int) -> None:
    with requests.Session() as session:
        session.mount(OTHER, Mounted())
        assert session.get(url, headers=AUTH).status_code == status


@pytest.mark.usefixtures("mock")
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_mounted_transport_of_the_user_is_used_for_its_host(library: Any) -> None:
    transport = library.MockTransport(lambda _: library.Response(418))
    with library.Client(mounts={"all://other.test": transport}, verify=False) as client:
        assert [client.get(url, headers=AUTH).status_code for url in (OTHER, OMIXA)] == [418, 200]


class OwnClient(httpx.Client):
    pass


class OwnClient2(httpx2.Client):
    pass


class OwnSession(requests.Session):
    def get_adapter(self, url: Any) -> BaseAdapter:
        return super().get_adapter(url)


@pytest.mark.usefixtures("mock")
@pytest.mark.parametrize("client", [OwnClient, OwnClient2, OwnSession])
def test_client_of_a_subclass_is_intercepted(client: Callable[[], Any]) -> None:
    with client() as session:
        assert session.get(OMIXA, headers=AUTH).status_code == 200


class OwnAsyncClient(httpx.AsyncClient):
    pass


class OwnAsyncClient2(httpx2.AsyncClient):
    pass


@pytest.mark.usefixtures("mock")
@pytest.mark.parametrize("client_class", [OwnAsyncClient, OwnAsyncClient2])
def test_async_client_of_a_subclass_is_intercepted(client_class: Any) -> None:
    async def send() -> int:
        async with client_class(verify=False) as client:
            response = await client.get(OMIXA, headers=AUTH)
            return int(response.status_code)

    assert anyio.run(send) == 200


@pytest.mark.parametrize("make", [httpx.Client, httpx2.Client, requests.Session])
def test_client_older_than_the_interception_is_intercepted(make: Callable[[], Any]) -> None:
    with make() as client, omixa_mock.intercept():
        assert client.get(OMIXA, headers=AUTH).status_code == 200


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (httpx.Client, httpx.ConnectError),
        (httpx2.Client, httpx2.ConnectError),
        (requests.Session, requests.ConnectionError),
    ],
)
def test_client_uses_its_own_transport_again_afterwards(
    make: Callable[[], Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its own transport leads to a proxy that does not exist.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with make() as client:
        with omixa_mock.intercept():
            assert client.get(OMIXA, headers=AUTH).status_code == 200
        with pytest.raises(error):
            client.get(OMIXA, headers=AUTH)


# Several interceptions


def test_innermost_interception_receives_the_call(mock: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    with omixa_mock.intercept() as inner:
        http_client.generate()
    assert (len(mock.calls), len(inner.calls)) == (0, 1)


def test_outer_interception_receives_the_call_afterwards(mock: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    with omixa_mock.intercept() as inner:
        pass
    http_client.generate()
    assert (len(mock.calls), len(inner.calls)) == (1, 0)


def test_interceptions_may_end_in_any_sequence(http_client: HttpClient, patched: Callable[[], list[Any]]) -> None:
    before, first, second = patched(), omixa_mock.intercept(), omixa_mock.intercept()
    first.__enter__()
    newer = second.__enter__()
    first.__exit__()
    http_client.generate()
    second.__exit__()
    assert (len(newer.calls), patched()) == (1, before)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_interception_without_a_flow_passes_the_call_to_the_next(sequence: str, http_client: HttpClient) -> None:
    with ExitStack() as stack:
        if sequence == "theirs first":
            stack.enter_context(start_interception(lambda _: None))
        mock = stack.enter_context(omixa_mock.intercept())
        if sequence == "ours first":
            stack.enter_context(start_interception(lambda _: None))
        assert http_client.generate().status == 200
    assert len(mock.calls) == 1


def test_interception_without_a_flow_passes_the_call_to_the_mocks_of_the_user(
    all_http_clients: dict[str, HttpClient],
) -> None:
    with respx.mock(using="httpx") as router, start_interception(lambda _: None):
        router.get(OMIXA).respond(418)
        assert all_http_clients["httpx"].request("GET", OMIXA).status == 418


@pytest.mark.usefixtures("mock")
def test_interception_without_a_flow_passes_the_call_to_the_transport(elsewhere: str, http_client: HttpClient) -> None:
    with start_interception(lambda _: None):
        assert http_client.request("POST", elsewhere, content=b"").status == 200


# Threads


def test_threads_share_one_mock(mock: omixa_mock.OmixaMock, sync_http_client: HttpClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: sync_http_client.generate(prompt=f"cat {number}"), range(40)))
    assert {call.fields["prompt"] for call in mock.calls} == {f"cat {number}" for number in range(40)}


def test_calls_of_threads_have_distinct_numbers(mock: omixa_mock.OmixaMock, sync_http_client: HttpClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sync_http_client.generate(), range(40)))
    assert sorted(call.number for call in mock.calls) == [*range(1, 41)]


def test_calls_of_threads_get_every_planned_fault_once(
    mock: omixa_mock.OmixaMock, sync_http_client: HttpClient
) -> None:
    mock.fail("no_route", times=20)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sync_http_client.generate(), range(40)))
    assert sorted(call.status or 0 for call in mock.calls) == [200] * 20 + [503] * 20


def test_threads_may_intercept_concurrently(patched: Callable[[], list[Any]]) -> None:
    before = patched()

    def intercept(_: int) -> None:
        with omixa_mock.intercept():
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(intercept, range(100)))
    assert patched() == before


def test_response_names_the_adapter_of_requests(mock: omixa_mock.OmixaMock) -> None:
    response: Any = requests.get(f"{mock.base_url}/models", headers=AUTH, timeout=5)
    assert isinstance(response.connection, HTTPAdapter)
