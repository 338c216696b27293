"""Caches: equal requests reuse parsed bodies and batches, different ones do not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from omixa_mock import Gateway
from omixa_mock.gateway import Call, Offload, ReadBody, Request, Response, Send, Step
from omixa_mock.gateway import gateway as gateway_module
from omixa_mock.gateway.common import BoundedCache
from omixa_mock.gateway.images import draw
from omixa_mock.gateway.pipeline import provider
from omixa_mock.transports.flow_driver import drive

BODY = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat"}).encode()
OLD, NEW = "omx_live_old", "omx_live_new"


def head(key: str) -> Request:
    fields = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return Request("POST", "/api/v1/images/generations", fields, {})


def send(gateway: Gateway, body: bytes = BODY, key: str = OLD) -> Response:
    sent: list[Response] = []

    def perform(step: Step) -> bytes | None:
        if isinstance(step, Send):
            sent.append(step.response)
        return body if isinstance(step, ReadBody) else None

    drive(gateway.handle(head(key)), perform)
    return sent[0]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the names of the uncached computations are appended."""
    computed: list[str] = []

    def count(module: ModuleType, name: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def counting(*args: Any) -> Any:
            computed.append(name)
            return function(*args)

        monkeypatch.setattr(module, name, counting)

    count(gateway_module, "build_parsed_body")
    count(provider, "make_batch")
    return computed


def test_third_equal_body_is_not_parsed_again(gateway: Gateway, computed: list[str]) -> None:
    responses = [send(gateway) for _ in range(4)]
    assert (computed.count("build_parsed_body"), len({*responses})) == (2, 1)


def test_third_equal_request_makes_no_new_images(gateway: Gateway, computed: list[str]) -> None:
    for _ in range(4):
        send(gateway)
    assert computed.count("make_batch") == 2


def test_refused_body_is_refused_again(gateway: Gateway) -> None:
    assert [send(gateway, b'{"model": 1}').status for _ in range(4)] == [422] * 4


CHANGES: list[dict[str, Any]] = [
    {"seed": 9},
    {"weight": 5000},
    {"prices": {"gpt-image-1.5": "0.5"}},
    {"created": 5},
    {"success_status": 201},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_response_is_cached_per_settings(gateway: Gateway, changes: dict[str, Any]) -> None:
    first = {send(gateway) for _ in range(3)}
    gateway.workspaces.open(NEW).configure({"settings": changes})
    changed = {send(gateway, key=NEW) for _ in range(3)}
    assert (len(first), len(changed), first & changed) == (1, 1, set())
    assert send(gateway) in first


def test_settings_changed_during_a_call_do_not_affect_other_workspaces(gateway: Gateway, large_body: bytes) -> None:
    expected = send(gateway, large_body, NEW)
    under_way = gateway.handle(head(OLD))
    next(under_way)
    assert under_way.send(large_body) == Offload()  # parsing and validation are next
    gateway.workspaces.open(OLD).configure({"settings": {"seed": 99, "prices": {"gpt-image-1.5": "0.5"}}})
    under_way.send(None)
    assert send(gateway, large_body, NEW) == expected


@pytest.fixture
def large_body() -> bytes:
    """Return a request body that is large enough to be offloaded."""
    image = draw(bytes(12), width=64, height=64, output_format="png", weight=400_000)
    url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    part = {"type": "image_url", "image_url": {"url": url}}
    return json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", "input_images": [part]}).encode()


def test_each_call_with_an_equal_body_is_charged(gateway: Gateway) -> None:
    for _ in range(5):
        send(gateway)
    assert gateway.workspaces.open(OLD).wallet.captured == 5 * Decimal("0.039")


def test_changing_the_request_of_a_call_changes_no_other_call(gateway: Gateway) -> None:
    for _ in range(3):
        send(gateway)
    first, *_, last = gateway.workspaces.open(OLD).journal
    assert first.request is not None
    first.request["prompt"] = "a dog"
    assert last.request == json.loads(BODY)


def calls_of(gateway: Gateway) -> tuple[Call, ...]:
    return tuple(gateway.workspaces.open(OLD).journal)


def test_equal_bodies_share_memory(gateway: Gateway) -> None:
    for _ in range(4):
        send(gateway)
    assert len({id(call.document) for call in calls_of(gateway)[1:]}) == 1


def test_too_large_a_value_is_not_cached() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2, 10)
    cache.put("a", 1, 11)
    assert cache.get("a") is None


@pytest.mark.parametrize(
    ("entries", "sizes", "kept"), [(2, [1, 1, 1], "bc"), (9, [4, 4, 4], "bc"), (9, [1, 9, 1], "bc")]
)
def test_oldest_entry_is_evicted_first(entries: int, sizes: list[int], kept: str) -> None:
    cache: BoundedCache[str, int] = BoundedCache(entries, 10)
    for name, size in zip("abc", sizes, strict=True):
        cache.put(name, 0, size)
    assert "".join(name for name in "abc" if cache.get(name) is not None) == kept


def test_large_malformed_body_is_refused_like_a_small_one(gateway: Gateway) -> None:
    under_way = gateway.handle(head(OLD))
    next(under_way)
    assert under_way.send(b'{"prompt": "' + b"x" * 300_000) == Offload()
    ending = next(under_way)
    assert isinstance(ending, Send)
    assert ending.response.status == 422
