"""Tests of gateways that quote the key, fail temporarily, or send invalid responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from typing import Any

import pybase64
import pytest
from PIL import Image

from omixa_mock.gateway.images import draw
from omixa_mock.kit.image_files import read_image
from omixa_mock.kit.redaction import redact_secrets

RUNNER = import_module("omixa_mock.contract_tests.runner")
TARGET = import_module("omixa_mock.contract_tests.target")
FORMATS = import_module("omixa_mock.contract_tests.formats").FORMATS
FORMAT_PROFILE = import_module("omixa_mock.contract_tests.profile").format_profile
MAKE_REPORT = import_module("omixa_mock.contract_tests.report").make_report
KEY = "omx_live_real"
Send = Callable[[Any], Any]


def constant(status: int, body: Any, **headers: str) -> Send:
    """Return a gateway with a constant response: a document, or bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: TARGET.Response(status, {"content-type": "application/json", **headers}, raw)


def refusing(status: int, message: str = "no") -> Send:
    names = {"type": "billing_error", "code": "insufficient_balance"}
    return constant(status, {"error": {"message": message, **names}})


def run_probes(send: Send, *names: str, key: str = KEY, known: bool = True) -> Any:
    """Run the probes of these names, or all; by default, the key counts as accepted."""
    runner = RUNNER.ProbeRunner(TARGET.Target(send, key), Decimal(1_000_000))
    runner.guard.key_accepted = known
    runner.guard.sleep = lambda _: None
    runner.run_all([probe for probe in RUNNER.PROBES if not names or probe.name in names])
    return runner


def violated(runner: Any) -> set[str]:
    return {observation.rule for observation in runner.observations if not observation.satisfied}


def reasons(runner: Any) -> set[str]:
    return {result.inconclusive for result in runner.results.values() if result.inconclusive}


# The key


@pytest.mark.parametrize("status", [402, 422, 429, 500])
@pytest.mark.parametrize("key", [KEY, "a-key-of-another-form"])
@pytest.mark.parametrize("form", ["text", "json", "junit", "github"])
def test_key_that_the_gateway_quotes_is_in_no_report(status: int, key: str, form: str, report_of: Any) -> None:
    runner = run_probes(refusing(status, f"no such key: {key}"), key=key)
    assert key not in FORMATS[form](report_of(runner))


@pytest.mark.parametrize("form", ["text", "json", "junit", "github", "profile"])
def test_key_in_a_name_or_a_field_is_in_no_report(form: str, report_of: Any) -> None:
    error = {"message": "no", "type": f"t_{KEY}", "code": KEY, KEY: 1}
    report = report_of(run_probes(constant(422, {"error": error})))
    text = FORMAT_PROFILE(report) if form == "profile" else FORMATS[form](report)
    assert KEY not in text


def test_name_with_digits_is_not_in_a_profile(report_of: Any) -> None:
    error = {"message": "no", "type": "acct_8123", "code": "invalid"}
    assert "acct_8123" not in FORMAT_PROFILE(report_of(run_probes(constant(422, {"error": error}))))


def test_what_the_gateway_says_is_not_in_a_profile(report_of: Any) -> None:
    runner = run_probes(refusing(422, "your account acct_8123 has no access"))
    assert "acct_8123" not in FORMAT_PROFILE(report_of(runner))


def test_error_of_the_transport_does_not_show_the_key() -> None:
    def send(_: Any) -> Any:
        raise TARGET.NoResponse(f"bad header: Bearer {KEY}")

    assert KEY not in run_probes(send).end_reason


def test_other_keys_are_redacted_too() -> None:
    assert "omx_live_abc" not in redact_secrets("a omx_live_abc b", "")


def test_rejected_key_ends_the_run(report_of: Any) -> None:
    report = report_of(run_probes(refusing(401), "list of models", "no fields", known=False))
    assert "Set OMIXA_API_KEY to a valid key" in report.end_reason


# Calls that show nothing


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_temporary_error_violates_no_rule(status: int) -> None:
    runner = run_probes(refusing(status, "not now"))
    assert (violated(runner), any(f"{status}: not now" in reason for reason in reasons(runner))) == (set(), True)


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_run_of_temporary_errors_does_not_pass(status: int, report_of: Any) -> None:
    assert report_of(run_probes(refusing(status), "no fields", "request--minimal")).verdict == "inconclusive"


