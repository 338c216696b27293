"""Tests that a web page of another origin, in a real browser, cannot use the control routes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest

import omixa_mock

TRY = """
async ({ url, options }) => {
  try {
    const response = await fetch(url, options);
    return response.type === "opaque" ? "opaque" : String(response.status);
  } catch (error) {
    return error.name;
  }
}
"""


class Attempt(NamedTuple):
    """Fetch by a page: its result from a foreign origin, and from the fake's own origin."""

    path: str
    options: dict[str, Any]
    foreign: str
    own: str


KEY = "omx_live_mine"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
ATTEMPTS = {
    "configure": Attempt(
        "workspace", {"method": "PUT", "headers": AUTHORIZED, "body": '{"balance": "0"}'}, "TypeError", "200"
    ),
    "close": Attempt("workspace", {"method": "DELETE", "headers": AUTHORIZED}, "TypeError", "200"),
    "reset": Attempt("reset", {"method": "POST", "headers": AUTHORIZED}, "TypeError", "200"),
    "read": Attempt("requests", {"headers": AUTHORIZED}, "TypeError", "200"),
    # Requests without a preflight reach the server, and are refused there.
    "read unmatched": Attempt("requests?unmatched=1", {}, "TypeError", "200"),
    "reset without preflight": Attempt(
        "reset", {"method": "POST", "mode": "no-cors", "headers": AUTHORIZED}, "opaque", "401"
    ),
}


class BlankPage(BaseHTTPRequestHandler):
    """Handler that serves an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b"<!doctype html>")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def foreign_page() -> Iterator[str]:
    """Serve a page of another origin; yield its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BlankPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(params=ATTEMPTS)
def attempt(request: pytest.FixtureRequest) -> Attempt:
    return ATTEMPTS[request.param]


@pytest.fixture
def try_from(
    server: omixa_mock.OmixaMockServer, run_node: Callable[..., Any], browser: str, attempt: Attempt
) -> Callable[[str], str]:
    """Return a function that makes the attempt from a page."""

    def try_from(page: str) -> str:
        argument = {"url": f"{server.url}/__omixa/{attempt.path}", "options": attempt.options}
        return str(run_node("browse.mjs", {"script": TRY, "argument": argument}, browser, page))

    return try_from


def test_foreign_page_reads_nothing(try_from: Callable[[str], str], foreign_page: str, attempt: Attempt) -> None:
    assert try_from(foreign_page) == attempt.foreign


def test_foreign_page_changes_nothing(
    server: omixa_mock.OmixaMockServer, try_from: Callable[[str], str], foreign_page: str
) -> None:
    workspace = server.gateway.workspaces.open(KEY)
    before = workspace.as_json()
    try_from(foreign_page)
    # Closing or resetting would replace the workspace.
    assert server.gateway.workspaces.enter(KEY) is workspace
    assert workspace.as_json() == before


def test_own_page_succeeds(
    server: omixa_mock.OmixaMockServer, try_from: Callable[[str], str], attempt: Attempt
) -> None:
    assert try_from(f"{server.url}/__omixa/health") == attempt.own
