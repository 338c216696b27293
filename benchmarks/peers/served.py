"""The peers that serve, and what each has to be told: one endpoint, and the bytes to answer with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.servers import PATH
from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway.contract import describe_api

__all__ = ["PEERS", "Told"]

HERE = Path(__file__).parent
NODE = HERE / "node_modules" / ".bin"
PYTHON = ROOT / ".venv-bench-peers" / "bin" / "python"
# The command, but for its port; and the path that it answers.
Told = tuple[Sequence[str], str]


def prism(folder: Path, answer: bytes) -> Told:
    """Prism takes what `omixa-mock openapi` prints, here with the answer as its example."""
    contract = shipped_contract()
    document = describe_api(contract, contract.under(Settings()))
    document["paths"][PATH]["post"]["responses"]["200"]["content"]["application/json"]["example"] = json.loads(answer)
    file = written(folder, "openapi.json", document)
    return [str(NODE / "prism"), "mock", file, "--verboseLevel=error", "--port"], PATH


def aimock(folder: Path, answer: bytes) -> Told:
    """Aimock has the endpoint, and makes the envelope itself: the answer is as long, and not the same."""
    match = {"endpoint": "image", "userMessage": "a cat"}
    image = {"b64Json": "A" * (len(answer) - len('{"created":1780660800,"data":[{"b64_json":""}]}'))}
    fixtures = written(folder, "fixtures.json", {"fixtures": [{"match": match, "response": {"image": image}}]})
    config = written(folder, "aimock.json", {"llm": {"fixtures": fixtures, "logLevel": "silent"}})
    return [str(NODE / "aimock"), "--config", config, "--port"], "/v1/images/generations"


def mockoon(folder: Path, answer: bytes) -> Told:
    """Mockoon takes routes with bodies."""
    response = {
        "uuid": "1", "body": answer.decode(), "statusCode": 200, "bodyType": "INLINE", "disableTemplating": True,
        "headers": [{"key": "Content-Type", "value": "application/json"}], "default": True,
    }  # fmt: skip
    route = {"uuid": "2", "type": "http", "method": "post", "endpoint": PATH.lstrip("/"), "responses": [response]}
    children = [{"type": "route", "uuid": "2"}]
    file = written(folder, "mockoon.json", {"uuid": "3", "name": "bench", "routes": [route], "rootChildren": children})
    command = [str(NODE / "mockoon-cli"), "start", "--data", file, "--repair", "--disable-log-to-file"]
    return [*command, "--max-request-body-size=64000000", "--hostname=127.0.0.1", "--port"], PATH


def httpserver(folder: Path, answer: bytes) -> Told:
    """pytest-httpserver takes the answer as it is."""
    file = folder / "answer.json"
    file.write_bytes(answer)
    return [str(PYTHON), str(HERE / "httpserver.py"), PATH, str(file)], PATH


def written(folder: Path, name: str, value: Any) -> str:
    """The path of a JSON file with a value."""
    path = folder / name
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


PEERS: Mapping[str, Callable[[Path, bytes], Told]] = {
    "Prism": prism,
    "aimock": aimock,
    "Mockoon": mockoon,
    "pytest-httpserver": httpserver,
}
