"""Handlers of a mock, in routers and transports of the user's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import httpx
import httpx2
import openai
import pytest
import requests
import responses
import respx
from requests.adapters import HTTPAdapter
from urllib3 import Retry

import omixa_mock
from omixa_mock.interceptors.handlers import HttpxHandler
from omixa_mock.interceptors.responses_callback import ResponsesCallback
from omixa_mock.mock import OmixaMock, RemoteClient

REQUEST: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": "a cat", "output_format": "webp"}
AUTH = {"authorization": "Bearer omx_live_any"}
PATH = "/api/v1/images/generations"
OMIXA = f"https://www.omixa.cloud{PATH}"
# A host of the user's own, which no interception accepts.
OWN = f"https://images.test{PATH}"
SETTINGS = {"time_scale": 0.01}
# Every way in which a response can be broken or late, and a few of the others.
FAULTS = (
    *("ok", "no_route", "rate_limited", "bad_gateway_page", "delay", "hang", "drip", "no_response", "reset"),
    *("reset_after_capture", "reset_in_body", "truncated", "truncated_without_length", "malformed_chunk", "garbage"),
    *("gzip_not_applied", "gzip_not_announced", "wrong_content_type", "empty_body"),
)
HOST = re.compile(r"host='[^']*'")


@pytest.fixture
def mock() -> Iterator[OmixaMock]:
    """Return a mock in this process."""
    with omixa_mock.intercept(settings=SETTINGS) as mock:
        yield mock


@dataclass(frozen=True)
class Outcome:
    """Outcome of one call, as far as the client received it."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str = ""


def read_outcome(response: Any) -> Outcome:
    return Outcome(response.status_code, tuple(response.headers.items()), response.content)


def describe_error(error: Exception) -> Outcome:
    kind = type(error)
    return Outcome(error=f"{kind.__module__}.{kind.__qualname__}: {HOST.sub('(host)', str(error))}")


def timeout_for(fault: str) -> float:
    """Return a read timeout: only a hang has to reach it, and a busy machine must not look like one."""
    return 0.2 if fault == "hang" else 20.0


# Clients


def call_sync(library: Any, url: str, timeout: float, **options: Any) -> Outcome:
    with library.Client(trust_env=False, verify=False, timeout=timeout, **options) as client:
        return read_outcome(client.post(url, json=REQUEST, headers=AUTH))


def call_async(library: Any, backend: str, url: str, timeout: float, **options: Any) -> Outcome:
    async def call() -> Outcome:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=timeout, **options) as client:
            return read_outcome(await client.post(url, json=REQUEST, headers=AUTH))

    return anyio.run(call, backend=backend)


def call_by_requests(url: str, timeout: float) -> Outcome:
    return read_outcome(requests.post(url, json=REQUEST, headers=AUTH, timeout=timeout))


CLIENTS: dict[str, tuple[Any, Callable[..., Outcome]]] = {
    "httpx": (httpx, partial(call_sync, httpx)),
    "httpx asyncio": (httpx, partial(call_async, httpx, "asyncio")),
    "httpx trio": (httpx, partial(call_async, httpx, "trio")),
    "httpx2": (httpx2, partial(call_sync, httpx2)),
    "httpx2 asyncio": (httpx2, partial(call_async, httpx2, "asyncio")),
    "requests": (requests, call_by_requests),
}


# Ways in which a user gives the handler away


def by_transport(mock: OmixaMock, client: str, timeout: float) -> Outcome:
    library, call = CLIENTS[client]
    return call(OWN, timeout, transport=library.MockTransport(mock.httpx_handler))


def by_respx(using: str, mock: OmixaMock, client: str, timeout: float) -> Outcome:
    with respx.mock(using=using) as router:
        router.post(OWN).mock(side_effect=mock.httpx_handler)
        return CLIENTS[client][1](OWN, timeout)


def by_responses(mock: OmixaMock, client: str, timeout: float) -> Outcome:
    with responses.RequestsMock() as router:
        router.add_callback(responses.POST, OWN, callback=mock.responses_callback)
        return CLIENTS[client][1](OWN, timeout)


