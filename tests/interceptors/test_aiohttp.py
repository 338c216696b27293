"""aiohttp in process: its own stack runs down to a connection in memory."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from socket import AF_INET
from typing import Any

import aiohttp
import aiohttp.abc
import openai
import pytest
import uvloop
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import TimerContext

import omixa_mock
from omixa_mock import OmixaAdvisory
from omixa_mock.interceptors import TRIPWIRE, LiveCallBlocked, PatchFailed, start_interception
from omixa_mock.interceptors.install import PATCHES

OmixaMock = omixa_mock.OmixaMock
OMIXA = "https://www.omixa.cloud/api/v1"
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
AUTH = {"authorization": "Bearer omx_live_any"}
METHODS: list[tuple[type[Any], str]] = [
    (aiohttp.TCPConnector, "_create_connection"),
    (aiohttp.UnixConnector, "_create_connection"),
    (aiohttp.NamedPipeConnector, "_create_connection"),
    (aiohttp.BaseConnector, "connect"),
    (aiohttp.BaseConnector, "_get"),
]


def methods() -> list[Any]:
    """Return the methods that an interception patches."""
    return [vars(owner)[name] for owner, name in METHODS]


@pytest.fixture(autouse=True)
def unpatched_aiohttp_afterwards() -> Iterator[None]:
    """Fail a test that leaves aiohttp patched."""
    before = methods()
    yield
    assert methods() == before


async def generate(session: aiohttp.ClientSession, url: str = OMIXA, **options: Any) -> aiohttp.ClientResponse:
    """Request an image, and read the response."""
    options = {"json": REQUEST, "headers": AUTH, **options}
    async with session.post(f"{url}/images/generations", **options) as response:
        await response.read()
        return response


def run(call: Callable[[aiohttp.ClientSession], Awaitable[Any]], **options: Any) -> Any:
    """Run a call with a session of its own."""

    async def main() -> Any:
        async with aiohttp.ClientSession(**options) as session:
            return await call(session)

    return asyncio.run(main())


# The call


def test_client_receives_the_images_of_the_call(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> Any:
        return await (await generate(session)).json()

    assert [base64.b64decode(image["b64_json"]) for image in run(call)["data"]] == [*mock.last.images]


def test_call_is_charged_once(mock: OmixaMock) -> None:
    run(generate)
    mock.assert_single_charge()


def test_call_is_recorded_with_the_fields_that_aiohttp_wrote(mock: OmixaMock) -> None:
    run(lambda session: generate(session, json=None, data=b"{}", headers=AUTH))
    assert mock.last.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.usefixtures("mock")
def test_length_of_the_body_is_the_same_for_head(method: str) -> None:
    async def call(session: aiohttp.ClientSession) -> tuple[int, int]:
        async with session.request(method, f"{OMIXA}/models", headers=AUTH) as response:
            return len(await response.read()), int(response.headers["content-length"])

    read, length = run(call)
    assert read == (0 if method == "HEAD" else length)


@pytest.mark.parametrize(
    "host", ["WWW.OMIXA.CLOUD", "www.omixa.cloud.", "www.omixa.cloud:8443", "www.omixa\u3002cloud"]
)
def test_every_spelling_of_the_host_is_intercepted(mock: OmixaMock, host: str) -> None:
    assert run(lambda session: generate(session, f"https://{host}/api/v1")).status == 200
    assert len(mock.calls) == 1


async def chunks() -> AsyncIterator[bytes]:
    for chunk in (b'{"model": "gpt-image-1.5", ', b'"prompt": "a cat"}'):
        yield chunk
        await asyncio.sleep(0)


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "streamed": lambda: {"data": chunks()},
    "100-continue": lambda: {"json": REQUEST, "expect100": True},
    "streamed 100-continue": lambda: {"data": chunks(), "expect100": True},
    "large": lambda: {"data": io.BytesIO(json.dumps({**REQUEST, "user": "x" * 2_000_000}).encode())},
}


@pytest.mark.parametrize("body", BODIES)
def test_body_arrives_whole(mock: OmixaMock, body: str) -> None:
    mock.configure(unknown_fields="ignore")

    async def call(session: aiohttp.ClientSession) -> Any:
        options = BODIES[body]()
        return await generate(
            session, **{"json": None, "headers": AUTH | {"content-type": "application/json"}} | options
        )

    assert (run(call).status, mock.last.fields["prompt"]) == (200, "a cat")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.usefixtures("mock")
def test_refusal_by_the_head_needs_no_body(body: str) -> None:
    assert run(lambda session: generate(session, **{"json": None, "headers": {}} | BODIES[body]())).status == 401


@pytest.mark.usefixtures("mock")
def test_body_that_is_too_long_is_refused_before_its_end(mock: OmixaMock) -> None:
    mock.configure(body_max=1000)
    rest = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b" " * 2000
        await rest.wait()
        yield b" "

    async def call(session: aiohttp.ClientSession) -> int:
        headers = AUTH | {"content-type": "application/json"}
        async with session.post(f"{OMIXA}/images/generations", data=body(), headers=headers) as response:
            rest.set()
            return response.status

    assert run(call) == 413


@pytest.mark.usefixtures("mock")
def test_large_response_arrives_whole_at_the_readers_own_pace() -> None:
    async def call(session: aiohttp.ClientSession) -> int:
        read = 0
        body = {**REQUEST, "n": 10, "quality": "high"}
        async with session.post(f"{OMIXA}/images/generations", json=body, headers=AUTH, read_bufsize=1024) as response:
            while chunk := await response.content.read(5000):
                read += len(chunk)
                await asyncio.sleep(0)
            return read - int(response.headers["content-length"])

    assert run(call) == 0


@pytest.mark.usefixtures("mock")
def test_request_to_upgrade_is_ignored() -> None:
    async def call(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("https://www.omixa.cloud/socket"):
            pass

    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        run(call)


def test_connection_has_plausible_addresses(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> list[Any]:
        async with session.post(f"{OMIXA}/images/generations", json=REQUEST, headers=AUTH) as response:
            transport: Any = response.connection and response.connection.transport
            return [transport.get_extra_info(name) for name in ("peername", "socket")]

    mock.fail("drip:10ms")
    assert run(call) == [("192.0.2.1", 443), None]


# The client


@pytest.mark.usefixtures("mock")
def test_uvloop_is_served() -> None:
    async def main() -> int:
        async with aiohttp.ClientSession() as session:
            return (await generate(session)).status

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == 200


def test_session_older_than_the_interception_is_intercepted() -> None:
    async def call(session: aiohttp.ClientSession) -> int:
        with omixa_mock.intercept():
            return (await generate(session)).status

    assert run(call) == 200


class OwnConnector(aiohttp.TCPConnector):
    async def _create_connection(self, *args: Any, **kwargs: Any) -> Any:
        return await super()._create_connection(*args, **kwargs)


CONNECTORS: dict[str, Callable[[], aiohttp.BaseConnector]] = {
    "subclass": OwnConnector,
    "one connection": lambda: aiohttp.TCPConnector(limit=1),
    "one connection per host": lambda: aiohttp.TCPConnector(limit_per_host=1),
    "without keep-alive": lambda: aiohttp.TCPConnector(force_close=True),
    "fingerprint": lambda: aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(b"\0" * 32)),
    "Unix socket": lambda: aiohttp.UnixConnector("/nowhere"),
}


@pytest.mark.parametrize("connector", CONNECTORS)
def test_connector_is_intercepted(mock: OmixaMock, connector: str) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession(connector=CONNECTORS[connector]()) as session:
            await asyncio.gather(*(generate(session) for _ in range(5)))

    asyncio.run(main())
    assert [call.status for call in mock.calls] == [200] * 5


def test_proxy_is_not_called(mock: OmixaMock) -> None:
    run(lambda session: generate(session, proxy="http://127.0.0.1:1"))
    mock.assert_single_charge()


@pytest.mark.parametrize("options", [{}, {"proxy": "http://127.0.0.1:1"}], ids=["direct", "proxy"])
def test_plain_http_is_answered_with_an_advisory(options: dict[str, Any]) -> None:
    with pytest.warns(OmixaAdvisory, match="the key travels in the clear"), omixa_mock.intercept() as mock:
        assert run(lambda session: generate(session, OMIXA.replace("https", "http"), **options)).status == 200
    assert len(mock.calls) == 1


def test_proxy_of_the_environment_is_not_called(mock: OmixaMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    run(generate, trust_env=True)
    mock.assert_single_charge()


@pytest.mark.skipif(not hasattr(aiohttp, "ClientHandlerType"), reason="middlewares came with aiohttp 3.12")
def test_middleware_of_the_user_retries(mock: OmixaMock) -> None:
    async def retry(request: Any, handler: Any) -> Any:
        while (response := await handler(request)).status == 503:
            response.release()
        return response

    mock.fail("no_route", times=2)
    run(generate, middlewares=(retry,))
    assert [call.status for call in mock.calls] == [503, 503, 200]


@pytest.mark.usefixtures("mock")
def test_traces_of_the_user_see_a_new_connection_for_each_call() -> None:
    seen: list[str] = []
    config = aiohttp.TraceConfig()
    for name in ("connection_create_start", "connection_create_end", "connection_reuseconn", "request_end"):

        async def note(*_: Any, name: str = name) -> None:
            seen.append(name)

        getattr(config, f"on_{name}").append(note)

    async def call(session: aiohttp.ClientSession) -> None:
        for _ in range(2):
            await generate(session)

    run(call, trace_configs=[config])
    assert seen == ["connection_create_start", "connection_create_end", "request_end"] * 2


def test_openai_client_over_aiohttp_is_intercepted(mock: OmixaMock) -> None:
    async def draw() -> Any:
        http = openai.DefaultAioHttpClient(verify=False)
        async with http, openai.AsyncOpenAI(api_key=mock.api_key, base_url=OMIXA, http_client=http) as client:
            return await client.images.generate(model="gpt-image-1.5", prompt="a cat")

    assert [base64.b64decode(image.b64_json) for image in asyncio.run(draw()).data] == [*mock.last.images]


@pytest.mark.parametrize(("fault", "statuses"), [("no_route", [503, 503, 200]), ("reset", [None, None, 200])])
def test_openai_client_over_aiohttp_retries(
    mock: OmixaMock, monkeypatch: pytest.MonkeyPatch, fault: str, statuses: list[int | None]
) -> None:
    monkeypatch.setattr(openai.AsyncOpenAI, "_calculate_retry_timeout", lambda *_: 0)
    mock.fail(fault, times=2)

    async def draw() -> None:
        http = openai.DefaultAioHttpClient(verify=False)
        async with http, openai.AsyncOpenAI(api_key=mock.api_key, base_url=OMIXA, http_client=http) as client:
            await client.images.generate(model="gpt-image-1.5", prompt="a cat")

    asyncio.run(draw())
    assert [call.status for call in mock.calls] == statuses


# Many calls


def test_calls_at_once_have_distinct_numbers(mock: OmixaMock) -> None:
    run(lambda session: asyncio.gather(*(generate(session) for _ in range(200))))
    assert sorted(call.number for call in mock.calls) == [*range(1, 201)]
    assert mock.wallet.held == 0


def test_loops_in_threads_share_one_mock(mock: OmixaMock) -> None:
    def call(_: int) -> int:
        return int(run(generate).status)

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(call, range(24))] == [200] * 24
    assert len(mock.calls) == 24


# Interceptions


def test_innermost_interception_receives_the_call(mock: OmixaMock) -> None:
    async def call(session: aiohttp.ClientSession) -> None:
        await generate(session)
        with omixa_mock.intercept() as inner:
            await generate(session)
        inner.assert_single_charge()

    run(call)
    assert len(mock.calls) == 1


def test_tasks_with_interceptions_of_their_own_receive_their_own_calls() -> None:
    async def intercept(session: aiohttp.ClientSession, count: int) -> int:
        with omixa_mock.intercept() as own:
            for _ in range(count):
                await generate(session)
            return len(own.calls) - count

    async def call(session: aiohttp.ClientSession) -> Any:
        return await asyncio.gather(*(intercept(session, count) for count in range(1, 6)))

    assert run(call) == [0] * 5


def test_interception_that_ends_while_the_call_connects_does_not_receive_it() -> None:
    config = aiohttp.TraceConfig()

    async def main() -> OmixaMock:
        with ExitStack() as stack:
            mock = stack.enter_context(omixa_mock.intercept())

            async def close(*_: Any) -> None:
                stack.close()

            config.on_connection_create_end.append(close)
            async with aiohttp.ClientSession(trace_configs=[config]) as session:
                with pytest.raises(aiohttp.ClientOSError, match="the interception ended before the request was"):
                    await generate(session)
            return mock

    asyncio.run(main()).assert_not_called()


def test_exception_of_the_gateway_itself_is_raised() -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("broken")
        yield

    with start_interception(broken), pytest.raises(RuntimeError, match=r"^broken$"):
        run(generate)


# Other hosts, and other ways


class LocalResolver(aiohttp.abc.AbstractResolver):
    """Resolver of the user's own: every host is this machine."""

    async def resolve(self, host: str, port: int = 0, family: Any = AF_INET) -> list[Any]:
        del family
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


