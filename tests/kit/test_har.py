"""Tests of HAR files: bodies of the endpoint are validated, other parts are counted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock.kit.files.exchanges import BAD_ADDRESS, OTHER_ADDRESS, PREFLIGHT, REDIRECT
from omixa_mock.kit.files.items import CUT_BODY, NO_BODY, NO_RESPONSE
from omixa_mock.kit.reports.findings import Report

Validate = Callable[..., Report]
Make = Callable[..., Any]


def test_request_and_response_of_an_entry_are_validated(
    validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any
) -> None:
    report = validate("a.har", har(entry(cat, image_response)))
    assert (report.files[0].documents, report.errors) == ({"request": 1, "response": 1}, 0)


def test_status_makes_a_response_a_refusal(validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any) -> None:
    report = validate("a.har", har(entry(cat, refusal, 503)))
    assert (report.files[0].documents, report.errors) == ({"request": 1, "error": 1}, 0)


def test_success_that_holds_a_refusal_is_a_finding(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any
) -> None:
    assert {finding.rule for finding in validate("a.har", har(entry(cat, refusal))).findings} >= {"response.required"}


def test_refusal_is_compared_with_the_error_table(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any
) -> None:
    rules = [finding.rule for finding in validate("a.har", har(entry(cat, refusal, 402))).findings]
    assert rules == ["gateway.error.documented", "gateway.error.documented"]


def test_refusal_as_html_is_a_finding(validate: Validate, har: Make, entry: Make, cat: Any) -> None:
    html = entry(cat, "", 502, mimeType="text/html", text="<html></html>", size=13)
    rules = [finding.rule for finding in validate("a.har", har(html)).findings]
    assert rules == ["gateway.response.media-type", "gateway.body.malformed"]


def test_body_in_base64_is_decoded(validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any) -> None:
    text = base64.b64encode(json.dumps(image_response).encode()).decode()
    assert validate("a.har", har(entry(cat, image_response, text=text, encoding="base64"))).errors == 0


@pytest.mark.parametrize("encoding", ["base64", "BASE64", "Base64", " base64"])
@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
def test_base64_may_be_wrapped_and_its_name_in_any_case(
    validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any, encoding: str, line_end: str
) -> None:
    text = base64.b64encode(json.dumps(image_response).encode()).decode()
    wrapped = line_end.join(text[start : start + 76] for start in range(0, len(text), 76)) + line_end
    report = validate("a.har", har(entry(cat, image_response, text=wrapped, encoding=encoding)))
    assert (report.errors, report.files[0].troubles) == (0, [])


def test_damaged_base64_is_a_trouble(validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any) -> None:
    (file,) = validate("a.har", har(entry(cat, image_response, encoding="base64"))).files
    assert file.troubles == ["log.entries[0].response: its recorded base64 is damaged. Record it again."]


def changed(entry: Any, path: str, value: Any) -> Any:
    """Return a copy of an entry with another value at a path."""
    copy = parent = json.loads(json.dumps(entry))
    *ancestors, last = path.split("/")
    for name in ancestors:
        parent = parent[name]
    parent[last] = value
    return copy


SKIPPED: dict[str, tuple[str, Any, str]] = {
    "another host's path": ("request/url", "https://api.openai.com/v1/images/generations", OTHER_ADDRESS),
    "another endpoint": ("request/url", "https://www.omixa.cloud/api/v1/models", OTHER_ADDRESS),
    "no URL": ("request/url", None, OTHER_ADDRESS),
    "half an address": ("request/url", "http://[::1/api/v1/images/generations", BAD_ADDRESS),
    "preflight": ("request/method", "OPTIONS", PREFLIGHT),
    "request without body": ("request/postData", None, NO_BODY),
    "response without content": ("response/content", {"size": 0}, NO_BODY),
    "no response": ("response/status", 0, NO_RESPONSE),
    "response of no shape": ("response", [], NO_RESPONSE),
    "redirect": ("response/status", 307, REDIRECT),
    "body cut short": ("response/content/text", '{"created": 1780660800, "data": [{"b64_json": "iVBO', CUT_BODY),
}


@pytest.mark.parametrize(("path", "value", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_skipped_parts_are_counted(
    validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any, path: str, value: Any, reason: str
) -> None:
    report = validate("a.har", har(changed(entry(cat, image_response), path, value)))
    assert (report.files[0].skipped, report.errors) == ({reason: 1}, 0)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:6649/api/v1/images/generations?x=1", "https://p/x/api/v1/images/generations"]
)
def test_host_and_prefix_do_not_matter(
    validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any, url: str
) -> None:
    assert validate("a.har", har(entry(cat, image_response, url=url))).document_count == 2


@pytest.mark.parametrize("value", [None, 1, [], {}, "text", {"request": []}])
def test_entry_of_another_shape_is_skipped(validate: Validate, har: Make, value: Any) -> None:
    assert validate("a.har", har(value)).files[0].skipped == {OTHER_ADDRESS: 1}


def test_finding_has_the_line_of_its_entry(validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any) -> None:
    content = har(*[entry(cat, refusal, 503)] * 3, entry(cat | {"n": 11}, refusal, 503))
    (finding,) = validate("a.har", content).findings
    line = content.decode().splitlines()[finding.position.line - 1]
    assert (line.strip(), content.decode().splitlines()[: finding.position.line].count(line)) == ("{", 4)


def test_finding_has_the_side_of_its_entry(validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any) -> None:
    content = har(entry(cat, refusal, 503), entry(cat | {"n": 11}, refusal, 418))
    assert [finding.where.split()[0] for finding in validate("a.har", content).findings] == [
        "log.entries[1].request",
        "log.entries[1].response",
    ]


@pytest.mark.parametrize("name", ["a.har", "a.json", "a.txt"])
def test_har_is_recognised_by_its_structure(
    validate: Validate, har: Make, entry: Make, cat: Any, image_response: Any, name: str
) -> None:
    assert validate(name, har(entry(cat, image_response))).document_count == 2


def test_byte_order_mark_is_skipped(validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any) -> None:
    report = validate("a.har", b"\xef\xbb\xbf" + har(entry(cat | {"n": 11}, refusal, 503)))
    assert [finding.rule for finding in report.findings] == ["request.n.maximum"]


def test_request_without_a_body_is_complete_if_its_method_has_none(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any
) -> None:
    opened = changed(entry(cat, refusal, 503, method="GET"), "request/postData", None)
    assert validate("a.har", har(opened)).is_complete


MISSING = {"request without body": "request/postData", "response without content": "response/content/text"}


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_missing_body_is_a_trouble(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any, path: str
) -> None:
    (file,) = validate("a.har", har(changed(entry(cat, refusal, 503), path, None))).files
    assert file.troubles == [
        "1 body was cut or not recorded. Record them whole, or validate the rest by --allow-skipped."
    ]


def test_missing_body_of_the_other_side_is_no_trouble(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any
) -> None:
    content = har(changed(entry(cat, refusal, 503), "request/postData", None))
    assert validate("a.har", content, "error").is_complete


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"log": {"entries": {}}}', b'{"log": 1, "entries": []}'])
def test_malformed_har_is_a_trouble(validate: Validate, content: bytes) -> None:
    assert "this is no HAR" in validate("a.har", content).files[0].troubles[0]


@pytest.mark.parametrize(
    ("kind", "documents"), [("request", {"request": 2}), ("response", {"response": 1}), ("error", {"error": 1})]
)
def test_kind_selects_the_side(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any, image_response: Any, kind: str, documents: Any
) -> None:
    report = validate("a.har", har(entry(cat, image_response), entry(cat, refusal, 503)), kind)
    assert report.files[0].documents == documents


def test_keys_in_a_url_are_redacted(validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any) -> None:
    url = "https://omx_live_SECRET@h/omx_live_SECRET/api/v1/images/generations?key=omx_live_SECRET"
    report = validate("a.har", har(entry(cat | {"n": "omx_live_SECRET"}, refusal, 503, url=url)))
    assert "SECRET" not in repr(report.findings)


NO_HAR: dict[str, tuple[bytes, str]] = {
    "no JSON": (b'{"log": {"entries": [}}', "it is not JSON (Expecting value: line 1, column 22)"),
    "no UTF-8": (b'{"log": {"entries": ["\xe9"]}}', "it is not UTF-8 (byte 0xe9 at position 22)"),
    "huge number": (b'{"log": {"entries": [' + b"1" * 5000 + b", NaN]}}", "it cannot be read (Exceeds the limit"),
    "deep": (b'{"log": {"entries": ' + b"[" * 200_000, "it nests too deep"),
    "no log": (b"{}", "it has no log.entries"),
    "no array": (b'{"log": {"entries": {}}}', "log.entries is no array"),
}


@pytest.mark.parametrize(("content", "reason"), NO_HAR.values(), ids=NO_HAR)
def test_malformed_har_has_a_reason(validate: Validate, content: bytes, reason: str) -> None:
    (trouble,) = validate("a.har", content).files[0].troubles
    assert trouble.startswith(f"this is no HAR: {reason}")


@pytest.mark.parametrize("half", [b"\\ud800", "\ud800".encode(errors="surrogatepass")], ids=["escaped", "raw"])
@pytest.mark.parametrize("name", ["a.har", "a.json"])
def test_lone_surrogate_does_not_affect_other_entries(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any, name: str, half: bytes
) -> None:
    other_entry = entry(cat, "HALF", url="https://HALF.example/")
    content = har(other_entry, entry(cat | {"n": 11}, refusal, 503, url="https://HALF/api/v1/images/generations"))
    (finding,) = validate(name, content.replace(b"HALF", half)).findings
    assert (finding.rule, finding.where) == (
        "request.n.maximum",
        "log.entries[1].request to https://?/api/v1/images/generations",
    )


@pytest.mark.parametrize("twice", ["log", "entries"])
def test_last_of_two_equal_names_counts(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any, twice: str
) -> None:
    duplicate = {"log": b'"log": {"entries": []},\n', "entries": b'"entries": [],\n'}[twice]
    named = b'"%s":' % twice.encode()
    content = har(entry(cat | {"n": 11}, refusal, 503)).replace(named, duplicate + named, 1)
    (finding,) = validate("a.har", content).findings
    assert content.splitlines()[finding.position.line - 1].strip() == b"{"
    assert b'"startedDateTime"' in content.splitlines()[finding.position.line]