WAYS: dict[str, tuple[Callable[..., Outcome], tuple[str, ...]]] = {
    "MockTransport": (by_transport, tuple(name for name in CLIENTS if name != "requests")),
    "respx": (partial(by_respx, "httpcore"), ("httpx", "httpx asyncio", "httpx trio")),
    "respx using httpx": (partial(by_respx, "httpx"), ("httpx", "httpx asyncio")),
    "responses": (by_responses, ("requests",)),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("way", "client"), [(way, client) for way, (_, clients) in WAYS.items() for client in clients])
# httpx itself warns so under trio, of a stream that was not read to its end.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
def test_handler_answers_as_an_interception_does(mock: OmixaMock, way: str, client: str, fault: str) -> None:
    def outcome_of(call: Callable[[], Outcome]) -> Outcome:
        mock.fail(fault)
        try:
            return call()
        except (httpx.HTTPError, httpx2.HTTPError, requests.RequestException) as error:
            return describe_error(error)

    timeout = timeout_for(fault)
    expected = outcome_of(lambda: CLIENTS[client][1](OMIXA, timeout))
    actual = outcome_of(lambda: WAYS[way][0](mock, client, timeout))
    records = [(call.status, call.charge, call.fault, call.client_left, call.request) for call in mock.calls]
    assert (actual, records[1]) == (expected, records[0])


# What a handler is given, and what it returns


@pytest.mark.parametrize("name", ["httpx", "httpx asyncio", "httpx2"])
@pytest.mark.parametrize("fault", ["reset", "hang", "truncated"])
def test_exception_has_the_request_of_the_client(mock: OmixaMock, name: str, fault: str) -> None:
    mock.fail(fault)
    library, call = CLIENTS[name]
    with pytest.raises(library.RequestError) as raised:
        call(OWN, 0.2, transport=library.MockTransport(mock.httpx_handler))
    assert str(raised.value.request.url) == OWN


def build(library: Any = httpx, **options: Any) -> Any:
    return library.Request("POST", OWN, json=REQUEST, headers=AUTH, **options)


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_handler_that_is_called_directly_returns_a_response_with_its_request(mock: OmixaMock, library: Any) -> None:
    request = build(library)
    response = mock.httpx_handler(request)
    assert isinstance(response, library.Response)
    assert (response.status_code, response.request) == (200, request)


def test_exception_of_a_direct_call_has_its_request(mock: OmixaMock) -> None:
    mock.fail("reset")
    request = build()
    with pytest.raises(httpx.ReadError) as raised:
        mock.httpx_handler(request)
    assert raised.value.request is request


def test_handler_in_a_coroutine_returns_an_awaitable(mock: OmixaMock) -> None:
    async def call() -> Any:
        return await mock.httpx_handler(build())

    assert asyncio.run(call()).status_code == 200


def test_request_may_be_of_a_subclass(mock: OmixaMock) -> None:
    class Request(httpx.Request):
        """Request of the user's own."""

    assert mock.httpx_handler(Request("POST", OWN, json=REQUEST, headers=AUTH)).status_code == 200


def test_request_of_another_library_is_refused(mock: OmixaMock) -> None:
    with pytest.raises(TypeError, match=r"of httpx or httpx2, not requests\..*responses there is responses_callback"):
        mock.httpx_handler(requests.Request("POST", OWN).prepare())


@pytest.mark.parametrize("timeouts", [{}, {"timeout": {}}, {"timeout": {"read": None}}])
def test_client_without_a_read_timeout_waits(mock: OmixaMock, timeouts: dict[str, Any]) -> None:
    mock.fail("delay:1s")
    mock.httpx_handler(build(extensions=timeouts))
    assert mock.last.waited == pytest.approx(0.01)


