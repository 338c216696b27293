"""The gateway as an ASGI application: below ASGITransport, mounts, TestClient, uvicorn and hypercorn."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import freezegun
import httpx
import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

import omixa_mock
from omixa_mock import faults
from omixa_mock.gateway import CATALOGUE, EXAMPLE_KEY, Response, SettingError
from omixa_mock.gateway.faults import ABORTED, BROKEN
from omixa_mock.mock import OmixaMock, RemoteClient
from omixa_mock.plain_asgi import HangWithoutTimeout, MockApp

if TYPE_CHECKING:
    from tests.cases import Case

REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
PATH = "/api/v1/images/generations"
AUTH = {"authorization": f"Bearer {EXAMPLE_KEY}"}
BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])
# The faults that end a connection.
BREAKING = (*ABORTED, *BROKEN)
REFUSED = "breaks the connection, for which ASGI has no message. Use omixa_mock.serve()"


def call(app: Any, *, backend: str = "asyncio", library: Any = httpx, deadline: float = 10, **options: Any) -> Any:
    """Send a request through `ASGITransport`; by default, one for an image."""

    async def send() -> Any:
        url = options.pop("url", f"http://images.test{PATH}")
        method = options.pop("method", "POST")
        transport = library.ASGITransport(app, root_path=options.pop("root_path", ""))
        if method == "POST":
            options.setdefault("json", REQUEST)
        async with library.AsyncClient(transport=transport, headers=AUTH) as client:
            with anyio.fail_after(deadline):
                return await client.request(method, url, **options)

    return anyio.run(send, backend=backend)


@pytest.fixture
def app() -> MockApp:
    """Return an application in which two seconds take 20 ms."""
    return omixa_mock.asgi_app(settings={"time_scale": 0.01})


# Responses


@BACKENDS
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_application_answers_below_asgi_transport(app: MockApp, backend: str, library: Any) -> None:
    response = call(app, backend=backend, library=library)
    assert (response.status_code, response.content) == (200, app.mock.last.response.body)
    app.mock.assert_single_charge()


def test_response_is_the_one_of_the_core(
    ask_core: Callable[..., tuple[Response, omixa_mock.Call]], outcome_of: Callable[..., Any], shared_case: Case
) -> None:
    app = omixa_mock.asgi_app()
    shared_case.prepare(app.mock.gateway.workspaces.enter(shared_case.key or EXAMPLE_KEY))

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://images.test") as client:
            return await client.request(
                shared_case.method, shared_case.target, headers=shared_case.fields, content=shared_case.content
            )

    response = asyncio.run(send())
    expected = outcome_of(ask_core(shared_case)[0], shared_case.method)
    actual = (response.status_code, response.headers.multi_items(), response.content)
    assert actual == (expected.status, expected.headers, expected.body)


@BACKENDS
def test_body_in_many_messages_arrives(app: MockApp, backend: str) -> None:
    data = json.dumps({**REQUEST, "prompt": "a " * 2000}).encode()

    async def chunks() -> Any:
        for begin in range(0, len(data), 100):
            yield data[begin : begin + 100]

    headers = {"content-type": "application/json"}
    assert call(app, backend=backend, content=chunks(), json=None, headers=headers).status_code == 200


@BACKENDS
def test_large_images_are_made_in_a_thread(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_thread, run_sync = [], anyio.to_thread.run_sync

    async def record(function: Any, *args: Any, **options: Any) -> Any:
        in_thread.append(function)
        return await run_sync(function, *args, **options)

    monkeypatch.setattr(anyio.to_thread, "run_sync", record)
    app = omixa_mock.asgi_app(settings={"weight": 2_000_000})
    assert len(call(app, backend=backend).content) > 2_000_000
    assert in_thread == [next]


def test_exception_of_the_fake_itself_is_answered(app: MockApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("broken")
        yield

    monkeypatch.setattr(app.mock.gateway, "handle", fail)
    assert call(app).status_code == 500


# The mock


def test_mock_has_a_base_url_that_leads_nowhere(app: MockApp) -> None:
    assert isinstance(app.mock, OmixaMock)
    assert app.mock.base_url == "http://omixa-mock.test/api/v1"
    assert call(app, url=f"{app.mock.base_url}/images/generations").status_code == 200


def test_base_url_can_be_given() -> None:
    assert omixa_mock.asgi_app(base_url="http://127.0.0.1:8000/api/v1/").mock.env() == {
        "OMIXA_BASE_URL": "http://127.0.0.1:8000/api/v1",
        "OMIXA_API_KEY": EXAMPLE_KEY,
    }


def test_mock_is_that_of_the_first_key() -> None:
    app = omixa_mock.asgi_app(keys=["omx_live_first", "omx_live_second"])
    call(app, headers={"authorization": "Bearer omx_live_second"})
    call(app, headers={"authorization": f"Bearer {app.mock.api_key}"})
    assert (app.mock.api_key, len(app.mock.calls)) == ("omx_live_first", 1)


def test_other_keys_are_refused_under_issued_keys() -> None:
    app = omixa_mock.asgi_app(keys="issued")
    assert call(app, headers={"authorization": "Bearer omx_live_other"}).status_code == 401
    assert call(app, headers={"authorization": f"Bearer {app.mock.api_key}"}).status_code == 200


def test_httpx_handler_of_its_mock_answers(app: MockApp) -> None:
    with httpx.Client(transport=httpx.MockTransport(app.mock.httpx_handler), headers=AUTH) as client:
        assert client.post(f"http://images.test{PATH}", json=REQUEST).status_code == 200
    app.mock.assert_single_charge()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": {"sed": 1}}, "seed"),
        ({"keys": "none"}, "wrong form"),
        ({"journal_bytes": "many"}, "journal_bytes"),
        ({"control_token": " "}, "control_token is empty"),
        ({"faults": ["no_rout"]}, "no_route"),
        ({"faults": ["reset=0.1"]}, REFUSED),
    ],
)
def test_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        omixa_mock.asgi_app(**options)


# Faults


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in {*BREAKING, "hang"}])
def test_fault_has_the_outcome_of_an_interception(app: MockApp, name: str) -> None:
    def outcome_of(mock: OmixaMock, send: Callable[[], Any]) -> Any:
        mock.fail(name)
        try:
            response = send()
        except httpx.DecodingError as error:
            return str(error)
        return response.status_code, response.headers.multi_items(), response.content, mock.last.waited

    with (
        omixa_mock.intercept(settings={"time_scale": 0.01}) as mock,
        httpx.Client(trust_env=False, verify=False) as client,
    ):
        url = f"{mock.base_url}/images/generations"
        expected = outcome_of(mock, lambda: client.post(url, json=REQUEST, headers=AUTH))
    assert outcome_of(app.mock, lambda: call(app)) == expected


def plan_by_name(app: MockApp, name: str) -> None:
    app.mock.fail(name)


def plan_in_sequence(app: MockApp, name: str) -> None:
    app.mock.fail(["ok", name])


def plan_by_builder(app: MockApp, name: str) -> None:
    app.mock.plan(getattr(faults, name)().times(2))


def plan_in_workspace(app: MockApp, name: str) -> None:
    app.mock.gateway.workspaces.enter("omx_live_other").plan({"fail": name})


def plan_for_all(_: MockApp, name: str) -> None:
    omixa_mock.asgi_app(faults=[name])


@pytest.mark.parametrize("name", BREAKING)
@pytest.mark.parametrize("plan", [plan_by_name, plan_in_sequence, plan_by_builder, plan_in_workspace, plan_for_all])
def test_fault_that_breaks_the_connection_is_refused_when_it_is_planned(
    app: MockApp, plan: Callable[[MockApp, str], None], name: str
) -> None:
    with pytest.raises(SettingError, match=rf"^{name} {REFUSED}"):
        plan(app, name)
    assert app.mock.plans == ()


def test_refusal_names_the_faults_that_can_be_performed(app: MockApp) -> None:
    with pytest.raises(SettingError) as refused:
        app.mock.fail("reset_after_capture")
    text = str(refused.value)
    assert text.startswith(f"reset_after_capture {REFUSED}")
    names = text.rpartition("can perform: ")[2].removesuffix(".").split(", ")
    assert names == [name for name in CATALOGUE if name not in BREAKING]


@pytest.mark.parametrize("name", BREAKING)
def test_trigger_key_of_such_a_fault_is_refused(app: MockApp, name: str) -> None:
    response = call(app, headers={"authorization": f"Bearer omx_live_fail_{name}--checkout"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "invalid_api_key")
    assert error["message"].startswith(f"{name} {REFUSED}")


@pytest.mark.parametrize("name", BREAKING)
def test_header_of_such_a_fault_is_refused_before_anything_is_charged(name: str) -> None:
    app = omixa_mock.asgi_app(settings={"fault_header": "obey"})
    response = call(app, headers={"x-omixa-mock-fault": name})
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith(f"X-Omixa-Mock-Fault: {name} {REFUSED}")
    assert app.mock.wallet.captured == app.mock.wallet.held == 0


def test_trigger_key_of_another_fault_is_obeyed(app: MockApp) -> None:
    assert call(app, headers={"authorization": "Bearer omx_live_fail_no_route"}).status_code == 503


def test_other_gateways_still_break_connections(app: MockApp) -> None:
    with pytest.raises(SettingError):
        app.mock.fail("reset")
    with omixa_mock.intercept() as mock, httpx.Client(verify=False, headers=AUTH) as client:
        mock.fail("reset")
        with pytest.raises(httpx.ReadError):
            client.post(f"{mock.base_url}/images/generations", json=REQUEST)


# Waits


@BACKENDS
def test_deadline_around_a_hang_counts_as_the_timeout_of_the_client(app: MockApp, backend: str) -> None:
    app.mock.fail("hang")
    with pytest.raises(TimeoutError):
        call(app, backend=backend, deadline=0.1)
    assert app.mock.last.client_left
    assert app.mock.last.waited == pytest.approx(0.1, abs=0.09)
    app.mock.assert_no_open_holds()


@BACKENDS
def test_deadline_within_a_delay_after_capture_leaves_an_orphan(app: MockApp, backend: str) -> None:
    app.mock.configure(time_scale=1)
    app.mock.fail("delay_after_capture:60s")
    with pytest.raises(TimeoutError):
        call(app, backend=backend, deadline=0.1)
    with pytest.raises(AssertionError, match="left without a usable image"):
        app.mock.assert_no_orphan_charges()


@BACKENDS
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_hang_without_a_deadline_is_ended(app: MockApp, backend: str, library: Any) -> None:
    app.mock.configure(hang_limit=0.05)
    app.mock.fail("hang")
    with pytest.raises(HangWithoutTimeout, match=rf"{library.__name__}\.ASGITransport.*hang_limit \(0\.05 s\)"):
        call(app, backend=backend, library=library)
    assert (app.mock.last.client_left, app.mock.last.waited) == (True, 0.05)


def test_hang_of_a_test_client_is_ended(app: MockApp) -> None:
    app.mock.configure(hang_limit=0.05)
    app.mock.fail("hang")
    with pytest.raises(HangWithoutTimeout, match="Starlette's TestClient"):
        TestClient(app).post(PATH, json=REQUEST, headers=AUTH)


def test_wait_passes_under_a_frozen_clock(app: MockApp) -> None:
    app.mock.fail("delay:2s")
    with freezegun.freeze_time("2026-01-01"):
        assert call(app).status_code == 200


# Mounts


def mount(app: Any, *paths: str) -> Any:
    for path in reversed(paths):
        app = Starlette(routes=[Mount(path, app)])
    return app


@pytest.mark.parametrize("paths", [("/",), ("/omixa",), ("/omixa/v1",), ("/outer", "/inner")])
def test_application_answers_below_a_mount(app: MockApp, paths: tuple[str, ...]) -> None:
    url = f"http://images.test{''.join(paths).rstrip('/')}{PATH}"
    assert call(mount(app, *paths), url=url).status_code == 200
    assert app.mock.last.path == PATH


# What servers make of a root path: a path that begins with it (uvicorn, Starlette), or that does not (hypercorn).
@pytest.mark.parametrize(
    ("root_path", "path", "status"),
    [
        ("/omixa", f"/omixa{PATH}", 200),
        ("/omixa", PATH, 200),
        ("/omixa/", f"/omixa{PATH}", 200),
        ("/omi", f"/omixa{PATH}", 404),
        ("/omixa", "/omixa", 404),
    ],
)
def test_root_path_is_left_out_of_the_path(app: MockApp, root_path: str, path: str, status: int) -> None:
    assert call(app, url=f"http://images.test{path}", root_path=root_path).status_code == status


def test_application_answers_a_test_client_with_a_lifespan(app: MockApp) -> None:
    with TestClient(mount(app, "/omixa")) as client:
        assert client.get("/omixa/api/v1/models", headers=AUTH).status_code == 200


# The protocol


async def converse(app: MockApp, scope: dict[str, Any], *messages: str) -> list[str]:
    """Return the types of the messages that the application sends."""
    incoming, sent = [{"type": kind} for kind in messages], []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app(scope, receive, send)
    return sent


def test_lifespan_completes(app: MockApp) -> None:
    sent = asyncio.run(converse(app, {"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown"))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_websocket_is_refused(app: MockApp) -> None:
    assert asyncio.run(converse(app, {"type": "websocket"}, "websocket.connect")) == ["websocket.close"]


def test_unknown_scope_is_refused(app: MockApp) -> None:
    with pytest.raises(ValueError, match="does not take the ASGI scope 'telnet'"):
        asyncio.run(converse(app, {"type": "telnet"}))


def test_client_that_disconnects_within_a_delay_has_left(app: MockApp) -> None:
    app.mock.configure(time_scale=1)
    app.mock.fail("delay:60s")
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": []}
    scope["headers"] = [(b"authorization", AUTH["authorization"].encode()), (b"content-type", b"application/json")]
    messages = [{"type": "http.request", "body": json.dumps(REQUEST).encode()}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(_: Any) -> None:
        raise AssertionError("nothing is sent to a client that has left")

    asyncio.run(app(scope, receive, send))
    assert app.mock.last.client_left


# Control routes and web pages


def test_there_are_no_control_routes_without_a_token(app: MockApp) -> None:
    assert call(app, method="GET", url="http://127.0.0.1/__omixa/health").status_code == 404


@pytest.mark.parametrize(
    ("host", "token", "status"),
    [
        ("127.0.0.1", "letmein", 200),
        ("omixa-mock.test", "letmein", 200),
        ("build-box", "letmein", 200),
        ("any.test", "letmein", 200),
        ("any.test", "wrong", 403),
        ("127.0.0.1", "wrong", 403),
    ],
)
def test_control_routes_need_the_token_under_any_host(host: str, token: str, status: int) -> None:
    app = omixa_mock.asgi_app(control_token="letmein", allow_hosts=["build-box"])
    headers = {"x-omixa-mock-token": token}
    assert call(app, method="GET", url=f"http://{host}/__omixa/schemas", headers=headers).status_code == status


@pytest.mark.parametrize("root", ["", "/omixa"])
def test_control_route_refuses_a_fault_that_breaks_the_connection(root: str) -> None:
    app = omixa_mock.asgi_app(control_token="letmein")
    url, headers = f"http://127.0.0.1{root}/__omixa/faults", {"x-omixa-mock-token": "letmein"}
    response = call(mount(app, root or "/"), url=url, headers=headers, json={"fail": "truncated"})
    assert response.status_code == 422
    assert f"truncated {REFUSED}" in response.json()["error"]["message"]


def test_web_page_of_a_named_origin_may_call() -> None:
    app = omixa_mock.asgi_app(cors_origins=["http://localhost:3000"])
    response = call(app, headers={"origin": "http://localhost:3000"})
    assert response.headers["access-control-allow-origin"] == "http://localhost:3000"


# Servers


@contextmanager
def run_uvicorn(app: Any, **options: Any) -> Iterator[str]:
    """Run uvicorn in a thread, and yield its URL."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="on", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def accepts(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


