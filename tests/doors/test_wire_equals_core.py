"""What comes over a socket is what the pure gateway answers: a door adds nothing and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import omixa_mock
from omixa_mock.doors.drive import drive
from omixa_mock.gateway import ReadBody, Reply, Request, Send, Step

GENERATE = "/api/v1/images/generations"
CAT: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": "a cat"}


@dataclass(frozen=True)
class Case:
    """A request, and the workspace that it meets."""

    status: int
    body: Any = None
    method: str = "POST"
    path: str = GENERATE
    query: str = ""
    key: str | None = "omx_live_test"
    headers: Mapping[str, str] = field(default_factory=dict)
    workspace: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def fields(self) -> dict[str, str]:
        key = {} if self.key is None else {"authorization": f"Bearer {self.key}"}
        media = {} if self.body is None else {"content-type": "application/json"}
        return {**key, **media, **self.headers}


def get(path: str, status: int = 200, **more: Any) -> Case:
    return Case(status, method="GET", path=path, **more)


CASES = {
    "success": Case(200, CAT),
    "ten pictures": Case(200, CAT | {"n": 10, "output_format": "webp", "size": "1536x1024"}),
    "transparent": Case(200, CAT | {"background": "transparent"}),
    "advisory": Case(200, CAT | {"input_fidelity": "high"}),
    "other status of success": Case(201, CAT, workspace={"settings": {"success_status": 201}}),
    "unicode": Case(200, CAT | {"prompt": "ein Schäfer 猫 🐈"}),
    "no key": Case(401, CAT, key=None),
    "bad key": Case(401, CAT, key="sk-1"),
    "empty wallet": Case(402, CAT, workspace={"balance": 0}),
    "model not allowed": Case(403, CAT | {"model": "imagen-4.0-generate-001"}, workspace={"models": []}),
    "unknown path": Case(404, CAT, path="/api/v1/images/edits"),
    "root": get("/", 404),
    "path outside ASCII": get("/api/v1/modèles", 404),
    "method": get(GENERATE, 405),
    "method of a read": Case(405, CAT, path="/api/v1/models"),
    "too large": Case(413, CAT, workspace={"settings": {"body_max": 10}}),
    "content type": Case(415, CAT, headers={"content-type": "text/plain"}),
    "malformed": Case(422, b'{"model": '),
    "other status of malformed": Case(400, b"{", workspace={"settings": {"malformed_status": 400}}),
    "not UTF-8": Case(422, b'{"prompt": "\xff"}'),
    "empty": Case(422, b""),
    "many rules": Case(422, CAT | {"n": 11, "size": "999x1", "style": "vivid", "prompt": ""}),
    "no route": Case(503, CAT, workspace={"routes_down": ["azure-openai", "azure-foundry"]}),
    "other type of error": Case(404, CAT, path="/x", workspace={"settings": {"errors": {"no_route": {"code": "x"}}}}),
    "models": get("/api/v1/models"),
    "usage": get("/api/v1/usage/requests"),
    "usage with limit": get("/api/v1/usage/requests", query="limit=1"),
    "usage with bad limit": get("/api/v1/usage/requests", 422, query="limit=0"),
    "rollups": get("/api/v1/usage/rollups", query="period_type=hour"),
    "bad rollups": get("/api/v1/usage/rollups", 422, query="period_type=w%C3%B6che&period_type=w"),
}
ALL = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def ask_core(case: Case) -> Reply:
    gateway = omixa_mock.Gateway(omixa_mock.shipped_contract(), omixa_mock.Settings())
    gateway.workspaces.open("omx_live_test").configure(case.workspace)
    url = httpx.URL(f"http://127.0.0.1{case.path}?{case.query}")
    replies = []

    def perform(step: Step) -> bytes | None:
        if isinstance(step, Send):
            replies.append(step.reply)
        return case.content if isinstance(step, ReadBody) and len(case.content) <= step.limit else None

    head = case.fields | ({"content-length": str(len(case.content))} if case.body is not None else {})
    drive(gateway.handle(Request(case.method, url.path, head, dict(url.params.multi_items()))), perform)
    return replies[0]


def ask_server(http: httpx.Client, server: omixa_mock.Server, case: Case, method: str | None = None) -> httpx.Response:
    server.workspace.configure(case.workspace)
    return http.request(
        method or case.method,
        f"{server.url}{case.path}?{case.query}",
        headers=case.fields,
        content=case.content if case.body is not None else None,
    )


@ALL
def test_status_over_the_wire_is_the_one_of_the_core(server: omixa_mock.Server, http: httpx.Client, case: Case) -> None:
    assert ask_server(http, server, case).status_code == ask_core(case).status == case.status


@ALL
def test_body_over_the_wire_is_the_one_of_the_core(server: omixa_mock.Server, http: httpx.Client, case: Case) -> None:
    assert ask_server(http, server, case).content == ask_core(case).body


@ALL
def test_headers_over_the_wire_are_those_of_the_core(server: omixa_mock.Server, http: httpx.Client, case: Case) -> None:
    reply = ask_core(case)
    length = ("content-length", str(len(reply.body)))
    assert ask_server(http, server, case).headers.multi_items() == [*reply.headers, length]


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.method == "GET" and case.status == 200])
def test_head_is_answered_as_get_without_its_body(server: omixa_mock.Server, http: httpx.Client, case: Case) -> None:
    head = ask_server(http, server, case, "HEAD")
    assert (head.status_code, head.headers, head.content) == (200, ask_server(http, server, case).headers, b"")


@pytest.mark.parametrize("name", ["date", "server"])
def test_reply_has_no_header_that_varies_with_time_or_library(
    server: omixa_mock.Server, http: httpx.Client, name: str
) -> None:
    assert name not in ask_server(http, server, CASES["success"]).headers
