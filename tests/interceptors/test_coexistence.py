"""An interception beside what else a test does with its client libraries."""

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
import responses
import respx
from requests.adapters import BaseAdapter, HTTPAdapter

import omixa_mock
from omixa_mock.interceptors.install import start_interception

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

OTHER = "https://other.test/"
OMIXA = "https://www.omixa.cloud/api/v1/models"
AUTH = {"authorization": "Bearer omx_live_any"}
# respx patches either of two layers of httpx.
USINGS: dict[str, dict[str, str]] = {"default": {}, "httpx": {"using": "httpx"}, "httpcore": {"using": "httpcore"}}
ORDERS = ["theirs first", "ours first"]


def enter(order: str, theirs: AbstractContextManager[Any], stack: ExitStack) -> tuple[Any, omixa_mock.OmixaMock]:
    """Enters a user's mocks and an interception, in either order."""
    if order == "theirs first":
        return stack.enter_context(theirs), stack.enter_context(omixa_mock.intercept())
    gateway = stack.enter_context(omixa_mock.intercept())
    return stack.enter_context(theirs), gateway


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test has entered."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=USINGS.values(), ids=[*USINGS])
def using(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Which layer of httpx a user's respx patches."""
    layer: dict[str, Any] = request.param
    return layer


@pytest.mark.parametrize("order", ORDERS)
class TestRespx:
    @pytest.fixture
    def both(
        self, order: str, using: dict[str, Any], stack: ExitStack
    ) -> tuple[respx.MockRouter, omixa_mock.OmixaMock]:
        router, gateway = enter(order, respx.mock(**using, assert_all_called=False), stack)
        router.get(OTHER).respond(418)
        return router, gateway

    @pytest.mark.usefixtures("both")
    @pytest.mark.parametrize("name", ["httpx", "httpx asyncio"])
    def test_mock_of_the_user_goes_on_working(self, all_http_clients: dict[str, HttpClient], name: str) -> None:
        assert all_http_clients[name].ask("GET", OTHER).status == 418

    @pytest.mark.usefixtures("both")
    @pytest.mark.parametrize("name", ["httpx", "httpx asyncio"])
    def test_omixa_is_answered_beside_it(self, all_http_clients: dict[str, HttpClient], name: str) -> None:
        assert all_http_clients[name].ask("GET", OMIXA, headers=AUTH).status == 200

    @pytest.mark.usefixtures("both")
    @pytest.mark.parametrize("name", ["httpx", "httpx asyncio"])
    def test_what_the_user_did_not_mock_is_still_refused_by_respx(
        self, all_http_clients: dict[str, HttpClient], name: str
    ) -> None:
        with pytest.raises(AssertionError, match="not mocked"):
            all_http_clients[name].ask("GET", "https://unknown.test/")

    def test_route_of_the_user_counts_its_own_calls(
        self, both: tuple[respx.MockRouter, omixa_mock.OmixaMock], all_http_clients: dict[str, HttpClient]
    ) -> None:
        router, gateway = both
        for url in (OTHER, OMIXA):
            all_http_clients["httpx"].ask("GET", url, headers=AUTH)
        assert ([str(call.request.url) for call in router.calls], len(gateway.calls)) == ([OTHER], 1)

    def test_assert_all_called_of_the_user_still_fails(
        self, order: str, using: dict[str, Any], stack: ExitStack
    ) -> None:
        router, _ = enter(order, respx.mock(**using), stack)
        router.get(OTHER).respond(418)
        with pytest.raises(AssertionError, match="were not called"):
            stack.close()

    def test_passing_route_of_the_user_passes(
        self,
        both: tuple[respx.MockRouter, omixa_mock.OmixaMock],
        all_http_clients: dict[str, HttpClient],
        elsewhere: str,
    ) -> None:
        both[0].post(url__startswith=elsewhere).pass_through()
        assert all_http_clients["httpx"].ask("POST", elsewhere, content=b"x").body == b"elsewhere: / x"

    @pytest.mark.usefixtures("both")
    def test_httpx2_passes_by_the_mocks_of_httpx(self, all_http_clients: dict[str, HttpClient], elsewhere: str) -> None:
        assert all_http_clients["httpx2"].ask("POST", elsewhere, content=b"x").status == 200


@pytest.mark.parametrize("first", [0, 1], ids=["theirs ends first", "ours ends first"])
@pytest.mark.parametrize("order", ORDERS)
def test_mocks_and_interception_may_end_in_any_order(
    order: str, first: int, using: dict[str, Any], patched: Callable[[], list[Any]]
) -> None:
    before = patched()
    theirs, ours = respx.mock(**using, assert_all_called=False), omixa_mock.intercept()
    for entered in (theirs, ours) if order == "theirs first" else (ours, theirs):
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
        assert all_http_clients["httpx"].ask("GET", OTHER).status == 418
    finally:
        router.stop()


@pytest.mark.parametrize("order", ORDERS)
class TestResponses:
    @pytest.fixture
    def both(self, order: str, stack: ExitStack) -> tuple[responses.RequestsMock, omixa_mock.OmixaMock]:
        mock, gateway = enter(order, responses.RequestsMock(assert_all_requests_are_fired=False), stack)
        mock.get(OTHER, status=418)
        return mock, gateway

    @pytest.mark.usefixtures("both")
    def test_mock_of_the_user_goes_on_working(self) -> None:
        assert requests.get(OTHER, timeout=5).status_code == 418

    @pytest.mark.usefixtures("both")
    def test_omixa_is_answered_beside_it(self) -> None:
        assert requests.get(OMIXA, headers=AUTH, timeout=5).status_code == 200

    @pytest.mark.usefixtures("both")
    def test_what_the_user_did_not_mock_is_still_refused(self) -> None:
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            requests.get("https://unknown.test/", timeout=5)

    def test_mock_of_the_user_counts_its_own_calls(
        self, both: tuple[responses.RequestsMock, omixa_mock.OmixaMock]
    ) -> None:
        mock, gateway = both
        for url in (OTHER, OMIXA):
            requests.get(url, headers=AUTH, timeout=5)
        assert ([call.request.url for call in mock.calls], len(gateway.calls)) == ([OTHER], 1)

    def test_its_own_assert_still_fails(self, order: str, stack: ExitStack) -> None:
        mock, _ = enter(order, responses.RequestsMock(), stack)
        mock.get(OTHER)
        with pytest.raises(AssertionError, match="Not all requests have been executed"):
            stack.close()


# Other hosts


@pytest.mark.usefixtures("gateway")
def test_call_to_another_host_goes_there(http_client: HttpClient, elsewhere: str) -> None:
    assert http_client.ask("POST", f"{elsewhere}/a?b=c", content=b"body").body == b"elsewhere: /a?b=c body"


@pytest.mark.usefixtures("gateway")
def test_streamed_body_for_another_host_arrives(sync_http_client: HttpClient, elsewhere: str) -> None:
    assert sync_http_client.ask("POST", elsewhere, content=iter([b"bo", b"dy"])).body == b"elsewhere: / body"


def test_call_to_another_host_is_not_recorded(
    gateway: omixa_mock.OmixaMock, http_client: HttpClient, elsewhere: str
) -> None:
    http_client.ask("POST", elsewhere, content=b"")
    gateway.assert_not_called()


# Clients


class Mounted(BaseAdapter):
    """An adapter of the user's own."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url = 418, str(request.url)
        return response

    def close(self) -> None:
        pass


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize(("url", "status"), [(OTHER, 418), (OMIXA, 200)])
def test_adapter_that_the_user_mounts_for_another_host_is_used(url: str, status: int) -> None:
    with requests.Session() as session:
        session.mount(OTHER, Mounted())
        assert session.get(url, headers=AUTH).status_code == status


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize(("url", "status"), [(OTHER, 418), (OMIXA, 200)])
def test_transport_that_the_user_gives_is_used_for_another_host(library: Any, url: str, status: int) -> None:
    transport = library.MockTransport(lambda _: library.Response(418))
    with library.Client(transport=transport) as client:
        assert client.get(url, headers=AUTH).status_code == status


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_transport_that_the_user_mounts_does_not_catch_omixa(library: Any) -> None:
    transport = library.MockTransport(lambda _: library.Response(418))
    with library.Client(mounts={"all://": transport}, verify=False) as client:
        assert client.get(OMIXA, headers=AUTH).status_code == 200


class OwnClient(httpx.Client):
    pass


class OwnClient2(httpx2.Client):
    pass


class OwnSession(requests.Session):
    def get_adapter(self, url: Any) -> BaseAdapter:
        return super().get_adapter(url)


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("client", [OwnClient, OwnClient2, OwnSession])
def test_client_of_a_class_of_the_users_own_is_answered(client: Callable[[], Any]) -> None:
    with client() as session:
        assert session.get(OMIXA, headers=AUTH).status_code == 200


class OwnAsyncClient(httpx.AsyncClient):
    pass


class OwnAsyncClient2(httpx2.AsyncClient):
    pass


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("client_class", [OwnAsyncClient, OwnAsyncClient2])
def test_async_client_of_a_class_of_the_users_own_is_answered(client_class: Any) -> None:
    async def ask() -> int:
        async with client_class(verify=False) as client:
            response = await client.get(OMIXA, headers=AUTH)
            return int(response.status_code)

    assert anyio.run(ask) == 200


@pytest.mark.parametrize("make", [httpx.Client, httpx2.Client, requests.Session])
def test_client_that_is_older_than_the_interception_is_answered(make: Callable[[], Any]) -> None:
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
def test_client_goes_its_own_way_again_afterwards(
    make: Callable[[], Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its own way leads to a proxy that is not there.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with make() as client:
        with omixa_mock.intercept():
            assert client.get(OMIXA, headers=AUTH).status_code == 200
        with pytest.raises(error):
            client.get(OMIXA, headers=AUTH)


# Several interceptions


def test_innermost_interception_answers(gateway: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    with omixa_mock.intercept() as inner:
        http_client.generate()
    assert (len(gateway.calls), len(inner.calls)) == (0, 1)


def test_outer_interception_answers_again_afterwards(gateway: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    with omixa_mock.intercept() as inner:
        pass
    http_client.generate()
    assert (len(gateway.calls), len(inner.calls)) == (1, 0)


def test_interceptions_may_end_in_any_order(http_client: HttpClient, patched: Callable[[], list[Any]]) -> None:
    before, first, second = patched(), omixa_mock.intercept(), omixa_mock.intercept()
    first.__enter__()
    newer = second.__enter__()
    first.__exit__()
    http_client.generate()
    second.__exit__()
    assert (len(newer.calls), patched()) == (1, before)


@pytest.mark.parametrize("order", ORDERS)
def test_door_that_claims_nothing_leaves_the_call_to_the_next(order: str, http_client: HttpClient) -> None:
    with ExitStack() as stack:
        if order == "theirs first":
            stack.enter_context(start_interception(lambda _: None))
        gateway = stack.enter_context(omixa_mock.intercept())
        if order == "ours first":
            stack.enter_context(start_interception(lambda _: None))
        assert http_client.generate().status == 200
    assert len(gateway.calls) == 1


def test_door_that_claims_nothing_leaves_the_call_to_the_mocks_of_the_user(
    all_http_clients: dict[str, HttpClient],
) -> None:
    with respx.mock(using="httpx") as router, start_interception(lambda _: None):
        router.get(OMIXA).respond(418)
        assert all_http_clients["httpx"].ask("GET", OMIXA).status == 418


@pytest.mark.usefixtures("gateway")
def test_door_that_claims_nothing_leaves_the_call_to_the_transport(elsewhere: str, http_client: HttpClient) -> None:
    with start_interception(lambda _: None):
        assert http_client.ask("POST", elsewhere, content=b"").status == 200


# Threads


def test_threads_share_one_gateway(gateway: omixa_mock.OmixaMock, sync_http_client: HttpClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: sync_http_client.generate(prompt=f"cat {number}"), range(40)))
    assert {call.fields["prompt"] for call in gateway.calls} == {f"cat {number}" for number in range(40)}


def test_calls_of_threads_are_numbered_once_each(gateway: omixa_mock.OmixaMock, sync_http_client: HttpClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sync_http_client.generate(), range(40)))
    assert sorted(call.number for call in gateway.calls) == [*range(1, 41)]


def test_calls_of_threads_get_a_planned_failure_once_each(
    gateway: omixa_mock.OmixaMock, sync_http_client: HttpClient
) -> None:
    gateway.fail("no_route", times=20)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sync_http_client.generate(), range(40)))
    assert sorted(call.status or 0 for call in gateway.calls) == [200] * 20 + [503] * 20


def test_threads_may_intercept_side_by_side(patched: Callable[[], list[Any]]) -> None:
    before = patched()

    def intercept(_: int) -> None:
        with omixa_mock.intercept():
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(intercept, range(100)))
    assert patched() == before


def test_responses_built_by_a_user_of_requests_come_from_requests_own_adapter(gateway: omixa_mock.OmixaMock) -> None:
    response: Any = requests.get(f"{gateway.base_url}/models", headers=AUTH, timeout=5)
    assert isinstance(response.connection, HTTPAdapter)
