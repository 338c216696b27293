"""`validate_request` and `validate_response` of what JSON cannot say, or hardly: a verdict, or a sentence."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
import requests

import omixa_mock
from omixa_mock import validate_request, validate_response

URL = "https://www.omixa.cloud/api/v1/images/generations"
KEY = {"Authorization": "Bearer omx_live_test"}
CAT: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": "a cat"}
LOOP: dict[str, Any] = {}
LOOP["loop"] = LOOP
DEEP: dict[str, Any] = {}
for _ in range(100_000):
    DEEP = {"deep": DEEP}

# What Python's own JSON writes: judged as it would be sent.
SENT: dict[str, tuple[Mapping[Any, Any], str]] = {
    "65 bits": (CAT | {"n": 10**30}, "request.n.maximum"),
    "name that is no text": ({1: 2} | CAT, "request.additionalProperties"),
    "read-only mapping": (CAT | {"prompt": MappingProxyType({})}, "request.prompt.type"),
    "half a surrogate pair": (CAT | {"prompt": "\ud800"}, "gateway.body.malformed"),
    "NaN": (CAT | {"n": float("nan")}, "gateway.body.malformed"),
    "infinity": (CAT | {"n": float("-inf")}, "gateway.body.malformed"),
    "tuple": (CAT | {"prompt": ()}, "request.prompt.type"),
}


@pytest.mark.parametrize(("request_", "rule"), SENT.values(), ids=SENT)
def test_whatever_can_be_sent_has_a_verdict(request_: Mapping[Any, Any], rule: str) -> None:
    assert rule in {each.rule for each in validate_request(request_).violations}
    assert not validate_response(request_).ok


@pytest.mark.parametrize("check", [validate_request, validate_response])
@pytest.mark.parametrize(("number", "name"), [("nan", "NaN"), ("inf", "Infinity"), ("-inf", "Infinity")])
def test_no_number_is_told_by_its_name(check: Callable[[Any], omixa_mock.Verdict], number: str, name: str) -> None:
    assert f"{name} is not a JSON value" in str(check({"n": float(number)}))


UNSENT: dict[str, tuple[Any, str]] = {
    "decimal": (Decimal(1), r"a decimal\.Decimal in it is no JSON value; accepted: mappings, lists"),
    "date": (dt.date(2026, 1, 1), r"a datetime\.date in it is no JSON value"),
    "UUID": (uuid.UUID(int=0), r"a uuid\.UUID in it is no JSON value"),
    "name that is a tuple": ({(): 1}, r"it cannot be written as JSON \(keys must be"),
    "mapping within itself": (LOOP, r"it cannot be written as JSON \(Circular reference"),
    "many digits": (10**5000, r"it cannot be written as JSON \(Exceeds the limit"),
    "deep": (DEEP, "it nests too deep to be written"),
}


@pytest.mark.parametrize("check", [validate_request, validate_response])
@pytest.mark.parametrize(("value", "reason"), UNSENT.values(), ids=UNSENT)
def test_what_no_client_can_send_is_refused_in_a_sentence(
    check: Callable[[Any], omixa_mock.Verdict], value: Any, reason: str
) -> None:
    with pytest.raises(TypeError, match=rf"^the mapping cannot be judged: {reason}"):
        check(MappingProxyType({"usage": MappingProxyType({"billed_amount": [value]})}))


@pytest.mark.parametrize("value", [Decimal(1), float("nan")])
def test_request_that_requests_cannot_prepare_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="requests cannot prepare it"):
        validate_request(requests.Request("POST", URL, headers=KEY, json={"n": value}))


def test_text_that_cannot_be_sent_is_judged() -> None:
    request = requests.Request("POST", URL, headers=KEY | {"Content-Type": "application/json"}).prepare()
    request.body = '"\ud800"'
    assert [each.rule for each in validate_request(request).violations] == ["gateway.body.malformed"]
