"""`serve()`: ready when its block begins, stopped when it ends; every failure is raised."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import OmixaMockServer, SettingError

Open = Callable[[str], Any]
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_server_responds_as_soon_as_the_block_begins(http: httpx.Client) -> None:
    with omixa_mock.serve() as server:
        assert http.get(f"{server.base_url}/models", headers=bearer(server.api_key)).status_code == 200


def test_server_has_stopped_after_the_block(http: httpx.Client) -> None:
    with omixa_mock.serve() as server:
        pass
    with pytest.raises(httpx.ConnectError):
        http.get(server.url)


def test_server_listens_on_loopback_only(server: OmixaMockServer) -> None:
    assert server.url.startswith("http://127.0.0.1:")


def test_base_url_ends_with_the_api_path(server: OmixaMockServer) -> None:
    assert server.base_url == f"{server.url}/api/v1"


def test_env_has_the_variables_of_clients(server: OmixaMockServer) -> None:
    assert server.env() == {"OMIXA_BASE_URL": server.base_url, "OMIXA_API_KEY": server.api_key}


@pytest.mark.parametrize("keys", ["any", "issued", ("omx_live_a", "omx_live_b")])
def test_key_of_the_server_works_under_every_policy(http: httpx.Client, keys: Any) -> None:
    with omixa_mock.serve(keys=keys) as server:
        assert http.get(f"{server.base_url}/models", headers=bearer(server.api_key)).status_code == 200


@pytest.mark.parametrize("keys", ["issued", ("omx_live_a",)])
def test_other_keys_are_refused_if_keys_are_restricted(http: httpx.Client, keys: Any) -> None:
    with omixa_mock.serve(keys=keys) as server:
        assert http.get(f"{server.base_url}/models", headers=bearer("omx_live_other")).status_code == 401


def test_settings_are_in_force(http: httpx.Client) -> None:
    with omixa_mock.serve(settings={"success_status": 201}) as server:
        response = http.post(f"{server.base_url}/images/generations", json=CAT, headers=bearer(server.api_key))
    assert response.status_code == 201


def test_calls_can_be_read_from_the_server_object(server: OmixaMockServer, api: httpx.Client) -> None:
    api.post("/api/v1/images/generations", json=CAT)
    assert [call.request for call in server.calls] == [CAT]


def hang(server: OmixaMockServer, connection: Any) -> None:
    """Send a request for which the provider takes a minute."""
    connection.send(connection.generate())
    deadline = time.monotonic() + 10
    while not server.wallet.held:
        assert time.monotonic() < deadline, "the request was never held"


def test_server_with_a_hanging_request_stops_at_once(open_connection: Open) -> None:
    with ExitStack() as ends:
        with omixa_mock.serve(settings={"latency": 60}) as server:
            hang(server, ends.enter_context(closing(open_connection(server.url))))
            began = time.monotonic()
        # It takes 3 ms; the bound is for busy machines.
        assert time.monotonic() - began < 1


def test_hanging_request_is_ended_without_a_response(open_connection: Open) -> None:
    with ExitStack() as ends:
        with omixa_mock.serve(settings={"latency": 60}) as server:
            connection = ends.enter_context(closing(open_connection(server.url)))
            hang(server, connection)
        assert connection.read_rest() == b""


def test_hold_of_a_hanging_request_is_released_at_the_end(open_connection: Open) -> None:
    with ExitStack() as ends:
        with omixa_mock.serve(settings={"latency": 60}) as server:
            hang(server, ends.enter_context(closing(open_connection(server.url))))
        assert [entry.kind for entry in server.ledger] == ["balance", "hold", "release"]


def test_idle_connection_does_not_delay_the_end(open_connection: Open) -> None:
    with ExitStack() as ends:
        with omixa_mock.serve() as server:
            ends.enter_context(closing(open_connection(server.url)))
            began = time.monotonic()
        assert time.monotonic() - began < 1


def start_on_used_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as used, omixa_mock.serve(port=used.getsockname()[1]):
        pytest.fail("it started on a port in use")


def test_port_in_use_raises_its_own_error() -> None:
    with pytest.raises(OSError, match=r".") as caught:
        start_on_used_port()
    assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"settings": {"seeed": 1}}, "Did you mean seed?"),
        ({"settings": {"n_over_provider_limit": "cap"}}, "clamp, refuse"),
        ({"settings": {"latency": -1}}, "accepted: seconds"),
        ({"settings": {"models": ["dall-e-3"]}}, "gpt-image-1.5"),
        ({"keys": ["sk-1"]}, "omx_live_"),
        ({"keys": []}, "any, issued"),
        ({"keys": "none"}, "any, issued"),
    ],
)
def test_bad_option_is_refused_with_the_accepted_values(options: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingError, match=text), omixa_mock.serve(**options):
        pytest.fail("it started")


def test_refused_key_is_not_shown() -> None:
    with pytest.raises(SettingError) as caught, omixa_mock.serve(keys=["omx_live_secret!"]):
        pytest.fail("it started")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("error", [RuntimeError, ValueError, asyncio.CancelledError])
def test_thread_that_died_is_raised_at_the_end_of_the_block(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    async def die(*_: Any, ready: Callable[[str], None], **__: Any) -> None:
        ready("http://127.0.0.1:1")
        await asyncio.sleep(0)
        raise error

    monkeypatch.setattr("omixa_mock.server.listen", die)
    with pytest.raises(RuntimeError, match=r"http://127\.0\.0\.1:1 died"), omixa_mock.serve():
        pass


def test_thread_that_died_before_it_listened_is_raised_at_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(*_: Any, **__: Any) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    monkeypatch.setattr("omixa_mock.server.listen", die)
    with pytest.raises(ZeroDivisionError), omixa_mock.serve():
        pytest.fail("it started")


def test_exception_of_the_block_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), omixa_mock.serve():
        raise ZeroDivisionError


def use() -> None:
    with omixa_mock.serve():
        pass


def refuse_setting() -> None:
    with pytest.raises(SettingError), omixa_mock.serve(settings={"seed": "x"}):
        pass


def refuse_port() -> None:
    with pytest.raises(OSError, match=r"."):
        start_on_used_port()


def raise_in_block() -> None:
    with pytest.raises(ZeroDivisionError), omixa_mock.serve():
        raise ZeroDivisionError


@pytest.mark.parametrize("scenario", [use, refuse_setting, refuse_port, raise_in_block])
def test_no_thread_is_left(scenario: Callable[[], None]) -> None:
    before = set(threading.enumerate())
    scenario()
    assert set(threading.enumerate()) == before


def test_server_can_be_started_again_in_one_process(http: httpx.Client) -> None:
    use()
    with omixa_mock.serve() as server:
        assert http.get(server.url).status_code == 404


def test_two_servers_run_concurrently(http: httpx.Client) -> None:
    with omixa_mock.serve() as first, omixa_mock.serve() as second:
        http.get(f"{first.base_url}/models", headers=bearer("omx_live_here"))
        health = http.get(f"{second.url}/__omixa/health").json()
    assert health["workspaces"] == 0


def test_port_is_free_again_at_once(http: httpx.Client) -> None:
    with omixa_mock.serve() as server:
        port = int(server.url.rpartition(":")[2])
        http.get(server.url)
    with omixa_mock.serve(port=port) as again:
        assert http.get(again.url).status_code == 404


def test_server_runs_inside_a_running_event_loop() -> None:
    async def main() -> int:
        with omixa_mock.serve() as server:
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                return (await client.get(server.url)).status_code

    assert asyncio.run(main()) == 404


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_server_listens_on_ipv6(http: httpx.Client) -> None:
    with omixa_mock.serve(host="::1") as server:
        assert http.get(f"{server.url}/__omixa/health").json()["status"] == "ok"


def test_server_bound_everywhere_has_a_loopback_url(http: httpx.Client) -> None:
    with omixa_mock.serve(host="0.0.0.0") as server:
        assert http.get(server.url).status_code == 404


def test_package_adds_no_logging_handler(server: OmixaMockServer, http: httpx.Client) -> None:
    import logging

    http.get(server.url)
    assert all(not logging.getLogger(name).handlers for name in ("uvicorn", "uvicorn.error", "uvicorn.access"))