@contextmanager
def run_hypercorn(worker: str, app: Any) -> Iterator[str]:
    """Run hypercorn in a thread, and yield its URL."""
    config_module = pytest.importorskip("hypercorn.config")
    serving = pytest.importorskip(f"hypercorn.{worker}")
    config = config_module.Config()
    config.bind, config.errorlog, config.graceful_timeout = ["127.0.0.1:0"], None, 0.1
    stopping = threading.Event()
    sockets = config.create_sockets()
    config.create_sockets = lambda: sockets

    async def shut_down() -> None:
        await anyio.to_thread.run_sync(stopping.wait)

    async def serve() -> None:
        await serving.serve(app, config, shutdown_trigger=shut_down)

    thread = threading.Thread(target=anyio.run, args=(serve,), kwargs={"backend": worker})
    thread.start()
    address = sockets.insecure_sockets[0].getsockname()
    try:
        # The sockets are bound, and listen once the lifespan has begun.
        while not accepts(address):
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        stopping.set()
        thread.join()


SERVERS: dict[str, Any] = {
    "uvicorn": run_uvicorn,
    "uvicorn with a root path": lambda app: run_uvicorn(app, root_path="/omixa"),
    "uvicorn with h11": lambda app: run_uvicorn(app, http="h11"),
    "hypercorn": lambda app: run_hypercorn("asyncio", app),
    "hypercorn trio": lambda app: run_hypercorn("trio", app),
}


