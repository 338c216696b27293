"""Table of requests, with the status of the pure gateway's response: every transport must respond and record the same.

This is not a test module. `conftest.py` loads it, and gives its table to the tests of all transports and interceptors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from omixa_mock import Call, Gateway, Settings, shipped_contract
from omixa_mock.gateway import ReadBody, Request, Response, Send, Step
from omixa_mock.transports.flow_driver import drive
from omixa_mock.transports.request_rules import decode_path

GENERATE = "/api/v1/images/generations"
KEY = "omx_live_test"
CAT: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": "a cat"}
BOTH_DOWN = {"routes_down": ["azure-openai", "azure-foundry"]}


@dataclass(frozen=True)
class Case:
    """Request, the workspace that receives it, and the expected status."""

    status: int
    body: Any = None
    method: str = "POST"
    path: str = GENERATE
    query: str = ""
    key: str | None = KEY
    headers: Mapping[str, str] = field(default_factory=dict)
    workspace: Mapping[str, Any] = field(default_factory=dict)
    plan: Any = None

    @property
    def content(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()

    @property
    def fields(self) -> dict[str, str]:
        key = {} if self.key is None else {"authorization": f"Bearer {self.key}"}
        media = {} if self.body is None else {"content-type": "application/json"}
        return {**key, **media, **self.headers}

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def prepare(self, workspace: Any) -> None:
        """Configure a workspace for the request, or anything with a workspace's `configure` and `plan`."""
        workspace.configure(self.workspace)
        if self.plan is not None:
            workspace.plan(self.plan)


@dataclass(frozen=True)
class Outcome:
    """Response as a client receives it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def of(cls, response: Response, method: str) -> Outcome:
        """Return a response as it is sent: the response to HEAD has no body (RFC 9110 §9.3.2)."""
        length = ("content-length", str(len(response.body)))
        return cls(response.status, [*response.headers, length], b"" if method == "HEAD" else response.body)


def read(path: str, status: int = 200, *, method: str = "GET", **more: Any) -> Case:
    return Case(status, method=method, path=path, **more)


CASES = {
    "success": Case(200, CAT),
    "ten images": Case(200, CAT | {"n": 10, "output_format": "webp", "size": "1536x1024"}),
    "transparent": Case(200, CAT | {"background": "transparent"}),
    "advisory": Case(200, CAT | {"input_fidelity": "high"}),
    "allowed field": Case(200, CAT | {"猫": 1}, workspace={"settings": {"allowed_fields": ["猫"]}}),
    "other status of success": Case(201, CAT, workspace={"settings": {"success_status": 201}}),
    "unicode": Case(200, CAT | {"prompt": "ein Schäfer 猫 🐈"}),
    "idempotent": Case(200, CAT, headers={"idempotency-key": "a"}),
    "key by another case of the scheme": Case(200, CAT, headers={"authorization": f"bEARER  {KEY}"}),
    "no key": Case(401, CAT, key=None),
    "bad key": Case(401, CAT, key="sk-1"),
    "empty wallet": Case(402, CAT, workspace={"balance": 0}),
    "model not allowed": Case(403, CAT | {"model": "imagen-4.0-generate-001"}, workspace={"models": []}),
    "unknown path": Case(404, CAT, path="/api/v1/images/edits"),
    "root": read("/", 404),
    "path outside ASCII": read("/api/v1/modèles", 404),
    "escapes in a path": read("/api/v1/models%2F%E7%8C%AB", 404),
    "method": read(GENERATE, 405),
    "method of a read": Case(405, CAT, path="/api/v1/models"),
    "too large": Case(413, CAT, workspace={"settings": {"body_max": 10}}),
    "content type": Case(415, CAT, headers={"content-type": "text/plain"}),
    "malformed": Case(422, b'{"model": '),
    "other status of malformed": Case(400, b"{", workspace={"settings": {"malformed_status": 400}}),
    "not UTF-8": Case(422, b'{"prompt": "\xff"}'),
    "empty": Case(422, b""),
    "many rules": Case(422, CAT | {"n": 11, "size": "999x1", "style": "vivid", "prompt": ""}),
    "rule about a name outside Latin": Case(422, CAT | {"猫": 1}),
    "no route": Case(503, CAT, workspace=BOTH_DOWN),
    "one route": Case(200, CAT, workspace={"routes_down": ["azure-openai"]}),
    "other type of error": Case(404, CAT, path="/x", workspace={"settings": {"errors": {"no_route": {"code": "x"}}}}),
    "status without a phrase": Case(
        599, CAT, workspace={**BOTH_DOWN, "settings": {"errors": {"no_route": {"status": 599}}}}
    ),
    "planned 401": Case(401, CAT, plan="invalid_key"),
    "planned 402": Case(402, CAT, plan=402),
    "planned 403": Case(403, CAT, plan="model_not_allowed"),
    "planned 422": Case(422, CAT, plan="invalid_request"),
    "planned 503": Case(503, CAT, plan=["no_route", "ok"]),
    "planned success": Case(200, CAT, plan="ok"),
    "refused before its plan": Case(422, CAT | {"n": 0}, plan="no_route"),
    "models": read("/api/v1/models"),
    "usage": read("/api/v1/usage/requests"),
    "usage with limit": read("/api/v1/usage/requests", query="limit=1"),
    "usage with bad limit": read("/api/v1/usage/requests", 422, query="limit=0"),
    "usage with empty limit": read("/api/v1/usage/requests", 422, query="limit="),
    "usage with limits": read("/api/v1/usage/requests", query="limit=0&limit=1"),
    "rollups": read("/api/v1/usage/rollups", query="period_type=hour"),
    "bad rollups": read("/api/v1/usage/rollups", 422, query="period_type=w%C3%B6che&period_type=w"),
    "escapes in a query": read("/api/v1/usage/rollups", 422, query="period_type=%77%C3%B6+%2B%26%3D"),
    "head of models": read("/api/v1/models", method="HEAD"),
    "head of a refusal": read("/api/v1/usage/requests", 422, method="HEAD", query="limit=0"),
    "head of nothing": read("/api/v1/nothing", 404, method="HEAD"),
}


def ask_core(case: Case, *, keys: Any = "any") -> tuple[Response, Call]:
    """Return the pure gateway's response, and its record of the call."""
    calls: list[Call] = []
    gateway = Gateway(shipped_contract(), Settings(), keys=keys, on_call=calls.append)
    case.prepare(gateway.workspaces.open(KEY))
    body = case.content or b""
    responses = []

    def perform(step: Step) -> bytes | None:
        if isinstance(step, Send):
            responses.append(step.response)
        return body if isinstance(step, ReadBody) and len(body) <= step.limit else None

    head = case.fields | ({"content-length": str(len(body))} if case.body is not None else {})
    url = urlsplit(case.target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    drive(gateway.handle(Request(case.method, decode_path(url.path.encode()), head, query)), perform)
    (response,), (call,) = responses, calls
    return response, call
