"""The fake keeps its own contract through each in-process door, as it does on a socket."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from omixa_mock.interceptors.install import start_interception

TARGET = import_module("omixa_mock.contract_tests.target")
URL = "https://www.omixa.cloud"


def by(library: str) -> Callable[[Any], Any]:
    """Sends by a client library; the door answers in its place."""
    client = import_module(library)
    call = client.request

    def send(exchange: Any) -> Any:
        body = {"data" if library == "requests" else "content": exchange.body}
        response = call(exchange.method, URL + exchange.path, headers=dict(exchange.headers), timeout=10, **body)
        return TARGET.Answer(
            response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
        )

    return send


@pytest.mark.acceptance  # a client and its TLS context for each of 180 calls
@pytest.mark.parametrize("library", ["httpx", "httpx2", "requests"])
def test_the_fake_breaks_nothing(library: str, make_gateway: Any, examine: Any, broken: Any) -> None:
    with start_interception(make_gateway().handle):
        assert broken(examine(by(library))) == {}
