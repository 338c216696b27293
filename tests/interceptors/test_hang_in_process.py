"""Hang, drip and delay in process: no test hangs, and a client without a timeout gets an error."""

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
from omixa_mock.interceptors import ClientHasNoTimeout

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient

OmixaMock = omixa_mock.OmixaMock
ASYNC = ["httpx asyncio", "httpx trio", "httpx2 asyncio", "httpx2 trio"]
HANGS = pytest.mark.parametrize("fault", ["hang", "hang_after_capture"])
CHARGES = {"hang": ["balance", "hold", "release"], "hang_after_capture": ["balance", "hold", "capture"]}


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that sleeps."""

    def explode(*_: Any) -> None:
        raise AssertionError("this waits")

    monkeypatch.setattr(time, "sleep", explode)
    monkeypatch.setattr(anyio, "sleep", explode)


# A client without a timeout


@pytest.mark.usefixtures("no_sleep")
@HANGS
def test_sync_client_without_a_timeout_raises_at_once(
    mock: OmixaMock, sync_http_client: HttpClient, fault: str
) -> None:
    mock.fail(fault)
    with pytest.raises(ClientHasNoTimeout, match=r"Give the client one, for instance timeout=60\."):
        sync_http_client.generate()


@HANGS
@pytest.mark.parametrize("name", ASYNC)
def test_async_client_without_a_timeout_raises_after_the_limit(
    mock: OmixaMock, all_http_clients: dict[str, HttpClient], name: str, fault: str
) -> None:
    mock.configure(hang_limit=0.05)
    mock.fail(fault)
    began = time.monotonic()
    with pytest.raises(ClientHasNoTimeout):
        all_http_clients[name].generate()
    assert time.monotonic() - began >= 0.05


def test_handler_of_every_exception_does_not_hide_a_missing_timeout(
    mock: OmixaMock, sync_http_client: HttpClient
) -> None:
    def retry() -> None:
        with suppress(Exception):
            sync_http_client.generate()

    mock.fail("hang")
    with pytest.raises(ClientHasNoTimeout):
        retry()


@HANGS
def test_client_without_a_timeout_is_recorded_as_left(mock: OmixaMock, http_client: HttpClient, fault: str) -> None:
    mock.configure(hang_limit=0.01)
    mock.fail(fault)
    with suppress(ClientHasNoTimeout):
        http_client.generate()
    [call] = mock.calls
    assert (call.client_left, call.fault, [entry.kind for entry in mock.ledger]) == (True, fault, CHARGES[fault])


# A client with a timeout


@pytest.mark.usefixtures("no_sleep")
@HANGS
def test_client_with_a_timeout_raises_its_own_at_once(mock: OmixaMock, http_client: HttpClient, fault: str) -> None:
    mock.fail(fault)
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=5)


@pytest.mark.usefixtures("no_sleep")
@HANGS
def test_client_with_a_timeout_waited_for_as_long(mock: OmixaMock, http_client: HttpClient, fault: str) -> None:
    mock.fail(fault)
    with suppress(http_client.timeout):
        http_client.generate(timeout=5)
    assert [(call.waited, call.client_left) for call in mock.calls] == [(5, True)]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_timeout_around_a_hang_counts_as_the_clients(mock: OmixaMock, library: Any) -> None:
    async def send() -> None:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=None) as client, asyncio.timeout(0.2):
            await client.post(f"{mock.base_url}/images/generations", json=REQUEST, headers=KEY)

    mock.fail("hang")
    with pytest.raises(TimeoutError):
        asyncio.run(send())
    assert [(call.client_left, 0 < call.waited < 2) for call in mock.calls] == [(True, True)]


REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}
KEY = {"authorization": "Bearer omx_live_any"}


# Late responses


@pytest.mark.parametrize("fault", ["delay:20ms", "delay_after_capture:20ms", "drip:20ms"])
def test_late_response_is_complete_and_not_early(mock: OmixaMock, http_client: HttpClient, fault: str) -> None:
    expected = http_client.generate().body
    mock.fail(fault)
    began = time.monotonic()
    assert (http_client.generate(timeout=60).body, time.monotonic() - began >= 0.02) == (expected, True)


@pytest.mark.parametrize("fault", ["delay:20ms", "drip:20ms"])
def test_late_response_is_recorded_with_its_duration(mock: OmixaMock, http_client: HttpClient, fault: str) -> None:
    mock.fail(fault)
    http_client.generate()
    assert mock.last.waited == pytest.approx(0.02)


@pytest.mark.parametrize(("fault", "waited"), [("delay:60m", 5), ("drip:60m", 5), ("delay:6s", 5)])
@pytest.mark.usefixtures("no_sleep")
def test_response_that_is_too_late_is_a_timeout_at_once(
    mock: OmixaMock, http_client: HttpClient, fault: str, waited: float
) -> None:
    mock.fail(fault)
    # Only requests raises a ConnectionError for a timeout within the body.
    timeout_error = (
        requests.ConnectionError
        if http_client.library is requests and fault.startswith("drip")
        else http_client.timeout
    )
    with pytest.raises(timeout_error):
        http_client.generate(timeout=5)
    assert (mock.last.client_left, mock.last.waited) == (True, waited)


def test_waits_before_the_head_count_together_against_a_timeout(mock: OmixaMock, http_client: HttpClient) -> None:
    mock.configure(latency=0.03)
    mock.fail("delay:30ms")
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=0.05)
    assert mock.last.client_left
    assert mock.last.waited == pytest.approx(0.05)


@pytest.mark.usefixtures("no_sleep")
def test_fault_that_was_not_injected_is_left_for_the_next_call(mock: OmixaMock, http_client: HttpClient) -> None:
    mock.configure(latency=10)
    mock.fail("reset_after_capture")
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=5)
    assert (mock.last.fault, mock.plans[0].state) == ("", "never fired")


def test_drip_with_short_pauses_exceeds_no_read_timeout(mock: OmixaMock, http_client: HttpClient) -> None:
    mock.fail("drip:90ms")
    assert http_client.generate(timeout=0.05).status == 200


def test_times_are_scaled(mock: OmixaMock, http_client: HttpClient) -> None:
    mock.configure(time_scale=0.001)
    mock.fail("delay:10s")
    http_client.generate(timeout=5)
    assert mock.last.waited == pytest.approx(0.01)
