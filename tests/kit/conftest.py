"""Fixtures for the kit's tests: documents, recorded exchanges, validation of files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omixa_mock import shipped_contract
from omixa_mock.kit.file_validation import FileValidator
from omixa_mock.kit.files.paths import expand
from omixa_mock.kit.reports.findings import Report

URL = "https://www.omixa.cloud/api/v1/images/generations"


@pytest.fixture(scope="session")
def cat() -> dict[str, Any]:
    """Return a request."""
    return {"model": "gpt-image-1.5", "prompt": "a cat"}


@pytest.fixture(scope="session")
def image_response() -> Any:
    """Return a success from the shipped examples."""
    examples = Path(__file__).parents[2] / "schemas" / "examples" / "valid"
    return json.loads(next(iter(sorted(examples.glob("response--*.json")))).read_bytes())


@pytest.fixture(scope="session")
def refusal() -> dict[str, Any]:
    """Return the refusal for 503."""
    return {"error": {"message": "No route.", "type": "routing_error", "code": "no_healthy_route"}}


@pytest.fixture(scope="session")
def entry() -> Callable[..., Any]:
    """Return a function that makes a HAR entry as Chromium writes it."""

    def entry(
        request: Any, response: Any, status: int = 200, *, url: str = URL, method: str = "POST", **content: Any
    ) -> Any:
        body, response_body = json.dumps(request), json.dumps(response)
        return {
            "startedDateTime": "2026-11-22T18:00:00.000Z",
            "time": 12.5,
            "request": {
                "method": method,
                "url": url,
                "httpVersion": "http/2.0",
                "headers": [{"name": "authorization", "value": "Bearer omx_live_SECRET"}],
                "queryString": [],
                "cookies": [],
                "headersSize": -1,
                "bodySize": len(body),
                "postData": {"mimeType": "application/json", "text": body},
            },
            "response": {
                "status": status,
                "statusText": "",
                "httpVersion": "http/2.0",
                "headers": [],
                "cookies": [],
                "content": {
                    "size": len(response_body),
                    "mimeType": "application/json",
                    "text": response_body,
                    **content,
                },
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1,
            },
            "cache": {},
            "timings": {"send": 0, "wait": 12, "receive": 0.5},
        }

    return entry


@pytest.fixture(scope="session")
def har() -> Callable[..., bytes]:
    """Return a function that makes an indented HAR of entries."""

    def har(*entries: Any) -> bytes:
        log = {"version": "1.2", "creator": {"name": "a test", "version": "1"}, "pages": [], "entries": entries}
        return json.dumps({"log": log}, indent=2).encode()

    return har


@pytest.fixture
def validate(tmp_path: Path) -> Callable[..., Report]:
    """Return a function that validates a file with the given bytes."""

    def validate(name: str, content: bytes, kind: str = "auto", findings_max: int = 1000) -> Report:
        path = tmp_path / name
        path.write_bytes(content)
        return FileValidator(shipped_contract(), kind, findings_max).validate(expand([str(path)]))

    return validate


@pytest.fixture(scope="session")
def lines() -> Callable[..., bytes]:
    """Return a function that makes JSON Lines."""

    def lines(*values: Any) -> bytes:
        return b"".join(json.dumps(value).encode() + b"\n" for value in values)

    return lines
