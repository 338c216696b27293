"""What an examination makes of a gateway that quotes the key, is in no state to answer, or answers nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from typing import Any

import pybase64
import pytest

from omixa_mock.gateway.images import draw
from omixa_mock.kit.hiding import hide_secrets
from omixa_mock.kit.image_files import read_image

SUITE = import_module("omixa_mock.contract_tests.examination")
TARGET = import_module("omixa_mock.contract_tests.target")
PROBE = import_module("omixa_mock.contract_tests.probe")
KEY = "omx_live_real"
Send = Callable[[Any], Any]


def always(status: int, body: Any) -> Send:
    """A gateway that answers with a document, or with bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: TARGET.Answer(status, {}, raw)


def refuses(status: int, message: str = "no") -> Send:
    return always(status, {"error": {"message": message, "type": "t", "code": "c"}})


def examine(send: Send, *names: str, key: str = KEY, known: bool = True) -> Any:
    """The probes of these names, or all, by a gateway that has shown that it knows the key."""
    examination = SUITE.Examination(TARGET.Target(send, key), Decimal(1_000_000))
    examination._guard.known = known
    for probe in SUITE.PROBES:
        if (not names or probe.name in names) and not examination.leave_out(probe):
            with suppress(PROBE.Unseen):
                examination.ask(probe)
    return examination


def failures(examination: Any) -> set[str]:
    return {each.rule for each in examination.seen if SUITE.is_failure(each)}


@pytest.mark.parametrize("status", [402, 422, 429, 500])
@pytest.mark.parametrize("key", [KEY, "a-key-of-another-form"])
def test_a_gateway_that_quotes_the_key_does_not_get_it_printed(status: int, key: str) -> None:
    examination = examine(refuses(status, f"no such key: {key}"), key=key)

    assert examination.report()
    assert key not in "\n".join(examination.report())
    assert key not in "".join(each.told + each.alike for each in examination.seen)


def test_silence_does_not_print_the_key() -> None:
    def send(_: Any) -> Any:
        raise TARGET.NoAnswer(f"bad header: Bearer {KEY}")

    with pytest.raises(TARGET.NoAnswer) as caught:
        examine(send)

    assert KEY not in str(caught.value)


def test_keys_of_others_are_hidden_too() -> None:
    assert "omx_live_abc" not in hide_secrets("a omx_live_abc b", "")


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_a_gateway_in_no_state_to_answer_breaks_nothing(status: int) -> None:
    examination = examine(refuses(status, "not now"))

    assert [each for each in examination.seen if not each.kept] == []
    assert any(f"{status}: not now" in line for line in examination.report())


def test_a_key_that_may_not_use_the_model_shows_nothing_of_its_fields() -> None:
    assert examine(refuses(403), "request.n.maximum", "name given twice", "fault header").seen == []


def test_a_key_that_is_not_accepted_ends_the_examination() -> None:
    with pytest.raises(TARGET.KeyRefused, match="OMIXA_API_KEY is not accepted"):
        examine(refuses(401), known=False)


def test_one_call_without_an_answer_shows_nothing_and_three_end_it() -> None:
    calls: list[Any] = []

    def send(exchange: Any) -> Any:
        calls.append(exchange)
        if len(calls) > 1:
            raise TARGET.NoAnswer("reset")
        return refuses(401)(exchange)

    examination = examine(send)

    assert len(calls) == 4
    assert "got no answer" in examination.ended
    assert len(examination.unseen) == 3


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"created": 1, "da', b"[]", b'{"a": 1, "a": 2}'])
def test_a_body_that_is_no_document_is_a_documented_failure(body: bytes) -> None:
    assert "response.type" in failures(examine(always(200, body), "request--size-1024x1024"))
    assert "error.type" in failures(examine(always(422, body), "request.n.maximum"))


def test_a_name_that_an_error_lacks_is_no_setting() -> None:
    examination = examine(always(401, {"error": {"message": "no"}}), "no key")

    assert {each.alike for each in examination.seen if each.rule == "gateway.error.names"} == {""}


@pytest.mark.parametrize("rows", [[], [{"cost": "1"}] * 2, [{"cost": "1"}] * 20, None])
def test_records_of_usage_that_do_not_show_the_orders_show_nothing(rows: Any) -> None:
    success = image_response(draw(bytes(12), width=1024, height=1024, output_format="png"))

    def send(exchange: Any) -> Any:
        return always(200, success if exchange.method == "POST" else {"data": rows})(exchange)

    assert examine(send, "same Idempotency-Key twice").seen == []


def image_response(data: bytes) -> Any:
    item = {"b64_json": pybase64.b64encode(data).decode(), "url": None}
    return {"created": 1780660800, "data": [item], "usage": {"billed_amount": "0.039000"}}


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("weight", [0, 50_000])
def test_an_image_without_its_end_is_told(output_format: Any, weight: int) -> None:
    data = draw(bytes(12), width=512, height=512, output_format=output_format, weight=weight)

    assert read_image(data).whole
    assert not read_image(data[:-2]).whole


def test_an_image_that_is_cut_off_breaks_a_rule() -> None:
    data = draw(bytes(12), width=1024, height=1024, output_format="png")
    examination = examine(always(200, image_response(data[:60])), "request--size-1024x1024")

    assert "response.data.item.b64_json.header" in {each.rule for each in examination.seen if not each.kept}