@pytest.fixture
def run_elsewhere(elsewhere: str) -> Callable[..., Any]:
    """Return a function that runs a call whose resolver leads to a server that is not Omixa's."""
    port = elsewhere.rpartition(":")[2]

    def run_elsewhere(call: Callable[[aiohttp.ClientSession, str], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=LocalResolver())) as session:
                return await call(session, f"http://www.omixa.cloud:{port}")

        return asyncio.run(main())

    return run_elsewhere


async def ask(session: aiohttp.ClientSession, url: str) -> str:
    """Return who answers a call: `Omixa` or `elsewhere`."""
    async with session.post(f"{url}/x", data=b"", headers=AUTH) as response:
        return "elsewhere" if "elsewhere" in await response.text() else "Omixa"


@pytest.mark.filterwarnings("ignore::omixa_mock.OmixaAdvisory")
def test_connection_of_the_pool_carries_no_call_into_an_interception_or_out_of_it(
    run_elsewhere: Callable[..., Any],
) -> None:
    async def call(session: aiohttp.ClientSession, url: str) -> list[str]:
        answers = [await ask(session, url)]
        with omixa_mock.intercept():
            answers += [await ask(session, url), await ask(session, url)]
        return [*answers, await ask(session, url)]

    assert run_elsewhere(call) == ["elsewhere", "Omixa", "Omixa", "elsewhere"]


