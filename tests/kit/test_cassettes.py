"""Tests of VCR cassettes: those that vcrpy writes, and those of Ruby's VCR and Betamax."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
import yaml

import omixa_mock
from omixa_mock.kit.files.paths import expand
from omixa_mock.kit.reports.findings import Report

Validate = Callable[..., Report]
URL = "https://www.omixa.cloud/api/v1/images/generations"
JSON = {"Content-Type": ["application/json"]}
BOTH = {"request": 1, "response": 1}


@pytest.fixture
def interaction(cat: Any, image_response: Any) -> dict[str, Any]:
    """Return a call as vcrpy records it."""
    return {
        "request": {"method": "POST", "uri": URL, "body": json.dumps(cat | {"n": 11}), "headers": JSON},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": JSON,
            "body": {"string": json.dumps(image_response)},
        },
    }


def write_json(*interactions: Any, name: str = "interactions") -> bytes:
    return json.dumps({"version": 1, name: interactions}, indent=2).encode()


def write_yaml(*interactions: Any, name: str = "interactions") -> bytes:
    return str(yaml.dump({"version": 1, name: [*interactions]})).encode()


WRITERS = pytest.mark.parametrize(
    ("name", "write"), [("a.json", write_json), ("a.yaml", write_yaml), ("a", write_json), ("a", write_yaml)]
)


@WRITERS
@pytest.mark.parametrize("key", ["interactions", "http_interactions"])
def test_both_sides_are_validated(
    validate: Validate, interaction: Any, name: str, write: Callable[..., bytes], key: str
) -> None:
    report = validate(name, write(interaction, name=key))
    assert (report.files[0].documents, [finding.rule for finding in report.findings]) == (BOTH, ["request.n.maximum"])


@WRITERS
def test_finding_has_the_line_of_its_interaction(
    validate: Validate, interaction: Any, name: str, write: Callable[..., bytes]
) -> None:
    other = {"request": {"method": "GET", "uri": "https://x/"}, "response": {}}
    content = write(other, interaction)
    (finding,) = validate(name, content).findings
    start = [number for number, line in enumerate(content.splitlines(), 1) if line in {b"    {", b"- request:"}][1]
    assert (finding.position.line, finding.where.split()[0]) == (start, "interactions[1].request")


@pytest.mark.parametrize("name", ["cassette.yaml", "cassette.json"])
def test_cassette_of_vcrpy_is_validated(validate: Validate, tmp_path: Path, name: str) -> None:
    with omixa_mock.serve() as mock, vcr.use_cassette(tmp_path / name, serializer=name.partition(".")[2]):
        response = requests.post(
            f"{mock.base_url}/images/generations",
            json={"model": "gpt-image-1.5", "prompt": "a cat"},
            headers={"Authorization": f"Bearer {mock.api_key}"},
            timeout=20,
        )
    report = validate(name, (tmp_path / name).read_bytes())
    assert (response.status_code, report.files[0].documents, report.errors) == (200, BOTH, 0)


BODIES: dict[str, Callable[[bytes], Any]] = {
    "text": lambda body: {"string": body.decode()},
    "text with its encoding": lambda body: {"encoding": "UTF-8", "string": body.decode()},
    "base64": lambda body: {"encoding": "UTF-8", "base64_string": base64.encodebytes(body).decode()},
    "bytes": lambda body: {"string": body},
    "bare": lambda body: body.decode(),
    "gzip": lambda body: {"string": gzip.compress(body)},
    "decoded gzip": lambda body: {"string": body.decode()},
}


@pytest.mark.parametrize(("name", "body"), BODIES.items(), ids=BODIES)
def test_body_of_every_recorder_is_read(
    validate: Validate, interaction: Any, image_response: Any, name: str, body: Callable[[bytes], Any]
) -> None:
    interaction["response"]["body"] = body(json.dumps(image_response | {"created": -1}).encode())
    if "gzip" in name:
        interaction["response"]["headers"] = JSON | {"content-encoding": ["gzip"]}
    report = validate("a.yaml", write_yaml(interaction))
    assert [finding.rule for finding in report.findings] == ["request.n.maximum", "response.created.minimum"]


def test_body_in_another_coding_is_a_trouble(validate: Validate, interaction: Any) -> None:
    interaction["response"] |= {"headers": {"Content-Encoding": "br"}, "body": {"string": b"\x8b\xff\x00"}}
    (file,) = validate("a.yaml", write_yaml(interaction)).files
    assert file.troubles == [
        "interactions[0].response: its recorded body is compressed (br). Record it by decode_compressed_response."
    ]


def test_media_type_is_validated(validate: Validate, interaction: Any) -> None:
    interaction["response"]["headers"] = {"content-type": ["text/html"]}
    rules = {finding.rule for finding in validate("a.yaml", write_yaml(interaction)).findings}
    assert "gateway.response.media-type" in rules


def test_method_may_be_a_symbol(validate: Validate, interaction: Any) -> None:
    interaction["request"]["method"] = "post"
    assert validate("a.yaml", write_yaml(interaction)).files[0].documents == BOTH


@pytest.mark.parametrize("content", [b"interactions: [", b"interactions: 1\n", b"interactions: !!python/name:os.x ''"])
def test_damaged_cassette_is_a_trouble(validate: Validate, content: bytes) -> None:
    assert validate("a.yaml", content).files[0].troubles[0].endswith("Record it again.")


def test_missing_pyyaml_is_named(validate: Validate, interaction: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    (file,) = validate("a.yaml", write_yaml(interaction)).files
    assert file.troubles == ["this is a cassette in YAML, which takes PyYAML: pip install 'omixa-mock[yaml]'"]


def test_folder_has_its_cassettes_and_no_other_yaml(tmp_path: Path, interaction: Any) -> None:
    for name in ("a.yaml", "b.yml"):
        (tmp_path / name).write_bytes(write_yaml(interaction))
    (tmp_path / "ci.yaml").write_text("on: [push]\n")
    assert [Path(source.name).name for source in expand([str(tmp_path)])] == ["a.yaml", "b.yml"]
