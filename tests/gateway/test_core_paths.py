"""Unknown paths: the refusal names what was probably meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock import Gateway

BASE_URL = "The base URL ends in /api/v1; the client adds /{}."
HINTS = {
    "/api/v1/images/generations/images/generations": BASE_URL.format("images/generations"),
    "/api/v1/models/images/generations": BASE_URL.format("images/generations"),
    "/api/v1/images/generations/models": BASE_URL.format("models"),
    "/api/v1/api/v1/images/generations": BASE_URL.format("images/generations"),
    "/api/v1/v1/images/generations": BASE_URL.format("images/generations"),
    "/api/v1/images/images/generations": BASE_URL.format("images/generations"),
    "/openai/images/generations": BASE_URL.format("images/generations"),
    "/api/v1/models/usage/requests": BASE_URL.format("usage/requests"),
    "/api/v1/models/gpt-image-1.5": "There is no endpoint for one model: GET /api/v1/models lists all of them.",
    "/v1/models/gpt-image-1.5": "There is no endpoint for one model: GET /api/v1/models lists all of them.",
    "/api/v1/images/generations/7": "Did you mean POST /api/v1/images/generations?",
    "/v1/images/generations": "Did you mean POST /api/v1/images/generations?",
}


@pytest.mark.parametrize(("path", "hint"), HINTS.items())
def test_unknown_path_has_a_hint_of_its_own(gateway: Gateway, ask: Callable[..., Any], path: str, hint: str) -> None:
    assert ask(gateway, path=path).call.error.message == f"There is nothing at {path}. {hint}"


def test_preflight_is_refused_with_the_flag_that_would_help(gateway: Gateway, ask: Callable[..., Any]) -> None:
    headers = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    message = ask(gateway, method="OPTIONS", headers=headers).call.error.message
    assert "--cors-origin http://localhost:5173 (in Python: cors_origins=" in message