@pytest.mark.usefixtures("mock")
def test_call_to_another_host_goes_there(elsewhere: str) -> None:
    assert run(lambda session: ask(session, elsewhere)) == "elsewhere"


class Terminal(aiohttp.BaseConnector):
    """Connector of the user's own, which leads to a server of the user's own."""

    async def _create_connection(self, *_: Any) -> Any:
        connection = await self._loop.create_connection(self._factory, "127.0.0.1", self.port)
        return connection[1]

    port = 0


def test_connector_of_the_users_own_answers_with_an_advisory(elsewhere: str) -> None:
    async def main() -> str:
        connector = Terminal()
        connector.port = int(elsewhere.rpartition(":")[2])
        async with aiohttp.ClientSession(connector=connector) as session:
            return await ask(session, "http://www.omixa.cloud")

    with pytest.warns(OmixaAdvisory, match=r"bypassed: .*\.Terminal handled"), omixa_mock.intercept() as mock:
        assert asyncio.run(main()) == "elsewhere"
    mock.assert_not_called()


# The tripwire


@contextmanager
def arm() -> Iterator[list[Any]]:
    """Arm the tripwire under an interception that accepts nothing, and yield the attempts."""
    with start_interception(lambda _: None):
        TRIPWIRE.arm()
        try:
            yield TRIPWIRE.attempts
        finally:
            TRIPWIRE.disarm()
            TRIPWIRE.attempts.clear()


