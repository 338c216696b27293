"""Exchanges: the images of a success are compared with its request, whatever has recorded both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock import shipped_contract
from omixa_mock.kit.exchange_validation import validate_exchange
from omixa_mock.kit.file_validation import FileValidator
from omixa_mock.kit.files.documents import read_documents
from omixa_mock.kit.files.items import Document
from omixa_mock.kit.files.paths import Source

CONTRACT = shipped_contract()
CAT = {"model": "gpt-image-1.5", "prompt": "a cat"}
URL = "https://api.omixa.ai/api/v1/images/generations"
JSON = "application/json"


@cache
def success(fields: str = "{}") -> bytes:
    """Return the fake's success for some fields, as JSON text."""
    with omixa_mock.intercept() as mock:
        auth = {"Authorization": f"Bearer {mock.api_key}"}
        return httpx.post(f"{mock.base_url}/images/generations", json=CAT | json.loads(fields), headers=auth).content


TALL = '{"size": "1024x1536"}'
# The fields of the request, those of the success that came, the pointers and rules that it breaks.
EXCHANGES: Mapping[str, tuple[dict[str, Any], str, list[tuple[str, str]]]] = {
    "as requested": ({}, "{}", []),
    "all as requested": (
        {"n": 2, "output_format": "webp", "size": "1024x1536"},
        '{"n": 2, "output_format": "webp", "size": "1024x1536"}',
        [],
    ),
    "fewer images": ({"n": 3}, '{"n": 2}', []),
    "n as a decimal": ({"n": 2.0}, '{"n": 2}', []),
    "more images": ({"n": 2}, '{"n": 3}', [("/data", "gateway.provider-limit")]),
    "more images than one by default": ({}, '{"n": 2}', [("/data", "gateway.provider-limit")]),
    "another format": (
        {"output_format": "jpeg"},
        '{"output_format": "webp"}',
        [("/data/0/b64_json", "request.output_format.enum")],
    ),
    "another format of the second image alone": (
        {"n": 2, "output_format": "jpeg"},
        '{"output_format": "jpeg"}+{"output_format": "png"}',
        [("/data/1/b64_json", "request.output_format.enum")],
    ),
    "another size": ({"size": "1536x1024"}, TALL, [("/data/0/b64_json", "request.size.enum")]),
    "any format if none is requested": ({}, '{"output_format": "webp"}', []),
    "any size if none is requested": ({}, TALL, []),
    "any size for auto": ({"size": "auto"}, TALL, []),
    "size by class": ({"model": "imagen-4.0-generate-001", "size": "1K"}, "{}", []),
    "all wrong": (
        {"n": 1, "output_format": "jpeg", "size": "1536x1024"},
        '{"n": 2}',
        [
            ("/data", "gateway.provider-limit"),
            ("/data/0/b64_json", "request.output_format.enum"),
            ("/data/0/b64_json", "request.size.enum"),
            ("/data/1/b64_json", "request.output_format.enum"),
            ("/data/1/b64_json", "request.size.enum"),
        ],
    ),
    "request that is invalid itself": ({"n": "2", "output_format": "gif", "size": "1x1.5"}, '{"n": 2}', []),
}


def response_of(name: str) -> bytes:
    """Return the success of an exchange; a plus joins the images of two."""
    first, *others = (json.loads(success(part)) for part in EXCHANGES[name][1].split("+"))
    return json.dumps(first | {"data": [row for each in (first, *others) for row in each["data"]]}).encode()


def request_of(name: str) -> bytes:
    return json.dumps(CAT | EXCHANGES[name][0]).encode()


def as_har(request: bytes, response: bytes) -> bytes:
    entry = {
        "request": {"method": "POST", "url": URL, "postData": {"mimeType": JSON, "text": request.decode()}},
        "response": {"status": 200, "content": {"mimeType": JSON, "text": response.decode()}},
    }
    return json.dumps({"log": {"entries": [entry]}}).encode()


def as_cassette(request: bytes, response: bytes) -> bytes:
    row = {
        "request": {"method": "POST", "uri": URL, "body": request.decode()},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": response.decode()}},
    }
    return json.dumps({"version": 1, "interactions": [row]}).encode()


def as_record(request: bytes, response: bytes) -> bytes:
    return b'{"request": %s, "response": %s}' % (request, response)


def as_record_with_status(request: bytes, response: bytes) -> bytes:
    return b'{"request": %s, "response": %s, "status": 200}' % (request, response)


FILES: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "exchange.har": as_har,
    "cassette.json": as_cassette,
    "record.json": as_record,
    "records.jsonl": as_record_with_status,
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_images_are_compared_with_their_request(name: str) -> None:
    found = validate_exchange(CONTRACT, request_of(name), response_of(name))
    assert [violation.key for violation in found] == EXCHANGES[name][2]


@pytest.mark.parametrize("name", [name for name in EXCHANGES if name != "request that is invalid itself"])
@pytest.mark.parametrize("file", FILES)
def test_recorded_exchange_is_compared(tmp_path: Any, file: str, name: str) -> None:
    path = tmp_path / file
    path.write_bytes(FILES[file](request_of(name), response_of(name)))
    report = FileValidator(CONTRACT).validate([Source(str(path))])
    assert [(finding.pointer, finding.rule) for finding in report.findings] == EXCHANGES[name][2]


@pytest.mark.parametrize("file", FILES)
def test_response_carries_the_body_of_its_request(file: str) -> None:
    items = list(read_documents(file, BytesIO(FILES[file](b'{"n": 1}', b'{"data": []}')), lambda _: None))
    requests = [item.request for item in items if isinstance(item, Document)]
    assert requests == [None, b'{"n": 1}']


def test_response_of_a_client_is_compared_with_its_request() -> None:
    request = httpx.Request("POST", URL, json=CAT | {"output_format": "webp"})
    response = httpx.Response(200, content=success(), headers={"Content-Type": JSON}, request=request)
    rules = [violation.rule for violation in omixa_mock.validate_response(response).violations]
    assert rules == ["request.output_format.enum"]


def test_response_to_a_streamed_request_is_compared_with_nothing() -> None:
    request = httpx.Request("POST", URL, content=iter([b"{}"]))
    response = httpx.Response(200, content=success('{"n": 2}'), headers={"Content-Type": JSON}, request=request)
    assert omixa_mock.validate_response(response).ok


def test_refusal_is_compared_with_nothing() -> None:
    error = {"error": {"message": "a", "type": "validation_error", "code": "invalid_request"}}
    request = httpx.Request("POST", URL, json=CAT)
    assert omixa_mock.validate_response(httpx.Response(422, json=error, request=request)).ok


@pytest.mark.parametrize(
    ("name", "provenance"),
    [
        ("more images", "documented: docs/models/gpt-image-1.5"),
        ("another format", "documented: docs/models/gpt-image-1.5"),
        ("another size", "documented: docs/models/gpt-image-1.5"),
    ],
)
def test_violation_has_the_provenance_of_its_rule(name: str, provenance: str) -> None:
    (violation,) = validate_exchange(CONTRACT, request_of(name), response_of(name))
    assert str(violation.provenance) == provenance


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"data": 5}', b'{"data": [{"b64_json": 5}]}'])
def test_bodies_of_another_shape_are_left_to_the_schema(body: bytes) -> None:
    assert validate_exchange(CONTRACT, body, body) == []


def test_damaged_image_is_left_to_its_own_rule() -> None:
    response = b'{"data": [{"b64_json": "%", "url": null}]}'
    assert validate_exchange(CONTRACT, b'{"size": "1024x1024"}', response) == []
