"""Bounded logs of calls, and the endpoints that read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock import Gateway
from omixa_mock.gateway.calls import BoundedLog

Ask = Callable[..., Any]
USAGE = {"method": "GET", "path": "/api/v1/usage/requests"}
ROLLUPS = {"method": "GET", "path": "/api/v1/usage/rollups"}
MODELS = {"method": "GET", "path": "/api/v1/models"}


@given(numbers=st.lists(st.integers(), max_size=40), entries=st.integers(1, 10))
def test_log_keeps_the_newest_entries_and_counts_the_evicted(numbers: list[int], entries: int) -> None:
    records = BoundedLog[int](entries)
    for number in numbers:
        records.append(number)
    assert (list(records), records.evicted) == (numbers[-entries:], max(0, len(numbers) - entries))


def test_cleared_log_is_empty_and_has_evicted_nothing() -> None:
    records = BoundedLog[int](1)
    records.append(1)
    records.append(2)
    records.clear()
    assert (list(records), len(records), records.evicted) == ([], 0, 0)


def test_log_may_grow_during_iteration() -> None:
    records = BoundedLog[int]()
    records.append(1)
    for record in records:
        records.append(record + 1)
    assert list(records) == [1, 2]


def test_journal_counts_evicted_calls(gateway: Gateway, ask: Ask) -> None:
    workspace = gateway.workspaces.open("omx_live_core")
    workspace.journal = BoundedLog(2)
    for prompt in "abc":
        ask(gateway, prompt=prompt)
    assert ([call.number for call in workspace.journal], workspace.as_json()["calls_evicted"]) == ([2, 3], 1)


def test_size_of_a_call_counts_its_body(gateway: Gateway, ask: Ask) -> None:
    small, large = ask(gateway).call, ask(gateway, prompt="a" * 30_000).call
    assert 29_000 < large.size - small.size < 31_000


def test_size_of_a_call_counts_its_mask(make_gateway: Callable[..., Gateway], ask: Ask, part: Any) -> None:
    gateway = make_gateway(image_checks="ignore")
    mask = part(bytes(30_000))
    assert ask(gateway, mask=mask).call.size > 70_000


@pytest.mark.parametrize("length", ["", "abc", "9" * 5000, "1, 1"])
def test_declared_length_does_not_affect_the_size(length: str, gateway: Gateway, ask: Ask) -> None:
    normal, odd = ask(gateway), ask(gateway, headers={"content-length": length})
    assert odd.call.size < normal.call.size + 1000


def test_every_call_is_passed_to_on_call(gateway: Gateway, ask: Ask) -> None:
    results = [ask(gateway), ask(gateway, n=11), ask(gateway, path="/"), ask(gateway, key=None)]
    # `ask` takes each call from `on_call`.
    assert [result.call for result in results] == [
        *gateway.workspaces.enter("omx_live_core").journal,
        *gateway.unmatched,
    ]


def test_usage_of_a_success(gateway: Gateway, ask: Ask) -> None:
    ask(gateway, n=2)
    assert ask(gateway, **USAGE).body["data"] == [
        {
            "id": "req_1",
            "created": 1780660800,
            "model": "gpt-image-1.5",
            "operation": "generate",
            "stream": False,
            "status": 200,
            "tokens": None,
            "cost": "0.078000",
            "latency_ms": 0,
            "error": None,
        }
    ]


def test_usage_of_a_refusal(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(default_balance=0)
    refused = ask(gateway)
    (record,) = ask(gateway, **USAGE).body["data"]
    assert (record["status"], record["cost"], record["error"]) == (402, "0.000000", refused.body["error"])


def test_usage_of_a_call_with_a_disconnected_client(gateway: Gateway, ask: Ask, leave: Callable[..., Any]) -> None:
    from omixa_mock.gateway import ReadBody

    leave(gateway, ReadBody)
    (record,) = ask(gateway, **USAGE).body["data"]
    assert (record["status"], record["model"], record["error"]) == (499, None, None)


@pytest.mark.parametrize("model", [5, None, ...])
def test_usage_of_a_call_without_a_model(model: Any, gateway: Gateway, ask: Ask) -> None:
    ask(gateway, model=model)
    assert ask(gateway, **USAGE).body["data"][0]["model"] is None


def test_usage_has_the_newest_first(gateway: Gateway, ask: Ask) -> None:
    for prompt in "abc":
        ask(gateway, prompt=prompt)
    assert [record["id"] for record in ask(gateway, **USAGE).body["data"]] == ["req_3", "req_2", "req_1"]


def test_reading_usage_adds_no_usage(gateway: Gateway, ask: Ask) -> None:
    for read in (USAGE, ROLLUPS, MODELS, USAGE):
        result = ask(gateway, **read)
    assert result.body == {"data": []}


@pytest.mark.parametrize(("limit", "count"), [("1", 1), ("2", 2), ("1000", 3), ("002", 2)])
def test_usage_is_limited(limit: str, count: int, gateway: Gateway, ask: Ask) -> None:
    for prompt in "abc":
        ask(gateway, prompt=prompt)
    assert len(ask(gateway, **USAGE, query={"limit": limit}).body["data"]) == count


@pytest.mark.parametrize("limit", ["0", "1001", "10000", "00100000", "1" * 5000, "-1", "x", "", "²", "1.0"])
def test_bad_limit_is_refused(limit: str, gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, **USAGE, query={"limit": limit})
    assert (result.status, "accepted: 1 to 1000. Send ?limit=100." in result.message) == (422, True)


def test_usage_is_separate_for_each_key(gateway: Gateway, ask: Ask) -> None:
    ask(gateway)
    assert ask(gateway, **USAGE, key="omx_live_other").body == {"data": []}


PERIODS = [("hour", "2026-06-05T12"), ("day", "2026-06-05"), ("month", "2026-06")]


@pytest.mark.parametrize(("kind", "period"), PERIODS)
def test_rollup_sums_up_a_period(kind: str, period: str, gateway: Gateway, ask: Ask) -> None:
    ask(gateway, n=2)
    ask(gateway)
    ask(gateway, n=11)
    assert ask(gateway, **ROLLUPS, query={"period_type": kind}).body == {
        "period_type": kind,
        "data": [{"period": period, "requests": 3, "failed": 1, "images": 3, "cost": "0.117000"}],
    }


def test_rollup_is_by_day_by_default(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, **ROLLUPS).body == {"period_type": "day", "data": []}


def test_rollup_has_a_row_for_each_period(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    times = iter([3600.0 * 24, 3600.0 * 24, 0.0, 0.0])
    gateway = make_gateway(clock="real", now=lambda: next(times))
    for _ in range(3):
        ask(gateway)
    rows = ask(gateway, **ROLLUPS).body["data"]
    assert [(row["period"], row["requests"]) for row in rows] == [("1970-01-01", 1), ("1970-01-02", 2)]


@pytest.mark.parametrize("kind", ["week", "", "x" * 5000])
def test_bad_period_is_refused(kind: str, gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, **ROLLUPS, query={"period_type": kind})
    assert (result.status, "accepted: hour, day, month. Send ?period_type=day." in result.message) == (422, True)


def test_latest_time_can_be_rolled_up(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(created=99_999_999_999)
    ask(gateway)
    assert ask(gateway, **ROLLUPS).body["data"][0]["period"] == "5138-11-16"


def test_models_are_listed_with_their_price(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, **MODELS).body["data"] == [
        {
            "id": "gpt-image-1.5",
            "modality": "image",
            "provider": "azure-openai",
            "price": {"per_image": "0.039000", "currency": "USD"},
        }
    ]


def test_partial_models_are_listed_if_they_are_enabled(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    models = ["gpt-image-1.5", "MAI-Image-2.5"]
    assert [row["id"] for row in ask(make_gateway(models=models), **MODELS).body["data"]] == models


def test_models_that_the_key_may_not_use_are_not_listed(gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open("omx_live_core").configure({"models": []})
    assert ask(gateway, **MODELS).body == {"data": []}


def test_journal_is_json(gateway: Gateway, ask: Ask) -> None:
    for request in ({}, {"n": 11}, {"raw": b"\xff"}, {"path": "/"}, USAGE):
        record = ask(gateway, **request).call.as_json()
        assert json.loads(json.dumps(record)) == record
