"""Read timeouts: a response slower than the timeout raises the client's own exception at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
import requests

import omixa_mock

if TYPE_CHECKING:
    from tests.interceptors.conftest import HttpClient


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that sleeps."""

    def explode(*_: Any) -> None:
        raise AssertionError("this waits")

    monkeypatch.setattr(time, "sleep", explode)
    monkeypatch.setattr(anyio, "sleep", explode)


@pytest.fixture
def slow(mock: omixa_mock.OmixaMock) -> omixa_mock.OmixaMock:
    """Return a mock whose responses take an hour."""
    mock.configure(latency=3600)
    return mock


@pytest.fixture
def timed_out(slow: omixa_mock.OmixaMock, http_client: HttpClient, no_sleep: None) -> Any:  # noqa: ARG001  # both are conditions
    """Return the exception of a client with a timeout of five seconds, which do not pass."""
    with pytest.raises(Exception, match=r"timed out|^$") as raised:
        http_client.generate(timeout=5)
    return raised.value


def test_client_raises_its_own_read_timeout_at_once(timed_out: Exception, http_client: HttpClient) -> None:
    assert type(timed_out) is http_client.timeout


def test_timeout_has_its_request(timed_out: Any) -> None:
    # That of urllib3 has the URL's parts.
    url = timed_out.request.url if hasattr(timed_out, "request") else f"https://{timed_out.pool.host}{timed_out.url}"
    assert url == "https://www.omixa.cloud/api/v1/images/generations"


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that its traceback shows."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_timeout_shows_no_exception_of_ours(timed_out: Exception) -> None:
    assert not [error for error in chain_of(timed_out) if type(error).__module__.startswith("omixa_mock")]


@pytest.mark.usefixtures("timed_out")
def test_timed_out_call_is_recorded_as_left(slow: omixa_mock.OmixaMock) -> None:
    assert [(call.client_left, call.charged, call.sent) for call in slow.calls] == [(True, False, None)]


@pytest.mark.usefixtures("timed_out")
def test_timed_out_call_is_not_charged(slow: omixa_mock.OmixaMock) -> None:
    assert [entry.kind for entry in slow.ledger][-2:] == ["hold", "release"]
    assert {slow.wallet.captured, slow.wallet.held} == {Decimal(0)}


def test_read_timeout_is_the_one_of_the_same_client_over_a_socket(http_client: HttpClient) -> None:
    with omixa_mock.serve(settings={"latency": 30}) as server, pytest.raises(http_client.timeout) as raised:
        http_client.generate(server.url, timeout=0.02)
    assert type(raised.value) is http_client.timeout


@pytest.mark.parametrize("timeout", [None, 5])
def test_client_waits_within_its_timeout(
    mock: omixa_mock.OmixaMock, http_client: HttpClient, timeout: float | None
) -> None:
    mock.configure(latency=0.02)
    began = time.monotonic()
    assert http_client.generate(timeout=timeout).status == 200
    assert time.monotonic() - began >= 0.02


def test_timeout_equal_to_the_latency_is_long_enough(mock: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    mock.configure(latency=0.01)
    assert http_client.generate(timeout=0.01).status == 200


@pytest.mark.usefixtures("no_sleep", "slow")
@pytest.mark.parametrize(
    ("library", "timeout"),
    [
        (httpx, httpx.Timeout(None, read=1)),
        (httpx2, httpx2.Timeout(None, read=1)),
        (requests, (None, 1)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_only_the_read_timeout_counts(all_http_clients: dict[str, HttpClient], library: Any, timeout: Any) -> None:
    http_client = all_http_clients[library.__name__]
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=timeout)


@pytest.mark.usefixtures("no_sleep", "slow")
def test_client_that_timed_out_may_retry(mock: omixa_mock.OmixaMock, http_client: HttpClient) -> None:
    with pytest.raises(http_client.timeout):
        http_client.generate(timeout=1)
    mock.configure(latency=0)
    assert http_client.generate(timeout=1).status == 200


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_cancelled_task_releases_its_hold(mock: omixa_mock.OmixaMock, library: Any) -> None:
    async def give_up() -> None:
        async with library.AsyncClient(trust_env=False, verify=False, timeout=None) as client:
            headers = {"authorization": "Bearer omx_live_any"}
            call = client.post(f"{mock.base_url}/images/generations", json=REQUEST, headers=headers)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call, 0.02)

    asyncio.run(give_up())
    assert [(call.client_left, call.charged) for call in mock.calls] == [(True, False)]
    assert mock.wallet.held == 0


REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}


@pytest.mark.usefixtures("slow")
def test_interrupted_wait_releases_its_hold(
    mock: omixa_mock.OmixaMock, sync_http_client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt) as raised:
        sync_http_client.generate()
    # Its traceback keeps the flow alive: only the driver ends it.
    assert raised.tb
    assert ([call.client_left for call in mock.calls], mock.wallet.held) == ([True], Decimal(0))
