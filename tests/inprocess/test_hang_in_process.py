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
    from tests.inprocess.conftest import Door

Handle = omixa_mock.Handle
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
def test_sync_client_without_a_timeout_is_given_up_at_once(gateway: Handle, sync_door: Door, fault: str) -> None:
    gateway.fail(fault)
    with pytest.raises(ClientHasNoTimeout, match=r"Give the client one, for instance timeout=60\."):
        sync_door.order()


@HANGS
@pytest.mark.parametrize("name", ASYNC)
def test_async_client_without_a_timeout_is_given_up_after_the_limit(
    gateway: Handle, all_doors: dict[str, Door], name: str, fault: str
) -> None:
    gateway.configure(hang_limit=0.05)
    gateway.fail(fault)
    began = time.monotonic()
    with pytest.raises(ClientHasNoTimeout):
        all_doors[name].order()
    assert time.monotonic() - began >= 0.05


def test_handler_of_every_exception_does_not_hide_a_missing_timeout(gateway: Handle, sync_door: Door) -> None:
    def retry() -> None:
        with suppress(Exception):
            sync_door.order()

    gateway.fail("hang")
    with pytest.raises(ClientHasNoTimeout):
        retry()


@HANGS
def test_client_that_was_given_up_is_recorded_as_left(gateway: Handle, door: Door, fault: str) -> None:
    gateway.configure(hang_limit=0.01)
    gateway.fail(fault)
    with suppress(ClientHasNoTimeout):
        door.order()
    [call] = gateway.calls
    assert (call.client_left, call.fault, [entry.kind for entry in gateway.ledger]) == (True, fault, CHARGES[fault])


# A client with one


@pytest.mark.usefixtures("no_waiting")
@HANGS
def test_client_with_a_timeout_raises_its_own_at_once(gateway: Handle, door: Door, fault: str) -> None:
    gateway.fail(fault)
    with pytest.raises(door.timeout):
        door.order(timeout=5)


@pytest.mark.usefixtures("no_waiting")
@HANGS
def test_client_with_a_timeout_waited_for_as_long(gateway: Handle, door: Door, fault: str) -> None:
    gateway.fail(fault)
    with suppress(door.timeout):
        door.order(timeout=5)
    assert [(call.waited, call.client_left) for call in gateway.calls] == [(5, True)]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_timeout_around_a_hang_is_the_clients_patience(gateway: Handle, library: Any) -> None:
    async def ask() -> None:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=None) as client, asyncio.timeout(0.2):
            await client.post(f"{gateway.base_url}/images/generations", json=ORDER, headers=KEY)

    gateway.fail("hang")
    with pytest.raises(TimeoutError):
        asyncio.run(ask())
    assert [(call.client_left, 0 < call.waited < 2) for call in gateway.calls] == [(True, True)]


ORDER = {"model": "gpt-image-1.5", "prompt": "a cat"}
KEY = {"authorization": "Bearer omx_live_any"}


# What comes late


@pytest.mark.parametrize("fault", ["delay:20ms", "delay_after_capture:20ms", "drip:20ms"])
def test_late_reply_comes_whole_and_not_before_its_time(gateway: Handle, door: Door, fault: str) -> None:
    told = door.order().body
    gateway.fail(fault)
    began = time.monotonic()
    assert (door.order(timeout=60).body, time.monotonic() - began >= 0.02) == (told, True)


@pytest.mark.parametrize("fault", ["delay:20ms", "drip:20ms"])
def test_late_reply_is_recorded_with_how_long_it_took(gateway: Handle, door: Door, fault: str) -> None:
    gateway.fail(fault)
    door.order()
    assert gateway.last.waited == pytest.approx(0.02)


@pytest.mark.parametrize(("fault", "waited"), [("delay:60m", 5), ("drip:60m", 5), ("delay:6s", 5)])
@pytest.mark.usefixtures("no_waiting")
def test_reply_that_is_too_late_is_a_timeout_at_once(gateway: Handle, door: Door, fault: str, waited: float) -> None:
    gateway.fail(fault)
    # In the body a timeout is a failed connection to requests, and to nobody else.
    late = requests.ConnectionError if door.library is requests and fault.startswith("drip") else door.timeout
    with pytest.raises(late):
        door.order(timeout=5)
    assert (gateway.last.client_left, gateway.last.waited) == (True, waited)


def test_waits_before_the_head_count_together_against_a_timeout(gateway: Handle, door: Door) -> None:
    gateway.configure(latency=0.03)
    gateway.fail("delay:30ms")
    with pytest.raises(door.timeout):
        door.order(timeout=0.05)
    assert gateway.last.client_left
    assert gateway.last.waited == pytest.approx(0.05)


@pytest.mark.usefixtures("no_waiting")
def test_a_fault_that_had_no_chance_to_strike_is_left_for_the_next_call(gateway: Handle, door: Door) -> None:
    gateway.configure(latency=10)
    gateway.fail("reset_after_capture")
    with pytest.raises(door.timeout):
        door.order(timeout=5)
    assert (gateway.last.fault, gateway.plans[0].state) == ("", "never fired")


def test_drip_whose_pauses_are_short_outlives_a_shorter_read_timeout(gateway: Handle, door: Door) -> None:
    gateway.fail("drip:90ms")
    assert door.order(timeout=0.05).status == 200


def test_times_are_scaled(gateway: Handle, door: Door) -> None:
    gateway.configure(time_scale=0.001)
    gateway.fail("delay:10s")
    door.order(timeout=5)
    assert gateway.last.waited == pytest.approx(0.01)