def run_live(url: str = OMIXA, **options: Any) -> tuple[aiohttp.ClientConnectorError, list[str]]:
    """Make a call that nobody accepts, and return its exception and the hosts of the attempts."""
    with arm() as attempts:
        with pytest.raises(aiohttp.ClientConnectorError) as raised:
            run(lambda session: generate(session, url, **options))
        return raised.value, [attempt.host for attempt in attempts]


LINE = generate.__code__.co_firstlineno + 3


@pytest.mark.parametrize("options", [{}, {"proxy": "http://127.0.0.1:1"}], ids=["direct", "proxy"])
def test_live_call_is_refused_with_a_message_that_names_its_line(options: dict[str, Any]) -> None:
    error, _ = run_live(**options)
    begin = (
        r"Cannot connect to host www\.omixa\.cloud:443 ssl:default \[omixa-mock: .* tried to reach www\.omixa\.cloud"
    )
    assert re.match(rf"{begin} for real from {re.escape(__file__)}:{LINE}\. Nothing was sent", str(error))


def test_refused_live_call_has_the_cause_of_every_refusal() -> None:
    error, _ = run_live()
    assert isinstance(error.os_error, LiveCallBlocked)


@pytest.mark.parametrize("host", ["www.omixa.cloud", "api.omixa.cloud"])
def test_refused_live_call_is_an_attempt(host: str) -> None:
    _, attempts = run_live(f"https://{host}")
    assert attempts == [host]


