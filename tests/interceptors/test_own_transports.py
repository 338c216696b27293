"""Transports of the user's own: those that end in the library's run for real, others answer with an advisory."""

from __future__ import annotations

import asyncio
import dataclasses
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import freezegun
import httpx
import httpx2
import pytest
import requests
import respx
import urllib3
from httpx_retries import Retry, RetryTransport
from requests.adapters import HTTPAdapter
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import omixa_mock

URL = "https://www.omixa.cloud/api/v1/models"
GENERATIONS = "https://www.omixa.cloud/api/v1/images/generations"
KEY = {"authorization": "Bearer omx_live_any"}
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
# A client that waits hours between its attempts.
SLOW = Retry(total=2, allowed_methods=["POST"], status_forcelist=[503], backoff_factor=3600, backoff_jitter=0)
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


def asgi(library: Any) -> Any:
    def respond(_: Any) -> PlainTextResponse:
        return PlainTextResponse("own")

    return library.ASGITransport(Starlette(routes=[Route("/api/v1/models", respond)]))


def respond_own(library: Any) -> Any:
    return library.MockTransport(lambda _: library.Response(200, text="own"))


@dataclasses.dataclass
class Wrapper(httpx.BaseTransport):
    """Transport of the user's own around another one; a dataclass has no hash."""

    inner: Any
    calls: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        response: httpx.Response = self.inner.handle_request(request)
        return response


