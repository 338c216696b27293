"""Tests of `validate_request` and `validate_response` with values without a JSON form."""

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

# Values that the json module writes: validated as sent.
SENT: dict[str, tuple[Mapping[Any, Any], str]] = {
    "65 bits": (CAT | {"n": 10**30}, "request.n.maximum"),
    "name that is no text": ({1: 2} | CAT, "request.additionalProperties"),
    "read-only mapping": (CAT | {"prompt": MappingProxyType({})}, "request.prompt.type"),
    "lone surrogate": (CAT | {"prompt": "\ud800"}, "gateway.body.malformed"),
    "NaN": (CAT | {"n": float("nan")}, "gateway.body.malformed"),
    "infinity": (CAT | {"n": float("-inf")}, "gateway.body.malformed"),
    "tuple": (CAT | {"prompt": ()}, "request.prompt.type"),
}


@pytest.mark.parametrize(("request_", "rule"), SENT.values(), ids=SENT)
def test_any_value_with_a_json_form_is_validated(request_: Mapping[Any, Any], rule: str) -> None:
    assert rule in {violation.rule for violation in validate_request(request_).violations}
    assert not validate_response(request_).ok


@pytest.mark.parametrize("validate", [validate_request, validate_response])
@pytest.mark.parametrize(("number", "name"), [("nan", "NaN"), ("inf", "Infinity"), ("-inf", "Infinity")])
def test_not_a_number_is_named_in_the_message(
    validate: Callable[[Any], omixa_mock.ValidationResult], number: str, name: str
) -> None:
    assert f"{name} is not a JSON value" in str(validate({"n": float(number)}))


UNSENT: dict[str, tuple[Any, str]] = {
    "decimal": (Decimal(1), r"a decimal\.Decimal in it is no JSON value; accepted: mappings, lists"),
    "date": (dt.date(2026, 1, 1), r"a datetime\.date in it is no JSON value"),
    "UUID": (uuid.UUID(int=0), r"a uuid\.UUID in it is no JSON value"),
    "name that is a tuple": ({(): 1}, r"it cannot be written as JSON \(keys must be"),
    "mapping within itself": (LOOP, r"it cannot be written as JSON \(Circular reference"),
    "many digits": (10**5000, r"it cannot be written as JSON \(Exceeds the limit"),
    "deep": (DEEP, "it nests too deep to be written"),
}


@pytest.mark.parametrize("validate", [validate_request, validate_response])
@pytest.mark.parametrize(("value", "reason"), UNSENT.values(), ids=UNSENT)
def test_value_without_a_json_form_is_refused(
    validate: Callable[[Any], omixa_mock.ValidationResult], value: Any, reason: str
) -> None:
    with pytest.raises(TypeError, match=rf"^the mapping cannot be validated: {reason}"):
        validate(MappingProxyType({"usage": MappingProxyType({"billed_amount": [value]})}))


@pytest.mark.parametrize("value", [Decimal(1), float("nan")])
def test_request_that_requests_cannot_prepare_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="requests cannot prepare it"):
        validate_request(requests.Request("POST", URL, headers=KEY, json={"n": value}))


def test_text_that_cannot_be_encoded_is_validated() -> None:
    request = requests.Request("POST", URL, headers=KEY | {"Content-Type": "application/json"}).prepare()
    request.body = '"\ud800"'
    assert [violation.rule for violation in validate_request(request).violations] == ["gateway.body.malformed"]
