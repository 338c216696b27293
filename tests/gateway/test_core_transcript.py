"""Call serialization: a call written as JSON and read again is equal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omixa_mock.gateway import Call, Gateway, Response, Send, Wait
from omixa_mock.gateway.calls import read_call, write_call
from omixa_mock.gateway.contract import ImageRequest, InputImage
from omixa_mock.gateway.http import Advisory, Attempt, Refusal

Ask = Callable[..., Any]
KEY = "omx_live_core"

# For each call: the options of its request, and the configuration of the workspace.
CALLS: dict[str, tuple[dict[str, Any], Mapping[str, Any]]] = {
    "success": ({}, {}),
    "several": ({"n": 3, "output_format": "webp", "background": "transparent"}, {}),
    "advisory": ({"input_fidelity": "high"}, {}),
    "unicode": ({"prompt": "猫 \u2028 \x7f 🐈"}, {}),
    "second route": ({}, {"routes_down": ["azure-openai"]}),
    "no route": ({}, {"routes_down": ["azure-openai", "azure-foundry"]}),
    "no money": ({}, {"balance": "0"}),
    "rules": ({"n": 0, "size": "1x1", "style": 1}, {}),
    "JSON": ({"raw": b"{"}, {}),
    "numbers": ({"raw": b'{"n": 123456789012345678901234567890, "size": 1e300, "x": -0.0}'}, {}),
    "no object": ({"raw": b"[1]"}, {}),
    "too large": ({}, {"settings": {"body_max": 10}}),
    "late key": ({"key": "sk-1"}, {}),
    "path": ({"path": "/api/v1/x"}, {}),
    "read": ({"method": "GET", "path": "/api/v1/usage/requests", "query": {"limit": "1"}}, {}),
    "replayed": ({"headers": {"idempotency-key": "a"}}, {"settings": {"idempotency_key": "replay"}}),
}


def round_trip(call: Call) -> Call:
    return read_call(json.loads(json.dumps(write_call(call))))


@pytest.mark.parametrize(("request_", "changes"), CALLS.values(), ids=CALLS)
def test_call_survives(gateway: Gateway, ask: Ask, request_: dict[str, Any], changes: dict[str, Any]) -> None:
    gateway.workspaces.open(KEY).configure(changes)
    first = ask(gateway, **request_).call
    second = ask(gateway, **request_).call
    assert [round_trip(call) for call in (first, second)] == [first, second]


@pytest.mark.parametrize(("request_", "changes"), CALLS.values(), ids=CALLS)
def test_call_survives_the_encoder_of_the_control_routes(
    gateway: Gateway, ask: Ask, request_: dict[str, Any], changes: dict[str, Any]
) -> None:
    gateway.workspaces.open(KEY).configure(changes)
    call = ask(gateway, **request_).call
    assert read_call(orjson.loads(orjson.dumps(write_call(call)))) == call


@pytest.mark.parametrize("name", ["no_route", "invalid_key", "ok"])
def test_planned_call_survives(gateway: Gateway, ask: Ask, name: str) -> None:
    gateway.workspaces.open(KEY).plan(name)
    call = ask(gateway).call
    assert round_trip(call) == call


def test_edit_with_a_mask_survives(gateway: Gateway, ask: Ask, image: Callable[[int, int], Any]) -> None:
    call = ask(gateway, input_images=[image(64, 64), image(64, 128)], mask=image(64, 64)).call
    assert call.image_request is not None
    assert round_trip(call) == call


@pytest.mark.parametrize("part", ["input_images", "mask", "images", "fields", "operation", "route", "status", "size"])
def test_property_of_a_call_survives(gateway: Gateway, ask: Ask, image: Callable[[int, int], Any], part: str) -> None:
    call = ask(gateway, input_images=[image(64, 64)], mask=image(64, 64)).call
    value = getattr(call, part)
    assert value
    assert getattr(round_trip(call), part) == value


@pytest.mark.parametrize("step", [Wait, Send])
def test_call_whose_client_left_survives(
    make_gateway: Callable[..., Gateway], leave: Callable[..., Call], step: Any
) -> None:
    call = leave(make_gateway(latency=1), step)
    assert call.client_left
    assert round_trip(call) == call


def test_late_call_survives(gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open(KEY)
    gateway.workspaces.close(KEY, "tests/test_x.py::test_y")
    call = ask(gateway).call
    assert call.error.late
    assert round_trip(call) == call


def test_as_json_survives(gateway: Gateway, ask: Ask) -> None:
    call = ask(gateway, n=2).call
    assert round_trip(call).as_json() == call.as_json()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(TEXT, deeper, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
IMAGES = st.builds(
    InputImage,
    st.sampled_from(["image/png", "image/jpeg"]),
    NUMBERS,
    NUMBERS,
    st.none() | st.binary(max_size=9),
    TEXT,
    NUMBERS,
)
REQUESTS = st.builds(
    ImageRequest,
    model=TEXT,
    n=NUMBERS,
    output_format=st.sampled_from(["png", "jpeg", "webp"]),
    size=TEXT,
    width=NUMBERS,
    height=NUMBERS,
    quality=TEXT,
    transparent=st.booleans(),
    operation=st.sampled_from(["generate", "edit", "merge"]),
    input_images=st.lists(IMAGES, max_size=2).map(tuple),
    mask=st.none() | IMAGES,
    fields=OBJECTS,
    digest=TEXT,
)
RESPONSES = st.builds(
    Response, st.integers(200, 599), st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple), st.binary(max_size=9)
)
CALL = st.builds(
    Call,
    method=TEXT,
    path=TEXT,
    headers=st.dictionaries(TEXT, TEXT, max_size=3),
    endpoint=TEXT,
    number=NUMBERS,
    created=NUMBERS,
    received=NUMBERS,
    document=st.none() | OBJECTS,
    image_request=st.none() | REQUESTS,
    error=st.none() | st.builds(Refusal, TEXT, TEXT, TEXTS, st.booleans(), TEXT),
    advisories=st.lists(st.builds(Advisory, TEXT, TEXT), max_size=2).map(tuple),
    attempts=st.lists(st.builds(Attempt, TEXT, TEXT), max_size=2).map(tuple),
    fingerprints=TEXTS,
    charge=st.decimals(0, 1000, places=6).map(Decimal),
    charged=st.booleans(),
    sent=st.none() | RESPONSES,
    fault=TEXT,
    lost_to_fault=st.booleans(),
    waited=st.floats(0, 1000),
    client_left=st.booleans(),
    replayed=st.booleans(),
    closed_as=TEXT,
    shed=st.booleans(),
    random_scope=TEXT,
)


@given(CALL)
def test_any_call_survives(call: Call) -> None:
    assert round_trip(call) == call


@given(CALL)
def test_every_field_of_any_call_is_written(call: Call) -> None:
    assert set(write_call(call)) == set(Call.__struct_fields__)