class AsyncWrapper(httpx.AsyncBaseTransport):
    """The same, async."""

    def __init__(self, inner: httpx.AsyncHTTPTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.inner.handle_async_request(request)


def get(url: str = URL, **options: Any) -> httpx.Response:
    with httpx.Client(**options) as client:
        return client.get(url)


def advisories_of(block: Callable[[], Any]) -> list[str]:
    """Return the advisories of an interception in which a function is called."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with omixa_mock.intercept():
            block()
    return [str(warning.message) for warning in caught if warning.category is omixa_mock.OmixaAdvisory]


def test_wrapper_of_the_librarys_transport_is_called_and_answered_by_the_mock(mock: omixa_mock.OmixaMock) -> None:
    wrapper = Wrapper(httpx.HTTPTransport(verify=False))
    get(transport=wrapper)
    assert (wrapper.calls, len(mock.calls)) == (1, 1)


def test_wrapper_gets_no_advisory() -> None:
    assert advisories_of(lambda: get(transport=Wrapper(httpx.HTTPTransport(verify=False)))) == []


@LIBRARIES
@pytest.mark.filterwarnings("ignore::omixa_mock.OmixaAdvisory")
def test_terminal_transport_answers_as_on_a_socket(library: Any) -> None:
    with omixa_mock.intercept() as mock, library.Client(transport=respond_own(library)) as client:
        assert (client.get(URL).text, len(mock.calls)) == ("own", 0)


@LIBRARIES
def test_terminal_transport_gets_an_advisory_that_names_it(library: Any) -> None:
    def call() -> None:
        with library.Client(transport=respond_own(library)) as client:
            client.get(URL)

    (advisory,) = advisories_of(call)
    assert f"omixa_mock was bypassed: the client's own {library.MockTransport.__module__}" in advisory


def test_transport_that_fails_by_itself_gets_an_advisory() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("own", request=request)

    def call() -> None:
        with pytest.raises(httpx.ConnectError, match="own"):
            get(transport=httpx.MockTransport(refuse))

    assert len(advisories_of(call)) == 1


@LIBRARIES
def test_asgi_transport_gets_an_advisory(library: Any) -> None:
    async def call() -> None:
        async with library.AsyncClient(transport=asgi(library)) as client:
            assert (await client.get(URL)).text == "own"

    (advisory,) = advisories_of(lambda: anyio.run(call))
    assert "ASGITransport handled GET https://www.omixa.cloud/api/v1/models" in advisory


def test_advisory_has_the_users_line() -> None:
    (advisory,) = advisories_of(lambda: get(transport=respond_own(httpx)))
    assert f"({__file__}:" in advisory


def test_advisory_is_given_once_for_all_calls_of_a_line() -> None:
    assert len(advisories_of(lambda: [get(transport=respond_own(httpx)) for _ in range(3)])) == 1


def test_advisory_has_no_password_of_the_url() -> None:
    url = URL.replace("www", "user:secret@www")
    assert "secret" not in "".join(advisories_of(lambda: get(url, transport=respond_own(httpx))))


def test_call_to_another_host_by_a_terminal_transport_gets_no_advisory() -> None:
    assert advisories_of(lambda: get("https://other.test/", transport=respond_own(httpx))) == []


def test_cache_that_answers_after_a_call_of_its_own_gets_no_advisory() -> None:
    class Cache(Wrapper):
        kept: httpx.Response | None = None

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if self.kept is None:
                answered = self.inner.handle_request(request)
                self.kept = httpx.Response(answered.status_code, content=answered.read())
            return self.kept

    def call_twice() -> None:
        with httpx.Client(transport=Cache(httpx.HTTPTransport(verify=False))) as client:
            client.get(URL)
            client.get(URL)

    assert advisories_of(call_twice) == []


@pytest.mark.parametrize(
    ("url", "reasons"),
    [
        (URL, []),
        (URL.replace("https", "http"), ["the key travels in the clear"]),
        (URL.replace("www.", ""), ["no page documents the host without www"]),
        (URL.replace("www", "WWW"), []),
    ],
    ids=["documented", "http", "without www", "upper case"],
)
def test_url_that_is_not_documented_gets_an_advisory_with_the_reason(url: str, reasons: list[str]) -> None:
    advisories = advisories_of(lambda: get(url, verify=False))
    assert [reason in advisory for advisory, reason in zip(advisories, reasons, strict=True)] == [True] * len(reasons)


def test_advisory_about_a_url_begins_with_the_documented_one() -> None:
    (advisory,) = advisories_of(lambda: get(URL.replace("https", "http"), verify=False))
    assert advisory.startswith(f"Call {URL}: ")


def test_respx_route_for_the_host_is_bypassed_with_an_advisory() -> None:
    def call() -> None:
        with respx.mock(assert_all_called=False) as router:
            route = router.get(URL).respond(418)
            assert (get(verify=False).status_code, route.called) == (401, False)

    (advisory,) = advisories_of(call)
    assert "omixa_mock answered GET https://www.omixa.cloud/api/v1/models, for which respx has a route" in advisory


def test_respx_routes_for_other_hosts_stay_and_get_no_advisory() -> None:
    def call() -> None:
        with respx.mock:
            respx.get("https://other.test/").respond(418)
            assert [get("https://other.test/").status_code, get(verify=False).status_code] == [418, 401]

    assert advisories_of(call) == []


@pytest.fixture
def slow_retries() -> Iterator[httpx.Client]:
    """Return a client that waits an hour between its attempts."""
    with httpx.Client(transport=RetryTransport(httpx.HTTPTransport(verify=False), SLOW), headers=KEY) as client:
        yield client


def test_waits_between_retries_are_scaled(slow_retries: httpx.Client) -> None:
    with omixa_mock.intercept(settings={"time_scale": 0.000001}) as mock:
        mock.fail("no_route", times=2)
        slow_retries.post(GENERATIONS, json=REQUEST)
        assert [call.status for call in mock.calls] == [503, 503, 200]


@pytest.mark.parametrize("way", ["urllib3", "requests"])
def test_waits_of_urllib3_are_scaled(way: str) -> None:
    retry = urllib3.Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=3600)
    with omixa_mock.intercept(settings={"time_scale": 0.000001}) as mock, requests.Session() as session:
        mock.fail("no_route", times=2)
        if way == "urllib3":
            with urllib3.PoolManager(retries=retry) as manager:
                manager.request("POST", GENERATIONS, json=REQUEST, headers=KEY)
        else:
            session.mount("https://", HTTPAdapter(max_retries=retry))
            session.post(GENERATIONS, json=REQUEST, headers=KEY)
        assert [call.status for call in mock.calls] == [503, 503, 200]


@pytest.mark.parametrize("way", ["httpx", "asyncio", "requests"])
def test_latency_is_scaled_once(way: str) -> None:
    async def call() -> None:
        transport = AsyncWrapper(httpx.AsyncHTTPTransport(verify=False))
        async with httpx.AsyncClient(transport=transport, headers=KEY) as client:
            await client.post(GENERATIONS, json=REQUEST)

    with omixa_mock.intercept(settings={"time_scale": 0.5, "latency": 0.2}):
        start = time.monotonic()
        if way == "httpx":
            with httpx.Client(transport=Wrapper(httpx.HTTPTransport(verify=False)), headers=KEY) as client:
                client.post(GENERATIONS, json=REQUEST)
        elif way == "asyncio":
            asyncio.run(call())
        else:
            requests.post(GENERATIONS, json=REQUEST, headers=KEY, timeout=5)
        assert time.monotonic() - start >= 0.1


def test_async_waits_between_retries_are_scaled() -> None:
    async def call() -> None:
        transport = RetryTransport(httpx.AsyncHTTPTransport(verify=False), SLOW)
        async with httpx.AsyncClient(transport=transport, headers=KEY) as client:
            await client.post(GENERATIONS, json=REQUEST)

    with omixa_mock.intercept(settings={"time_scale": 0.000001}) as mock:
        mock.fail("no_route", times=2)
        asyncio.run(call())
        assert [call.status for call in mock.calls] == [503, 503, 200]


def test_wait_of_another_task_is_not_scaled() -> None:
    slept: list[float] = []
    others: list[asyncio.Task[None]] = []

    class WaitingWrapper(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            await asyncio.sleep(0)
            await others[0]
            return httpx.Response(204)

    async def wait() -> None:
        start = time.monotonic()
        await asyncio.sleep(0.05)
        slept.append(time.monotonic() - start)

    async def call() -> None:
        others.append(asyncio.ensure_future(wait()))
        async with httpx.AsyncClient(transport=WaitingWrapper()) as client:
            await client.get(URL)

    with pytest.warns(omixa_mock.OmixaAdvisory), omixa_mock.intercept(settings={"time_scale": 0.000001}):
        asyncio.run(call())
    assert slept[0] >= 0.05


def test_sleep_is_restored_after_a_call(slow_retries: httpx.Client) -> None:
    before = time.sleep, asyncio.sleep
    with omixa_mock.intercept(settings={"time_scale": 0.000001}):
        slow_retries.post(GENERATIONS, json=REQUEST)
        assert (time.sleep, asyncio.sleep) == before


@pytest.mark.parametrize("first", ["freeze", "intercept"])
def test_latency_passes_under_a_frozen_clock(first: str) -> None:
    async def call() -> int:
        async with httpx.AsyncClient(verify=False, headers=KEY) as client:
            return (await client.post(GENERATIONS, json=REQUEST)).status_code

    freeze, intercept = freezegun.freeze_time("2026-01-01"), omixa_mock.intercept(settings={"latency": 0.01})
    contexts: list[Any] = [freeze, intercept] if first == "freeze" else [intercept, freeze]
    with contexts[0], contexts[1]:
        assert asyncio.run(call()) == 200
