"""Fixtures for the tests of `learn`: recordings of traffic with a fake that has any settings."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import with_changes
from omixa_mock.server import run_in_thread
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address

# By name: the folder is installed below omixa_mock under a mapping.
RUNNER = import_module("omixa_mock.contract_tests.runner")
TARGET = import_module("omixa_mock.contract_tests.target")
TRANSPORT = import_module("omixa_mock.contract_tests.transport")
KEY = "omx_live_recorded"

Entry = dict[str, Any]


def entry(
    request: Any = None,
    response: Any = None,
    status: int = 200,
    *,
    method: str = "POST",
    path: str = "/api/v1/images/generations",
    milliseconds: float = 5,
    headers: Mapping[str, str] | None = None,
    response_headers: Mapping[str, str] | None = None,
) -> Entry:
    """Return a HAR's entry; bodies are JSON values, or bytes as they are."""
    post_data = {} if request is None else {"postData": {"mimeType": "application/json", "text": ""}}
    sent, received = (body if isinstance(body, bytes) else json.dumps(body).encode() for body in (request, response))
    if post_data:
        post_data["postData"]["text"] = sent.decode("latin-1")
    return {
        "startedDateTime": datetime.now(UTC).isoformat(),
        "time": milliseconds,
        "request": {
            "method": method,
            "url": f"https://www.omixa.cloud{path}",
            "headers": rows({"content-type": "application/json", **(headers or {})}),
            **(
                {"postData": {"mimeType": "application/json", "text": sent.decode("latin-1")}}
                if request is not None
                else {}
            ),
            "bodySize": len(sent),
        },
        "response": {
            "status": status,
            "headers": rows({"content-type": "application/json", **(response_headers or {})}),
            "content": {
                "size": len(received),
                "mimeType": "application/json",
                "text": base64.b64encode(received).decode(),
                "encoding": "base64",
            },
        },
    }


def rows(headers: Mapping[str, str]) -> list[dict[str, str]]:
    """Return headers as a HAR has them."""
    return [{"name": name, "value": value} for name, value in headers.items()]


@pytest.fixture(scope="session", name="entry")
def entry_fixture() -> Callable[..., Entry]:
    """Return the function that makes a HAR's entry."""
    return entry


@pytest.fixture
def har(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a HAR of some entries."""

    def write(*entries: Entry) -> Path:
        path = tmp_path / f"{time.time_ns()}.har"
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
        return path

    return write


def record_probes(settings: Mapping[str, Any]) -> list[Entry]:
    """Return the traffic of all probes of `verify` with a fake that has some settings."""
    changes = {"default_balance": "1000000", **settings}
    gateway = Gateway(shipped_contract(), with_changes(Settings(), changes), keys=(KEY,), now=time.time)
    entries: list[Entry] = []
    with run_in_thread(build_app(gateway, ControlPolicy()), gateway, Address()) as url:
        send = TRANSPORT.send_over_http(url)

        def record(request: Any) -> Any:
            response = send(request)
            entries.append(
                entry(
                    request.body,
                    response.body,
                    response.status,
                    method=request.method,
                    path=request.path,
                    headers=dict(request.headers),
                    response_headers=dict(response.headers),
                )
            )
            return response

        RUNNER.ProbeRunner(TARGET.Target(record, KEY), TARGET.Decimal(1_000_000)).run_all()
    return entries


@pytest.fixture(scope="session", name="record_probes")
def record_probes_fixture() -> Callable[[Mapping[str, Any]], list[Entry]]:
    """Return the function that records the traffic of all probes."""
    return record_probes
