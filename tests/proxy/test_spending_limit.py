"""Tests of the spending limit: what the target's ledger holds never passes it."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import omixa_mock
from omixa_mock.proxy.exchange import Exchange

from .conftest import CAT, GENERATE, run_proxy

DEAREST = Decimal("0.234")


def send(url: str, key: str, **fields: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{url}{GENERATE}", json={**CAT, **fields}, headers=headers, timeout=30)


def send_at_once(url: str, key: str, count: int, **fields: Any) -> list[httpx.Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: send(url, key, **fields), range(count)))


@pytest.mark.parametrize(
    ("limit", "prices"),
    [(Decimal("0.5"), {}), (Decimal(3), {"gpt-image-1.5": "1.400000"})],
    ids=["assumed", "six times dearer"],
)
def test_sixteen_calls_at_once_never_pass_the_limit(limit: Decimal, prices: Any, start: Callable[..., Any]) -> None:
    with omixa_mock.serve(settings={"latency": "20ms", "prices": prices}) as server:
        proxy = start(server.url, max_spend=limit)
        responses = send_at_once(proxy.url, server.api_key, 16)
        proxy.stop()

        captured = server.wallet.captured
    assert Decimal(0) < captured <= limit
    assert {response.status_code for response in responses} == {200, 402}
    assert proxy.observer.purse.billed == captured


@pytest.mark.acceptance
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    limit=st.decimals("0.1", "3", places=2),
    calls=st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["low", "high", "auto"])), min_size=1, max_size=16),
    fault=st.sampled_from(["", "no_route=0.3", "truncated=0.3", "bad_gateway_after_capture=0.3", "reset_in_body=0.3"]),
)
def test_the_ledger_never_passes_the_limit(limit: Decimal, calls: Any, fault: str) -> None:
    faults = [fault] if fault else []
    with omixa_mock.serve(faults=faults) as server, run_proxy(server.url, max_spend=limit) as proxy:

        def call(fields: tuple[int, str]) -> None:
            with suppress(httpx.HTTPError):
                send(proxy.url, server.api_key, n=fields[0], quality=fields[1])

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(call, calls))

        assert server.wallet.captured <= limit
        assert proxy.observer.purse.counted <= limit


def test_calls_one_after_another_spend_all_but_the_worst_price(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url, max_spend=Decimal("0.40"))

    statuses = [send(proxy.url, upstream.api_key).status_code for _ in range(8)]

    assert statuses == [200] * 5 + [402] * 3
    assert upstream.wallet.captured == Decimal("0.195")


def test_the_refusal_is_marked_as_the_proxys_own_and_says_how_to_go_on(
    upstream: Any, start: Callable[..., Any]
) -> None:
    response = send(start(upstream.url, max_spend=Decimal(0)).url, upstream.api_key)

    assert response.headers["X-Omixa-Mock"] == "proxy"
    assert response.json()["error"]["message"].startswith("Start the proxy with a higher --max-spend: ")
    assert not upstream.calls


@pytest.mark.parametrize("fault", ["no_route", "invalid_request", "rate_limited"])
def test_a_refusal_of_the_gateway_costs_nothing(fault: str, upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url, max_spend=Decimal(1))
    upstream.fail(fault)
    send(proxy.url, upstream.api_key)
    proxy.stop()

    assert proxy.observer.purse.counted == 0


@pytest.mark.parametrize("fault", ["truncated", "internal_error_after_capture", "missing_usage"])
def test_a_call_without_a_bill_counts_at_the_worst_price(fault: str, upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url, max_spend=Decimal(1))
    upstream.fail(fault)
    with suppress(httpx.HTTPError):
        send(proxy.url, upstream.api_key)
    proxy.stop()

    assert proxy.observer.purse.counted == DEAREST


def test_reads_are_free(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url, max_spend=Decimal(0))

    response = httpx.get(f"{proxy.url}/api/v1/models", headers={"Authorization": f"Bearer {upstream.api_key}"})

    assert response.status_code == 200


def test_the_prices_of_the_settings_are_assumed(start: Callable[..., Any]) -> None:
    prices = {"prices": {"gpt-image-1.5": "1.700000"}}
    with omixa_mock.serve(settings=prices) as server:
        proxy = start(server.url, max_spend=Decimal(1), settings=prices)

        assert send(proxy.url, server.api_key).status_code == 402


def test_bills_are_summed_without_a_limit(upstream: Any, start: Callable[..., Any]) -> None:
    proxy = start(upstream.url)
    send_at_once(proxy.url, upstream.api_key, 4, n=2)
    proxy.stop()

    assert proxy.observer.purse.billed == upstream.wallet.captured == Decimal("0.312")


def test_a_gateway_that_cannot_be_reached_costs_nothing(start: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    proxy = start(f"http://127.0.0.1:{port}", max_spend=Decimal(1))
    with pytest.raises(httpx.ReadError):
        send(proxy.url, "omx_live_someone")
    proxy.stop()

    assert proxy.observer.purse.counted == 0


@pytest.mark.parametrize(("coding", "price"), [("gzip", DEAREST), ("br", 10 * DEAREST)])
def test_a_coded_request_counts_at_its_worst_price(
    coding: str, price: Decimal, upstream: Any, start: Callable[..., Any]
) -> None:
    content = gzip.compress(json.dumps(CAT).encode()) if coding == "gzip" else b"\x0b\x02\x80"
    headers = {"Authorization": f"Bearer {upstream.api_key}", "Content-Encoding": coding}
    for limit in (price - Decimal("0.001"), price):
        proxy = start(upstream.url, max_spend=limit)
        httpx.post(f"{proxy.url}{GENERATE}", content=content, headers={**headers, "Content-Type": "application/json"})

    assert [call.status for call in upstream.calls] == [415]


def test_a_flaw_of_ours_does_not_stop_the_calls_after_it(
    upstream: Any, start: Callable[..., Any], monkeypatch: Any
) -> None:
    proxy = start(upstream.url, max_spend=Decimal(9))
    with monkeypatch.context() as patch:
        patch.setattr(Exchange, "compact_response", lambda _: 1 // 0)
        first = send(proxy.url, upstream.api_key)
        httpx.get(f"{proxy.url}/__omixa/requests")
    second = send(proxy.url, upstream.api_key)
    proxy.stop()

    assert (first.status_code, second.status_code) == (200, 200)
    assert proxy.observer.purse.counted == DEAREST + upstream.wallet.captured / 2
    assert "ZeroDivisionError" in proxy.observer.trouble
