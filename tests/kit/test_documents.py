"""Tests of the parsing of files into documents."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock.kit.files import documents
from omixa_mock.kit.files.items import NO_BODY, NO_RESPONSE
from omixa_mock.kit.files.positions import Position
from omixa_mock.kit.reports.findings import Report

Validate = Callable[..., Report]
Make = Callable[..., Any]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL", "recorded"])
def test_each_line_is_a_document(validate: Validate, lines: Make, cat: Any, refusal: Any, name: str) -> None:
    report = validate(name, lines(cat, refusal, cat))
    assert (report.files[0].documents, report.errors) == ({"request": 2, "error": 1}, 0)


@pytest.mark.parametrize("name", ["a.jsonl", "recorded"])
def test_blank_lines_are_skipped(validate: Validate, lines: Make, cat: Any, name: str) -> None:
    assert validate(name, lines(cat) + b"\n  \n" + lines(cat) + b"\n").document_count == 2


@pytest.mark.parametrize("name", ["a.jsonl", "recorded"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_finding_has_the_number_of_its_line(validate: Validate, lines: Make, cat: Any, name: str, number: int) -> None:
    content = [lines(cat)] * 3
    content[number - 1] = lines(cat | {"n": 11})
    (finding,) = validate(name, b"".join(content)).findings
    assert finding.position == Position(number, lines(cat | {"n": 11}).index(b'"n"') + 1)


@pytest.mark.parametrize("name", ["a.json", "a.txt"])
@pytest.mark.parametrize("indent", [None, 2])
def test_other_files_are_one_document(validate: Validate, cat: Any, name: str, indent: int | None) -> None:
    report = validate(name, json.dumps(cat, indent=indent).encode())
    assert (report.files[0].documents, report.errors) == ({"request": 1}, 0)


def test_line_that_is_not_json_is_a_finding_at_its_position(validate: Validate, lines: Make, cat: Any) -> None:
    (finding,) = validate("a.jsonl", lines(cat) + b'{"a": }\n' + lines(cat)).findings
    assert (finding.rule, finding.position) == ("gateway.body.malformed", Position(2, 7))


def test_exchange_is_two_documents(validate: Validate, lines: Make, cat: Any, image_response: Any) -> None:
    report = validate("a.jsonl", lines({"request": cat, "response": image_response}))
    assert (report.files[0].documents, report.errors) == ({"request": 1, "response": 1}, 0)


def test_status_of_an_exchange_is_compared_with_its_response(
    validate: Validate, lines: Make, cat: Any, refusal: Any
) -> None:
    report = validate("a.jsonl", lines({"request": cat, "response": refusal, "status": 402}))
    assert [finding.rule for finding in report.findings] == ["gateway.error.documented", "gateway.error.documented"]


def test_finding_in_an_exchange_has_its_side_and_column(
    validate: Validate, lines: Make, cat: Any, refusal: Any
) -> None:
    content = lines({"request": cat | {"n": 11}, "response": refusal})
    (finding,) = validate("a.jsonl", content).findings
    assert (finding.where, finding.position) == ("request", Position(1, content.index(b'"n"') + 1))


@pytest.mark.parametrize(("side", "reason"), [("request", NO_BODY), ("response", NO_RESPONSE)])
def test_side_that_was_not_recorded_is_counted(
    validate: Validate, lines: Make, cat: Any, refusal: Any, side: str, reason: str
) -> None:
    report = validate("a.jsonl", lines({"request": cat, "response": refusal} | {side: None}))
    assert (report.files[0].skipped, report.document_count) == ({reason: 1}, 1)


@pytest.mark.parametrize(("kind", "documents"), [("request", {"request": 1}), ("error", {"error": 1})])
def test_kind_selects_the_side(
    validate: Validate, lines: Make, cat: Any, refusal: Any, kind: str, documents: Any
) -> None:
    assert validate("a.jsonl", lines({"request": cat, "response": refusal}), kind).files[0].documents == documents


def test_words_in_a_prompt_are_not_an_exchange(validate: Validate, lines: Make, cat: Any) -> None:
    assert validate("a.jsonl", lines(cat | {"prompt": '"request" "response"'})).files[0].documents == {"request": 1}


def test_line_that_is_too_long_is_a_trouble(
    validate: Validate, lines: Make, cat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "LINE_MAX", 100)
    (file,) = validate("a.jsonl", lines(cat, cat | {"prompt": "x" * 250}, cat | {"n": 11})).files
    assert (file.troubles, file.documents, file.errors) == (
        ["line 2 has more than 100 bytes. Split it, or leave it out."],
        {"request": 2},
        1,
    )


def test_lines_are_read_lazily(lines: Make, cat: Any) -> None:
    stream = io.BytesIO(lines(*[cat] * 1000))
    items = documents.read_documents("a.jsonl", stream, lambda _: None)
    next(items)
    assert stream.tell() == len(lines(cat))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_progress_covers_all_bytes(lines: Make, cat: Any, name: str) -> None:
    progress: list[int] = []
    content = lines(cat, cat)
    list(documents.read_documents(name, io.BytesIO(content), progress.append))
    assert sum(progress) == len(content)


def test_findings_beyond_the_bound_are_counted(validate: Validate, lines: Make, cat: Any) -> None:
    report = validate("a.jsonl", lines(*[cat | {"n": 11}] * 30), findings_max=10)
    assert (len(report.findings), report.omitted, report.errors) == (10, 20, 30)


def test_last_of_two_equal_sides_counts(validate: Validate, lines: Make, cat: Any, refusal: Any) -> None:
    record = lines({"request": cat | {"n": 11}, "response": refusal})
    content = record.replace(b'"request"', b'"request": null, "request"', 1)
    (finding,) = validate("a.jsonl", content).findings
    assert (finding.rule, finding.position) == ("request.n.maximum", Position(1, content.index(b'"n"') + 1))
    assert not validate("b.jsonl", record.replace(b'"response"', b'"request": null, "response"')).findings