SERVER_NAMES = [pytest.param(name, marks=pytest.mark.acceptance if "hyper" in name else ()) for name in SERVERS]


@pytest.fixture(params=SERVER_NAMES)
def url(request: pytest.FixtureRequest, app: MockApp) -> Iterator[str]:
    """Serve the application by every server, and yield its URL."""
    with SERVERS[request.param](app) as url:
        yield url


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Return a client over sockets."""
    with httpx.Client(trust_env=False, verify=False, headers=AUTH, timeout=10) as client:
        yield client


def test_server_answers(app: MockApp, url: str, client: httpx.Client) -> None:
    app.mock.fail(["ok", "delay:2s", "drip:2s"])
    responses = [client.post(f"{url}{PATH}", json=REQUEST) for _ in range(4)]
    assert {response.status_code for response in responses} == {200}
    assert [round(call.waited, 3) for call in app.mock.calls] == [0, 0.02, 0.02, 0]


def test_server_reports_a_client_that_times_out(app: MockApp, url: str, client: httpx.Client) -> None:
    app.mock.fail("hang")
    with pytest.raises(httpx.ReadTimeout):
        client.post(f"{url}{PATH}", json=REQUEST, timeout=0.1)
    app.mock.settle()
    app.mock.assert_gave_up_within(1)


def test_server_answers_head_without_a_body(url: str, client: httpx.Client) -> None:
    response = client.head(f"{url}/api/v1/models")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("server", SERVER_NAMES)
def test_control_routes_wait_and_decode_on_every_server(server: str, client: httpx.Client) -> None:
    app = omixa_mock.asgi_app(control_token="letmein")
    client.headers["X-Omixa-Mock-Token"] = "letmein"
    with SERVERS[server](app) as url:
        image = base64.b64decode(client.post(f"{url}{PATH}", json=REQUEST).json()["data"][0]["b64_json"])
        app.mock.gateway.workspaces.enter(EXAMPLE_KEY).next_number()
        verdict = client.get(f"{url}/__omixa/verdict?wait=20ms").json()
        found = client.post(f"{url}/__omixa/identify", content=image).json()
    assert [row["calls"] for row in verdict["under_way"]] == [[2]]
    assert [call["number"] for call in found["calls"]] == [1]


def test_control_routes_of_a_server_are_those_of_a_remote_mock() -> None:
    app = omixa_mock.asgi_app(control_token="letmein")
    with run_uvicorn(app) as url:
        remote = RemoteClient(url, EXAMPLE_KEY, (), "letmein")
        remote.plan("no_route")
        with pytest.raises(SettingError, match=rf"reset {REFUSED}"):
            remote.plan("reset")
    assert len(app.mock.plans) == 1