def test_read_timeout_ends_a_longer_delay_at_once(mock: OmixaMock) -> None:
    mock.configure(time_scale=1)
    mock.fail("delay:60s")
    with pytest.raises(httpx.ReadTimeout):
        mock.httpx_handler(build(extensions={"timeout": {"read": 5.0}}))
    assert (mock.last.waited, mock.last.client_left) == (5.0, True)


def test_body_that_is_streamed_arrives(mock: OmixaMock) -> None:
    async def chunks() -> Any:
        yield httpx.Request("POST", OWN, json=REQUEST).content

    async def call() -> int:
        async with httpx.AsyncClient(transport=httpx.MockTransport(mock.httpx_handler)) as client:
            headers = {**AUTH, "content-type": "application/json"}
            response = await client.post(OWN, content=chunks(), headers=headers)
            return response.status_code

    assert (asyncio.run(call()), mock.last.request) == (200, REQUEST)


def test_stream_breaks_where_it_is_read(mock: OmixaMock) -> None:
    mock.fail("truncated")
    transport = httpx.MockTransport(mock.httpx_handler)
    with (
        httpx.Client(transport=transport) as client,
        client.stream("POST", OWN, json=REQUEST, headers=AUTH) as response,
        pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"),
    ):
        response.read()
    assert response.status_code == 200


def test_images_of_a_call_are_identified(mock: OmixaMock) -> None:
    mock.httpx_handler(build())
    assert mock.identify(mock.last.images[0]) is mock.last


# Sync and async callers


def use_sync_client(mock: OmixaMock) -> int:
    with httpx.Client(transport=httpx.MockTransport(mock.httpx_handler)) as client:
        return client.post(OWN, json=REQUEST, headers=AUTH).status_code


async def call_in_running_loop(mock: OmixaMock) -> int:
    return use_sync_client(mock)


async def call_in_thread(mock: OmixaMock) -> int:
    return await anyio.to_thread.run_sync(use_sync_client, mock)


async def call_sync_respx_in_running_loop(mock: OmixaMock) -> int:
    return by_respx("httpcore", mock, "httpx", 20.0).status


async def call_by_plain_wrapper(mock: OmixaMock) -> int:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: mock.httpx_handler(request))) as client:  # noqa: PLW0108
        return (await client.post(OWN, json=REQUEST, headers=AUTH)).status_code


