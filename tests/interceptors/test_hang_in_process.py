"""A hang, a drip and a delay in process: nobody's test hangs, and a client without a timeout is told of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
import requests

import omixa_mock
from omixa_mock.interceptors.exchange import ClientHasNoTimeout

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

OmixaMock = omixa_mock.OmixaMock
ASYNC = ["httpx asyncio", "httpx trio", "httpx2 asyncio", "httpx2 trio"]
HANGS = pytest.mark.parametrize("fault", ["hang", "hang_after_capture"])
CHARGES = {"hang": ["balance", "hold", "release"], "hang_after_capture": ["balance", "hold", "capture"]}


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sleeps fails."""

    def explode(*_: Any) -> None:
        raise AssertionError("this waits")

    monkeypatch.setattr(time, "sleep", explode)
    monkeypatch.setattr(anyio, "sleep", explode)


# A client without a timeout


@pytest.mark.usefixtures("no_waiting")
@HANGS
def test_sync_client_without_a_timeout_is_given_up_at_once(
    gateway: OmixaMock, sync_http_client: HttpClient, fault: str
) -> None:
    gateway.fail(fault)
    with pytest.raises(ClientHasNoTimeout, match=r"Give the client one, for instance timeout=60\."):
        sync_http_client.generate()


@HANGS
@pytest.mark.parametrize("name", ASYNC)
def test_async_client_without_a_timeout_is_given_up_after_the_limit(
    gateway: OmixaMock, all_http_clients: dict[str, HttpClient], name: str, fault: str
) -> None:
    gateway.configure(hang_limit=0.05)
    gateway.fail(fault)
    began = time.monotonic()
    with pytest.raises(ClientHasNoTimeout):
        all_http_clients[name].generate()
    assert time.monotonic() - began >= 0.05


def test_handler_of_every_exception_does_not_hide_a_missing_timeout(
    gateway: OmixaMock, sync_http_client: HttpClient
) -> None:
    def retry() -> None:
        with suppress(Exception):
            sync_http_client.generate()

    gateway.fail("hang")
    with pytest.raises(ClientHasNoTimeout):
        retry()


@HANGS
def test_client_that_was_given_up_is_recorded_as_left(gateway: OmixaMock, http_client: HttpClient, fault: str) -> None:
    gateway.configure(hang_limit=0.01)
    gateway.fail(fault)
    with suppress(ClientHasNoTimeout):
        http_client.generate()
    [call] = gateway.calls
    assert (call.client_left, call.fault, [entry.kind for entry in gateway.ledger]) == (True, fault, CHARGES[fault])


# A client with one


@pytest.mark.usefixtures("no_waiting")
@HANGS
def test_client_with_a_timeout_raises_its_own_at_once(gateway: OmixaMock, http_client: HttpClient, fault: str) -> None:
    gateway.fail(fault)
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=5)


@pytest.mark.usefixtures("no_waiting")
@HANGS
def test_client_with_a_timeout_waited_for_as_long(gateway: OmixaMock, http_client: HttpClient, fault: str) -> None:
    gateway.fail(fault)
    with suppress(http_client.timeout):
        http_client.generate(timeout=5)
    assert [(call.waited, call.client_left) for call in gateway.calls] == [(5, True)]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_timeout_around_a_hang_is_the_clients_patience(gateway: OmixaMock, library: Any) -> None:
    async def ask() -> None:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=None) as client, asyncio.timeout(0.2):
            await client.post(f"{gateway.base_url}/images/generations", json=REQUEST, headers=KEY)

    gateway.fail("hang")
    with pytest.raises(TimeoutError):
        asyncio.run(ask())
    assert [(call.client_left, 0 < call.waited < 2) for call in gateway.calls] == [(True, True)]


REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
KEY = {"authorization": "Bearer omx_live_any"}


# What comes late


@pytest.mark.parametrize("fault", ["delay:20ms", "delay_after_capture:20ms", "drip:20ms"])
def test_late_response_comes_whole_and_not_before_its_time(
    gateway: OmixaMock, http_client: HttpClient, fault: str
) -> None:
    told = http_client.generate().body
    gateway.fail(fault)
    began = time.monotonic()
    assert (http_client.generate(timeout=60).body, time.monotonic() - began >= 0.02) == (told, True)


@pytest.mark.parametrize("fault", ["delay:20ms", "drip:20ms"])
def test_late_response_is_recorded_with_how_long_it_took(
    gateway: OmixaMock, http_client: HttpClient, fault: str
) -> None:
    gateway.fail(fault)
    http_client.generate()
    assert gateway.last.waited == pytest.approx(0.02)


@pytest.mark.parametrize(("fault", "waited"), [("delay:60m", 5), ("drip:60m", 5), ("delay:6s", 5)])
@pytest.mark.usefixtures("no_waiting")
def test_response_that_is_too_late_is_a_timeout_at_once(
    gateway: OmixaMock, http_client: HttpClient, fault: str, waited: float
) -> None:
    gateway.fail(fault)
    # In the body a timeout is a failed connection to requests, and to nobody else.
    late = (
        requests.ConnectionError
        if http_client.library is requests and fault.startswith("drip")
        else http_client.timeout
    )
    with pytest.raises(late):
        http_client.generate(timeout=5)
    assert (gateway.last.client_left, gateway.last.waited) == (True, waited)


def test_waits_before_the_head_count_together_against_a_timeout(gateway: OmixaMock, http_client: HttpClient) -> None:
    gateway.configure(latency=0.03)
    gateway.fail("delay:30ms")
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=0.05)
    assert gateway.last.client_left
    assert gateway.last.waited == pytest.approx(0.05)


@pytest.mark.usefixtures("no_waiting")
def test_a_fault_that_had_no_chance_to_strike_is_left_for_the_next_call(
    gateway: OmixaMock, http_client: HttpClient
) -> None:
    gateway.configure(latency=10)
    gateway.fail("reset_after_capture")
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=5)
    assert (gateway.last.fault, gateway.plans[0].state) == ("", "never fired")


def test_drip_whose_pauses_are_short_outlives_a_shorter_read_timeout(
    gateway: OmixaMock, http_client: HttpClient
) -> None:
    gateway.fail("drip:90ms")
    assert http_client.generate(timeout=0.05).status == 200


def test_times_are_scaled(gateway: OmixaMock, http_client: HttpClient) -> None:
    gateway.configure(time_scale=0.001)
    gateway.fail("delay:10s")
    http_client.generate(timeout=5)
    assert gateway.last.waited == pytest.approx(0.01)