def test_one_call_that_shows_nothing_keeps_a_run_from_passing(report_of: Any) -> None:
    runner = run_probes(only_refusing_minimal, *QUIET)
    assert report_of(runner).verdict == "inconclusive"


def test_inconclusive_run_passes_if_that_is_allowed() -> None:
    runner = run_probes(only_refusing_minimal, *QUIET)
    assert MAKE_REPORT(runner, "", datetime.now(UTC), allow_inconclusive=True).verdict == "passed"


def test_run_that_saw_nothing_never_passes() -> None:
    runner = run_probes(refusing(402), "request--minimal")
    assert MAKE_REPORT(runner, "", datetime.now(UTC), allow_inconclusive=True).verdict == "inconclusive"


QUIET = ("list of models", "request--minimal")


def only_refusing_minimal(request: Any) -> Any:
    """Answer reads as the mock does, and image requests with an empty wallet."""
    row = {"id": "gpt-image-1.5", "modality": "image", "provider": "p"}
    body = {"data": [{**row, "price": {"per_image": "0.039000", "currency": "USD"}}]}
    return constant(200, body)(request) if request.method == "GET" else refusing(402, "empty")(request)


@pytest.mark.parametrize(
    ("status", "cure"),
    [(402, "Add money to the wallet"), (429, "Verify again later"), (503, "Verify again when the gateway works")],
)
def test_reason_begins_with_the_cure(status: int, cure: str) -> None:
    assert all(reason.startswith(cure) for reason in reasons(run_probes(refusing(status), "request--minimal")))


def test_key_without_access_to_the_model_is_inconclusive() -> None:
    runner = run_probes(refusing(403), "request.n.maximum", "name given twice", "no fields")
    assert (violated(runner), len(reasons(runner))) == (set(), 1)


def test_other_names_of_an_empty_wallet_are_a_failure(report_of: Any) -> None:
    response = constant(402, {"error": {"message": "no", "type": "billing_error", "code": "poor"}})
    (failure,) = report_of(run_probes(response, "request--minimal")).failures
    assert (failure.rules, failure.causes[0].pointer) == (("gateway.error.documented",), "/error/code")


def test_key_that_expires_is_inconclusive() -> None:
    runner = run_probes(refusing(401), "request.n.maximum", "request--minimal")
    (reason,) = reasons(runner)
    assert (violated(runner), "Use a key that stays valid" in reason) == (set(), True)


@pytest.mark.parametrize("status", [403, 503])
def test_page_of_a_proxy_violates_no_rule(status: int) -> None:
    response = TARGET.Response(status, {"content-type": "text/html"}, b"<h1>Maintenance</h1>")
    assert violated(run_probes(lambda _: response, "no fields", "request--minimal")) == set()


def test_gateway_that_refuses_everything_is_one_finding(report_of: Any) -> None:
    report = report_of(run_probes(refusing(422), *(probe.name for probe in RUNNER.PROBES if probe.price)))
    (finding,) = [item for item in report.findings if item.rules != ("gateway.error.names",)]
    assert (finding.rules, finding.changes) == (("gateway.endpoint.operations",), {})


def test_call_is_repeated_after_429() -> None:
    waits: list[float] = []

    def send(request: Any) -> Any:
        if len(waits) < 2:
            return TARGET.Response(429, {"retry-after": "7"}, b"{}")
        return refusing(422)(request)

    runner = RUNNER.ProbeRunner(TARGET.Target(send, KEY), Decimal(9))
    runner.guard.sleep = waits.append
    result = runner.run(next(probe for probe in RUNNER.PROBES if probe.name == "no fields"))
    assert (waits, result.inconclusive) == ([7, 7], "")


# Redirections


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://api.omixa.cloud/v2?token=secret", "Verify https://api.omixa.cloud instead"),
        ("https://omixa:secret@x.invalid:444/", "Verify https://x.invalid:444 instead"),
        ("/elsewhere?secret", "The gateway redirects to another path"),
        ("https://[secret", "The gateway redirects to another path"),
        ("", "The gateway redirects to another path"),
    ],
)
def test_redirection_names_the_origin_to_verify(location: str, shown: str) -> None:
    runner = run_probes(constant(308, b"", location=location))
    assert (runner.end_reason.startswith(shown), "secret" in runner.end_reason) == (True, False)


