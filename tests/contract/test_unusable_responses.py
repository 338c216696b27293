"""Tests of gateways that quote the key, fail temporarily, or send invalid responses."""

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
from omixa_mock.kit.image_files import read_image
from omixa_mock.kit.redaction import redact_secrets

RUNNER = import_module("omixa_mock.contract_tests.runner")
TARGET = import_module("omixa_mock.contract_tests.target")
PROBE = import_module("omixa_mock.contract_tests.probe")
KEY = "omx_live_real"
Send = Callable[[Any], Any]


def constant(status: int, body: Any) -> Send:
    """Return a gateway with a constant response: a document, or bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: TARGET.Response(status, {}, raw)


def refusing(status: int, message: str = "no") -> Send:
    return constant(status, {"error": {"message": message, "type": "t", "code": "c"}})


def run_probes(send: Send, *names: str, key: str = KEY, known: bool = True) -> Any:
    """Run the probes of these names, or all; by default, the key counts as accepted."""
    runner = RUNNER.ProbeRunner(TARGET.Target(send, key), Decimal(1_000_000))
    runner._guard.key_accepted = known
    for probe in RUNNER.PROBES:
        if (not names or probe.name in names) and not runner.skip_reason(probe):
            with suppress(PROBE.Inconclusive):
                runner.run(probe)
    return runner


def failures(runner: Any) -> set[str]:
    return {observation.rule for observation in runner.observations if RUNNER.is_failure(observation)}


@pytest.mark.parametrize("status", [402, 422, 429, 500])
@pytest.mark.parametrize("key", [KEY, "a-key-of-another-form"])
def test_the_key_is_not_printed_if_the_gateway_quotes_it(status: int, key: str) -> None:
    runner = run_probes(refusing(status, f"no such key: {key}"), key=key)

    assert runner.report()
    assert key not in "\n".join(runner.report())
    assert key not in "".join(observation.message + observation.setting for observation in runner.observations)


def test_an_error_of_the_transport_does_not_print_the_key() -> None:
    def send(_: Any) -> Any:
        raise TARGET.NoResponse(f"bad header: Bearer {KEY}")

    with pytest.raises(TARGET.NoResponse) as caught:
        run_probes(send)

    assert KEY not in str(caught.value)


def test_other_keys_are_redacted_too() -> None:
    assert "omx_live_abc" not in redact_secrets("a omx_live_abc b", "")


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_a_temporary_error_violates_no_rule(status: int) -> None:
    runner = run_probes(refusing(status, "not now"))

    assert [observation for observation in runner.observations if not observation.satisfied] == []
    assert any(f"{status}: not now" in line for line in runner.report())


def test_a_key_without_access_to_the_model_is_inconclusive() -> None:
    assert run_probes(refusing(403), "request.n.maximum", "name given twice", "fault header").observations == []


def test_a_rejected_key_ends_the_run() -> None:
    with pytest.raises(TARGET.KeyRejected, match="OMIXA_API_KEY is not accepted"):
        run_probes(refusing(401), known=False)


def test_a_call_without_a_response_is_inconclusive_and_three_end_the_run() -> None:
    calls: list[Any] = []

    def send(request: Any) -> Any:
        calls.append(request)
        if len(calls) > 1:
            raise TARGET.NoResponse("reset")
        return refusing(401)(request)

    runner = run_probes(send)

    assert len(calls) == 4
    assert "got no answer" in runner.end_reason
    assert len(runner.inconclusive) == 3


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"created": 1, "da', b"[]", b'{"a": 1, "a": 2}'])
def test_a_body_that_is_not_a_document_is_a_documented_failure(body: bytes) -> None:
    assert "response.type" in failures(run_probes(constant(200, body), "request--size-1024x1024"))
    assert "error.type" in failures(run_probes(constant(422, body), "request.n.maximum"))


def test_a_missing_name_of_an_error_suggests_no_setting() -> None:
    runner = run_probes(constant(401, {"error": {"message": "no"}}), "no key")

    assert {
        observation.setting for observation in runner.observations if observation.rule == "gateway.error.names"
    } == {""}


@pytest.mark.parametrize("rows", [[], [{"cost": "1"}] * 2, [{"cost": "1"}] * 20, None])
def test_usage_records_without_the_requests_are_inconclusive(rows: Any) -> None:
    success = image_response(draw(bytes(12), width=1024, height=1024, output_format="png"))

    def send(request: Any) -> Any:
        return constant(200, success if request.method == "POST" else {"data": rows})(request)

    assert run_probes(send, "same Idempotency-Key twice").observations == []


def image_response(data: bytes) -> Any:
    item = {"b64_json": pybase64.b64encode(data).decode(), "url": None}
    return {"created": 1780660800, "data": [item], "usage": {"billed_amount": "0.039000"}}


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("weight", [0, 50_000])
def test_an_image_without_its_end_is_incomplete(output_format: Any, weight: int) -> None:
    data = draw(bytes(12), width=512, height=512, output_format=output_format, weight=weight)

    assert read_image(data).complete
    assert not read_image(data[:-2]).complete


def test_a_truncated_image_violates_a_rule() -> None:
    data = draw(bytes(12), width=1024, height=1024, output_format="png")
    runner = run_probes(constant(200, image_response(data[:60])), "request--size-1024x1024")

    assert "response.data.item.b64_json.header" in {
        observation.rule for observation in runner.observations if not observation.satisfied
    }
