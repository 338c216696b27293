"""Peers that serve, each configured with one endpoint and one response."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.servers import PATH
from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway.contract import describe_api

__all__ = ["PEERS", "PeerCommand"]

HERE = Path(__file__).parent
NODE = HERE / "node_modules" / ".bin"
PYTHON = ROOT / ".venv-bench-peers" / "bin" / "python"
# The command without its port, and the path of its endpoint.
PeerCommand = tuple[Sequence[str], str]


def prism(folder: Path, body: bytes) -> PeerCommand:
    """Configure Prism with the output of `omixa-mock openapi`, and the response's body as its example."""
    contract = shipped_contract()
    document = describe_api(contract, contract.under(Settings()))
    document["paths"][PATH]["post"]["responses"]["200"]["content"]["application/json"]["example"] = json.loads(body)
    file = write_json(folder, "openapi.json", document)
    return [str(NODE / "prism"), "mock", file, "--verboseLevel=error", "--port"], PATH


def aimock(folder: Path, body: bytes) -> PeerCommand:
    """Configure aimock, which makes the envelope itself: its response has the same length, not the same bytes."""
    match = {"endpoint": "image", "userMessage": "a cat"}
    image = {"b64Json": "A" * (len(body) - len('{"created":1780660800,"data":[{"b64_json":""}]}'))}
    fixtures = write_json(folder, "fixtures.json", {"fixtures": [{"match": match, "response": {"image": image}}]})
    config = write_json(folder, "aimock.json", {"llm": {"fixtures": fixtures, "logLevel": "silent"}})
    return [str(NODE / "aimock"), "--config", config, "--port"], "/v1/images/generations"


def mockoon(folder: Path, body: bytes) -> PeerCommand:
    """Configure Mockoon with one route and its body."""
    response = {
        "uuid": "1", "body": body.decode(), "statusCode": 200, "bodyType": "INLINE", "disableTemplating": True,
        "headers": [{"key": "Content-Type", "value": "application/json"}], "default": True,
    }  # fmt: skip
    route = {"uuid": "2", "type": "http", "method": "post", "endpoint": PATH.lstrip("/"), "responses": [response]}
    children = [{"type": "route", "uuid": "2"}]
    environment = {"uuid": "3", "name": "bench", "routes": [route], "rootChildren": children}
    file = write_json(folder, "mockoon.json", environment)
    command = [str(NODE / "mockoon-cli"), "start", "--data", file, "--repair", "--disable-log-to-file"]
    return [*command, "--max-request-body-size=64000000", "--hostname=127.0.0.1", "--port"], PATH


def httpserver(folder: Path, body: bytes) -> PeerCommand:
    """Configure pytest-httpserver with the same bytes."""
    file = folder / "response.json"
    file.write_bytes(body)
    return [str(PYTHON), str(HERE / "httpserver.py"), PATH, str(file)], PATH


def write_json(folder: Path, name: str, value: Any) -> str:
    """Write a value into a JSON file; return the file's path."""
    path = folder / name
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


PEERS: Mapping[str, Callable[[Path, bytes], PeerCommand]] = {
    "Prism": prism,
    "aimock": aimock,
    "Mockoon": mockoon,
    "pytest-httpserver": httpserver,
}
