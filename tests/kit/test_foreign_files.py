"""Tests of files that are not documents: each is named, and none is a broken request."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock.gateway.images import draw
from omixa_mock.kit.files.positions import Position
from omixa_mock.kit.reports.findings import Report

Validate = Callable[..., Report]
Make = Callable[..., Any]

WIREMOCK = {"request": {"method": "POST", "urlPath": "/images"}, "response": {"status": 200, "jsonBody": {}}}
FOREIGN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n", "empty"),
    "byte order mark alone": (b"\xef\xbb\xbf", "empty"),
    "gzip": (gzip.compress(b"{}"), "compressed (gzip)"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00", "compressed (zstd)"),
    "PNG": (draw(bytes(12), width=1, height=1, output_format="png"), "image/png"),
    "JPEG": (draw(bytes(12), width=1, height=1, output_format="jpeg"), "image/jpeg"),
    "PDF": (b"%PDF-1.7\n", "application/pdf"),
    "YAML": (b"model: gpt-image-1.5\nprompt: a cat\n", "YAML or other text"),
    "YAML with a head": (b"---\nmodel: gpt-image-1.5\n", "YAML or other text"),
    "YAML list": (b"- model: gpt-image-1.5\n", "YAML or other text"),
    "HTML": (b"<!doctype html><title>502</title>", "markup"),
    "text": (b"a cat\n", "text without JSON"),
    "Pact": (json.dumps({"consumer": {}, "provider": {}, "interactions": []}).encode(), "a Pact"),
    "Postman": (json.dumps({"info": {"name": "x"}, "item": []}, indent=2).encode(), "a Postman collection"),
    "WireMock": (json.dumps(WIREMOCK).encode(), "a WireMock stub"),
    "WireMock's export": (json.dumps({"mappings": [WIREMOCK], "meta": {}}).encode(), "a WireMock stub"),
    "OpenAPI": (json.dumps({"openapi": "3.1.0", "paths": {}}).encode(), "an OpenAPI description"),
}
NAMES = ["a.json", "recorded"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("content", "what"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_file_is_named(validate: Validate, name: str, content: bytes, what: str) -> None:
    report = validate(name, content)
    assert report.files[0].troubles[0].startswith(f"not a document I know: it is {what}. ")
    assert (report.document_count, report.is_complete) == (0, False)


@pytest.mark.parametrize("what", ["gzip", "Pact", "WireMock", "YAML", "empty"])
def test_foreign_file_is_named_even_if_the_kind_is_stated(validate: Validate, what: str) -> None:
    assert validate("a.json", FOREIGN[what][0], "response").document_count == 0


@pytest.mark.parametrize("content", [b"<html>", b"Bad Gateway", b"\xff"])
def test_other_text_is_a_response_if_the_kind_is_stated(validate: Validate, content: bytes) -> None:
    (finding,) = validate("a.txt", content, "response").findings
    assert finding.rule == "gateway.body.malformed"


@pytest.mark.parametrize("content", [b'{"model": ', b'["a cat"', b"[]", b"null"])
def test_damaged_json_is_a_finding(validate: Validate, content: bytes) -> None:
    assert len(validate("a.json", content).findings) == 1


def test_foreign_line_has_its_number(validate: Validate, lines: Make, cat: Any) -> None:
    (file,) = validate("a.jsonl", lines(cat, cat) + b"INFO sent\n").files
    assert file.troubles[0].startswith("line 3: not a document I know: it is text without JSON. ")


def test_stub_in_json_lines_is_no_exchange(validate: Validate, lines: Make) -> None:
    assert validate("a.jsonl", lines(WIREMOCK)).document_count == 0


ENCODINGS = ["utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "recorded"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoding_of_an_editor_is_read(validate: Validate, lines: Make, cat: Any, name: str, encoding: str) -> None:
    text = lines(cat | {"prompt": "a cät", "n": 11}).decode()
    (finding,) = validate(name, text.encode(encoding)).findings
    assert (finding.rule, finding.position) == ("request.n.maximum", Position(1, text.index('"n"') + 1))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoding_of_an_editor_is_read_in_every_line(validate: Validate, lines: Make, cat: Any, encoding: str) -> None:
    assert validate("a.jsonl", lines(cat, cat, cat).decode().encode(encoding)).files[0].documents == {"request": 3}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoding_of_an_editor_is_read_in_a_har(
    validate: Validate, har: Make, entry: Make, cat: Any, refusal: Any, encoding: str
) -> None:
    report = validate("a.har", har(entry(cat | {"n": 11}, refusal, 503)).decode().encode(encoding))
    assert [finding.rule for finding in report.findings] == ["request.n.maximum"]


def test_damaged_utf_16_is_not_a_document(validate: Validate) -> None:
    (file,) = validate("a.json", b"\xff\xfe\0\xd8{").files
    assert file.troubles[0].startswith("not a document I know: it is not UTF-16")


def test_exchange_in_a_json_file_is_two_documents(validate: Validate, cat: Any, refusal: Any) -> None:
    content = json.dumps({"request": cat | {"n": 11}, "response": refusal, "status": 503}, indent=2).encode()
    report = validate("a.json", content)
    assert report.files[0].documents == {"request": 1, "error": 1}
    assert b'"n"' in content.splitlines()[report.findings[0].position.line - 1]