def test_redirection_ends_the_run_without_a_finding(report_of: Any) -> None:
    report = report_of(run_probes(constant(302, b"", location="https://x.invalid")))
    assert (report.verdict, report.findings, len(report.inconclusive)) == ("inconclusive", (), 1)


def test_redirection_of_another_path_does_not_end_the_run() -> None:
    def send(request: Any) -> Any:
        return constant(302, b"", location="/login")(request) if request.method == "GET" else refusing(422)(request)

    runner = run_probes(send, "unknown path", "no fields")
    assert (runner.end_reason, len(reasons(runner))) == ("", 1)


# No response


def test_call_without_a_response_is_inconclusive_and_three_end_the_run() -> None:
    calls: list[Any] = []

    def send(request: Any) -> Any:
        calls.append(request)
        if len(calls) > 1:
            raise TARGET.NoResponse("reset")
        return refusing(401)(request)

    runner = run_probes(send)

    assert (len(calls), "got no response" in runner.end_reason, reasons(runner)) == (4, True, {"reset"})


# Bodies


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"created": 1, "da', b"[]", b'{"a": 1, "a": 2}'])
def test_body_of_a_success_that_is_no_document_is_a_documented_failure(body: bytes) -> None:
    assert "response.type" in violated(run_probes(constant(200, body), "request--size-1024x1024"))


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"created": 1, "da', b"[]", b'{"a": 1, "a": 2}'])
def test_body_of_a_documented_refusal_that_is_no_document_is_a_failure(body: bytes) -> None:
    assert "error.type" in violated(run_probes(constant(422, body), "request.n.maximum"))


def test_missing_name_of_an_error_suggests_no_setting() -> None:
    runner = run_probes(constant(401, {"error": {"message": "no"}}), "no key")
    assert [item.changes for item in runner.observations if item.rule == "gateway.error.names"] == [{}, {}]


@pytest.mark.parametrize("rows", [[], [{"cost": "1"}] * 2, [{"cost": "1"}] * 20, None])
def test_usage_records_without_the_requests_are_inconclusive(rows: Any) -> None:
    success = image_response(draw(bytes(12), width=1024, height=1024, output_format="png"))

    def send(request: Any) -> Any:
        return constant(200, success if request.method == "POST" else {"data": rows})(request)

    result = run_probes(send, "same Idempotency-Key twice").results["same Idempotency-Key twice"]
    assert (result.violations, bool(result.inconclusive)) == ([], True)


def image_response(data: bytes) -> Any:
    item = {"b64_json": pybase64.b64encode(data).decode(), "url": None}
    return {"created": 1780660800, "data": [item], "usage": {"billed_amount": "0.039000"}}


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("weight", [0, 50_000])
def test_an_image_without_its_end_is_incomplete(output_format: Any, weight: int) -> None:
    data = draw(bytes(12), width=512, height=512, output_format=output_format, weight=weight)

    assert read_image(data).complete
    assert not read_image(data[:-2]).complete


def test_truncated_image_violates_a_rule() -> None:
    data = draw(bytes(12), width=1024, height=1024, output_format="png")
    runner = run_probes(constant(200, image_response(data[:60])), "request--size-1024x1024")
    assert "response.data.item.b64_json.header" in violated(runner)


# Alpha


@pytest.mark.parametrize("output_format", ["png", "webp"])
@pytest.mark.parametrize("transparent", [True, False])
def test_alpha_is_read_from_the_file(output_format: Any, *, transparent: bool) -> None:
    data = draw(bytes(12), width=512, height=512, output_format=output_format, transparent=transparent)
    assert read_image(data).has_alpha is transparent


@pytest.mark.parametrize("output_format", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "RGB", "LA", "L"])
def test_alpha_of_another_writer_is_read(output_format: str, mode: str) -> None:
    file = BytesIO()
    Image.new(mode, (4, 4)).save(file, output_format)
    assert read_image(file.getvalue()).has_alpha is Image.open(file).has_transparency_data


@pytest.mark.parametrize(
    "head", [b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBPVP8X", b"RIFF\x00\x00\x00\x00WEBPVP8L"]
)
def test_alpha_of_a_file_that_ends_early_is_none(head: bytes) -> None:
    assert not read_image(head).has_alpha