def test_live_call_over_an_open_connection_is_refused(run_elsewhere: Callable[..., Any]) -> None:
    async def call(session: aiohttp.ClientSession, url: str) -> str:
        await ask(session, url)
        connector: Any = session.connector
        connector._resolver = aiohttp.ThreadedResolver()
        with arm(), pytest.raises(aiohttp.ClientConnectorError, match="omixa-mock"):
            await ask(session, url)
        connector._resolver = LocalResolver()
        return await ask(session, url)

    assert run_elsewhere(call) == "elsewhere"


def test_resolver_of_the_users_own_is_no_live_call(run_elsewhere: Callable[..., Any]) -> None:
    with arm() as attempts:
        assert (run_elsewhere(ask), attempts) == ("elsewhere", [])


# Versions


@pytest.mark.parametrize(("owner", "name"), METHODS, ids=[f"{owner.__name__}.{name}" for owner, name in METHODS])
def test_renamed_method_is_reported_with_the_version(
    monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str
) -> None:
    with monkeypatch.context() as renamed:
        renamed.delattr(owner, name)
        with pytest.raises(PatchFailed, match=rf"^aiohttp {aiohttp.__version__} could not be intercepted: .*{name}"):
            omixa_mock.intercept().__enter__()


@pytest.mark.parametrize(
    ("owner", "name"),
    [(ResponseHandler, "_on_read_timeout"), (ResponseHandler, "_drop_timeout"), (TimerContext, "timeout")],
)
def test_renamed_internal_is_reported_before_a_call(
    monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str
) -> None:
    with monkeypatch.context() as renamed:
        # As in a process that has made no patches yet.
        renamed.delitem(PATCHES, "aiohttp", raising=False)
        renamed.delattr(owner, name)
        with pytest.raises(PatchFailed, match=rf"^aiohttp .* could not be intercepted: .*{name}"):
            omixa_mock.intercept().__enter__()
