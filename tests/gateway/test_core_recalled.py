"""What was judged or made before is given again where it is the same, and only there."""

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
from omixa_mock.gateway import gateway as flow
from omixa_mock.gateway.common import BoundedCache
from omixa_mock.gateway.images import draw
from omixa_mock.gateway.pipeline import provider
from omixa_mock.transports.flow_driver import drive

BODY = json.dumps({"model": "gpt-image-1.5", "prompt": "a cat"}).encode()
OLD, NEW = "omx_live_old", "omx_live_new"


def head(key: str) -> Request:
    fields = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return Request("POST", "/api/v1/images/generations", fields, {})


def answer(gateway: Gateway, body: bytes = BODY, key: str = OLD) -> Response:
    sent: list[Response] = []

    def perform(step: Step) -> bytes | None:
        if isinstance(step, Send):
            sent.append(step.response)
        return body if isinstance(step, ReadBody) else None

    drive(gateway.handle(head(key)), perform)
    return sent[0]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what a journey did anew."""
    done: list[str] = []

    def watch(module: ModuleType, name: str) -> None:
        work: Callable[..., Any] = getattr(module, name)

        def watched(*args: Any) -> Any:
            done.append(name)
            return work(*args)

        monkeypatch.setattr(module, name, watched)

    watch(flow, "build_parsed_body")
    watch(provider, "make_batch")
    return done


def test_body_that_comes_a_third_time_is_not_read_again(gateway: Gateway, counted: list[str]) -> None:
    responses = [answer(gateway) for _ in range(4)]
    assert (counted.count("build_parsed_body"), len({*responses})) == (2, 1)


def test_image_that_is_ordered_a_third_time_is_not_made_again(gateway: Gateway, counted: list[str]) -> None:
    for _ in range(4):
        answer(gateway)
    assert counted.count("make_batch") == 2


def test_body_that_was_refused_is_refused_again(gateway: Gateway) -> None:
    assert [answer(gateway, b'{"model": 1}').status for _ in range(4)] == [422] * 4


CHANGES: list[dict[str, Any]] = [
    {"seed": 9},
    {"weight": 5000},
    {"prices": {"gpt-image-1.5": "0.5"}},
    {"created": 5},
    {"success_status": 201},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_response_is_recalled_under_its_own_settings_only(gateway: Gateway, changes: dict[str, Any]) -> None:
    first = {answer(gateway) for _ in range(3)}
    gateway.workspaces.open(NEW).configure({"settings": changes})
    others = {answer(gateway, key=NEW) for _ in range(3)}
    assert (len(first), len(others), first & others) == (1, 1, set())
    assert answer(gateway) in first


def test_call_whose_settings_change_amid_it_changes_nobody_elses(gateway: Gateway, heavy: bytes) -> None:
    right = answer(gateway, heavy, NEW)
    under_way = gateway.handle(head(OLD))
    next(under_way)
    assert under_way.send(heavy) == Offload()  # it is read and judged after that
    gateway.workspaces.open(OLD).configure({"settings": {"seed": 99, "prices": {"gpt-image-1.5": "0.5"}}})
    under_way.send(None)
    assert answer(gateway, heavy, NEW) == right


@pytest.fixture
def heavy() -> bytes:
    """An order that takes long to read."""
    image = draw(bytes(12), width=64, height=64, output_format="png", weight=400_000)
    url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    part = {"type": "image_url", "image_url": {"url": url}}
    return json.dumps({"model": "gpt-image-1.5", "prompt": "a cat", "input_images": [part]}).encode()


def test_calls_with_equal_bodies_are_charged_each(gateway: Gateway) -> None:
    for _ in range(5):
        answer(gateway)
    assert gateway.workspaces.open(OLD).wallet.captured == 5 * Decimal("0.039")


def test_what_a_test_changes_in_a_request_is_its_own(gateway: Gateway) -> None:
    for _ in range(3):
        answer(gateway)
    first, *_, last = gateway.workspaces.open(OLD).journal
    assert first.request is not None
    first.request["prompt"] = "a dog"
    assert last.request == json.loads(BODY)


def calls_of(gateway: Gateway) -> tuple[Call, ...]:
    return tuple(gateway.workspaces.open(OLD).journal)


def test_equal_bodies_are_one_in_memory(gateway: Gateway) -> None:
    for _ in range(4):
        answer(gateway)
    assert len({id(call.document) for call in calls_of(gateway)[1:]}) == 1


def test_too_heavy_a_value_is_not_kept() -> None:
    recent: BoundedCache[str, int] = BoundedCache(2, 10)
    recent.keep("a", 1, 11)
    assert recent.recall("a") is None


@pytest.mark.parametrize(
    ("entries", "weights", "kept"), [(2, [1, 1, 1], "bc"), (9, [4, 4, 4], "bc"), (9, [1, 9, 1], "bc")]
)
def test_what_was_kept_first_goes_first(entries: int, weights: list[int], kept: str) -> None:
    recent: BoundedCache[str, int] = BoundedCache(entries, 10)
    for name, weight in zip("abc", weights, strict=True):
        recent.keep(name, 0, weight)
    assert "".join(name for name in "abc" if recent.recall(name) is not None) == kept


def test_heavy_body_that_is_broken_is_refused_as_a_light_one_is(gateway: Gateway) -> None:
    under_way = gateway.handle(head(OLD))
    next(under_way)
    assert under_way.send(b'{"prompt": "' + b"x" * 300_000) == Offload()
    ending = next(under_way)
    assert isinstance(ending, Send)
    assert ending.response.status == 422
