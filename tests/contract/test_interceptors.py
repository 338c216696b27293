"""Tests that the mock satisfies its own contract through each interceptor, as on a socket."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from omixa_mock.interceptors import start_interception

TARGET = import_module("omixa_mock.contract_tests.target")
URL = "https://www.omixa.cloud"


def send_by(library: str) -> Callable[[Any], Any]:
    """Return a function that sends requests by a client library, which is intercepted."""
    client = import_module(library)
    call = client.request

    def send(request: Any) -> Any:
        body = {"data" if library == "requests" else "content": request.body}
        response = call(request.method, URL + request.path, headers=dict(request.headers), timeout=10, **body)
        return TARGET.Response(
            response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
        )

    return send


@pytest.mark.acceptance  # a client and its TLS context for each of 180 calls
@pytest.mark.parametrize("library", ["httpx", "httpx2", "requests"])
def test_the_mock_violates_no_rule(library: str, make_gateway: Any, run_probes: Any, violated_rules: Any) -> None:
    with start_interception(make_gateway().handle):
        assert violated_rules(run_probes(send_by(library))) == {}