async def call_by_async_wrapper(mock: OmixaMock) -> int:
    async def handler(request: Any) -> Any:
        return await mock.httpx_handler(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        return (await client.post(OWN, json=REQUEST, headers=AUTH)).status_code


async def call_sync_handler_by_name(mock: OmixaMock) -> int:
    status: int = mock.httpx_handler.handle_request(build()).status_code
    return status


CALLERS: tuple[Callable[[OmixaMock], Awaitable[int]], ...] = (
    *(call_in_running_loop, call_in_thread, call_sync_respx_in_running_loop),
    *(call_by_plain_wrapper, call_by_async_wrapper, call_sync_handler_by_name),
)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("caller", CALLERS)
def test_handler_answers_as_its_caller_is(
    mock: OmixaMock, backend: str, caller: Callable[[OmixaMock], Awaitable[int]]
) -> None:
    assert anyio.run(caller, mock, backend=backend) == 200


def test_handler_by_name_answers_async_from_a_sync_function(mock: OmixaMock) -> None:
    assert asyncio.run(mock.httpx_handler.handle_async_request(build())).status_code == 200


# Beside an interception of the same mock: a route that leads to its handler answers, and counts the call


SEQUENCES = ["router first", "interception first"]
# Where the mock comes from is a matter of the sequence: a route can be added later.
ROUTES: dict[str, Callable[[Any], Any]] = {
    "by URL": lambda router: router.post(OMIXA),
    "by host": lambda router: router.route(host="www.omixa.cloud"),
    "for all": lambda router: router.route(),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("using", ["httpcore", "httpx"])
@pytest.mark.parametrize("client", ["httpx", "httpx asyncio"])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_route_of_respx_counts_its_calls(sequence: str, client: str, using: str, route: str) -> None:
    with ExitStack() as stack:
        router = respx.mock(using=using)
        if sequence == "router first":
            stack.enter_context(router)
        mock = stack.enter_context(omixa_mock.intercept())
        if sequence == "interception first":
            stack.enter_context(router)
        added = ROUTES[route](router).mock(side_effect=mock.httpx_handler)
        mock.fail("reset", after=1)
        assert CLIENTS[client][1](OMIXA, 20.0).status == 200
        with pytest.raises(httpx.ReadError):
            CLIENTS[client][1](OMIXA, 20.0)
        assert (added.call_count, len(mock.calls)) == (2, 2)


def test_route_of_respx_answers_a_client_with_a_transport_of_its_own(mock: OmixaMock) -> None:
    class Transport(httpx.HTTPTransport):
        """Transport of the user's own."""

    with respx.mock() as router:
        route = router.post(OMIXA).mock(side_effect=mock.httpx_handler)
        call_sync(httpx, OMIXA, 20.0, transport=Transport(verify=False))
    assert (route.call_count, len(mock.calls)) == (1, 1)


def test_route_of_respx_leaves_httpx2_to_the_interception(mock: OmixaMock) -> None:
    with respx.mock(assert_all_called=False) as router:
        router.route().mock(side_effect=mock.httpx_handler)
        assert call_sync(httpx2, OMIXA, 20.0).status == 200


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_route_of_responses_counts_its_calls(sequence: str) -> None:
    with ExitStack() as stack:
        router = responses.RequestsMock()
        if sequence == "router first":
            stack.enter_context(router)
        mock = stack.enter_context(omixa_mock.intercept())
        if sequence == "interception first":
            stack.enter_context(router)
        route = router.add_callback(responses.POST, OMIXA, callback=mock.responses_callback)
        mock.fail("reset", after=1)
        assert call_by_requests(OMIXA, 20.0).status == 200
        with pytest.raises(requests.ConnectionError):
            call_by_requests(OMIXA, 20.0)
        assert (route.call_count, len(mock.calls)) == (2, 2)


PYTEST_HTTPX = """
import httpx
import pytest

URL = "https://www.omixa.cloud/api/v1/images/generations"
BODY = {"model": "gpt-image-1.5", "prompt": "a cat"}
AUTH = {"authorization": "Bearer omx_live_any"}

def use_both(omixa_mock, httpx_mock):
    httpx_mock.add_callback(omixa_mock.httpx_handler, url=URL, is_reusable=True)
    omixa_mock.fail("truncated", after=1)
    with httpx.Client(verify=False) as client:
        assert client.post(URL, json=BODY, headers=AUTH).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError) as raised:
            client.post(URL, json=BODY, headers=AUTH)
    assert str(raised.value.request.url) == URL
    assert len(httpx_mock.get_requests()) == len(omixa_mock.calls) == 2

def test_ours_first(omixa_mock, httpx_mock):
    use_both(omixa_mock, httpx_mock)

def test_theirs_first(httpx_mock, omixa_mock):
    use_both(omixa_mock, httpx_mock)

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async_client(httpx_mock, omixa_mock):
    httpx_mock.add_callback(omixa_mock.httpx_handler, url=URL)
    async with httpx.AsyncClient(verify=False) as client:
        assert (await client.post(URL, json=BODY, headers=AUTH)).status_code == 200
    assert len(httpx_mock.get_requests()) == len(omixa_mock.calls) == 1

def test_other_callback_is_bypassed(httpx_mock, omixa_mock):
    httpx_mock.add_response(url=URL, is_optional=True)
    with httpx.Client(verify=False) as client:
        client.post(URL, json=BODY, headers=AUTH)
    omixa_mock.assert_single_charge()
"""


@pytest.mark.acceptance
def test_callback_of_pytest_httpx_counts_its_calls(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PYTEST_HTTPX)
    plugins = [part for name in ("omixa_mock", "pytest_httpx", "anyio.pytest_plugin") for part in ("-p", name)]
    run = pytester.runpytest_subprocess("--disable-plugin-autoload", *plugins, "-W", "error")
    run.assert_outcomes(passed=4)


@pytest.mark.parametrize("name", ["httpx", "httpx asyncio", "httpx2"])
def test_transport_that_ends_in_the_handler_bypasses_nothing(mock: OmixaMock, name: str) -> None:
    # An advisory would be a warning at the end of the interception, and so an error.
    library, call = CLIENTS[name]
    assert call(OMIXA, 20.0, transport=library.MockTransport(mock.httpx_handler)).status == 200
    assert len(mock.calls) == 1


# The OpenAI SDK


def test_openai_sdk_takes_the_handler(mock: OmixaMock) -> None:
    mock.fail("no_route")
    transport = httpx2.MockTransport(mock.httpx_handler)
    with (
        httpx2.Client(transport=transport) as http,
        openai.OpenAI(
            base_url=f"https://images.test{PATH.removesuffix('/images/generations')}",
            api_key="omx_live_any",
            http_client=http,
        ) as client,
    ):
        response = client.with_options(max_retries=1).images.generate(model="gpt-image-1.5", prompt="a cat")
    assert response.data is not None
    assert [call.status for call in mock.calls] == [503, 200]


# responses


def test_retries_of_an_adapter_run_with_responses(mock: OmixaMock) -> None:
    mock.fail("no_route", times=2)
    retry = Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    with responses.RequestsMock() as router, requests.Session() as session:
        router.add_callback(responses.POST, OWN, callback=mock.responses_callback)
        session.mount("https://", HTTPAdapter(max_retries=retry))
        assert session.post(OWN, json=REQUEST, headers=AUTH).status_code == 200
    assert [call.status for call in mock.calls] == [503, 503, 200]


def test_callback_without_responses_returns_status_fields_and_body(mock: OmixaMock) -> None:
    request = requests.Request("POST", OWN, json=REQUEST, headers=AUTH).prepare()
    status, fields, body = mock.responses_callback(request)
    assert (status, dict(fields)["content-type"], body) == (200, "application/json", mock.last.response.body)


def test_callback_leaves_the_body_encoded(mock: OmixaMock) -> None:
    mock.fail("gzip_not_applied")
    request = requests.Request("POST", OWN, json=REQUEST, headers=AUTH).prepare()
    _, fields, body = mock.responses_callback(request)
    assert (dict(fields)["content-encoding"], body) == ("gzip", mock.last.response.body)


def test_callback_answers_plain_http_and_other_ports(mock: OmixaMock) -> None:
    request = requests.Request("POST", f"http://images.test:8080{PATH}", json=REQUEST, headers=AUTH).prepare()
    assert mock.responses_callback(request)[0] == 200
    assert mock.last.headers["host"] == "images.test:8080"


# Mocks that have no gateway in this process, or another one


@pytest.mark.parametrize("member", ["httpx_handler", "responses_callback"])
def test_mock_of_another_process_has_no_handler(member: str) -> None:
    with omixa_mock.serve() as server:
        client = RemoteClient(server.url, server.api_key, ())
        with pytest.raises(RuntimeError, match=rf"{member} is out of reach.*mock\.base_url.*--omixa-mock-url"):
            getattr(OmixaMock(server.base_url, server.api_key, client), member)


def test_handler_of_a_server_answers_under_its_key() -> None:
    with omixa_mock.serve() as server:
        request = httpx.Request("POST", OWN, json=REQUEST, headers={"authorization": f"Bearer {server.api_key}"})
        assert server.httpx_handler(request).status_code == 200
        server.assert_single_charge()


def test_handlers_are_named_in_a_debugger(mock: OmixaMock) -> None:
    assert isinstance(mock.httpx_handler, HttpxHandler)
    assert isinstance(mock.responses_callback, ResponsesCallback)
    assert repr(mock.httpx_handler) == "<omixa-mock's handler of httpx requests>"
    assert repr(mock.responses_callback) == "<omixa-mock's callback of responses>"
