"""Sequence of the checks: a request with several violations gets only the first refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from omixa_mock import Gateway

Ask = Callable[..., Any]
GENERATE = "/api/v1/images/generations"
INVALID = b'{"model": "gpt-image-1.5", "prompt": 5}'
OTHER_MODEL = b'{"model": "MAI-Image-2.5", "prompt": 5}'
VALID = b'{"model": "gpt-image-1.5", "prompt": "a cat"}'
UNREADABLE = b"{" * 100
ROUTES = ("azure-foundry", "azure-openai")


@dataclass(frozen=True)
class Row:
    """Request and its first refusal; every row has all the violations of the rows below it."""

    status: int
    name: str | None
    body: bytes = UNREADABLE
    method: str = "POST"
    path: str = GENERATE
    key: str | None = "omx_live_poor"
    headers: dict[str, str] = field(default_factory=dict)
    routes_down: tuple[str, ...] = ROUTES
    balance: str = "0"


HUGE = {"content-length": "101", "content-type": "text/plain"}
PLAIN = {"content-type": "text/plain"}
LONG = b"[" * 101
ROWS = [
    Row(404, "not_found", LONG, "DELETE", "/api/v1/images", None, HUGE),
    Row(405, "method_not_allowed", LONG, "DELETE", GENERATE, None, HUGE),
    Row(401, "invalid_key", LONG, key=None, headers=HUGE),
    Row(413, "payload_too_large", LONG, headers=HUGE),
    Row(415, "unsupported_media_type", LONG, headers=PLAIN),
    Row(413, "payload_too_large", LONG),
    Row(422, "invalid_request", UNREADABLE),
    Row(403, "model_not_allowed", OTHER_MODEL),
    Row(422, "invalid_request", INVALID),
    Row(503, "no_route", VALID),
    Row(402, "insufficient_balance", VALID, routes_down=()),
    Row(200, None, VALID, routes_down=(), balance="1"),
]


def prepare(gateway: Gateway, row: Row) -> None:
    workspace = gateway.workspaces.open("omx_live_poor")
    workspace.configure({"models": ["gpt-image-1.5"], "balance": row.balance, "routes_down": row.routes_down})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{ROWS.index(row):02}-{row.status}-{row.name}")
def test_first_violation_in_the_sequence_of_checks_is_refused(
    row: Row, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(body_max=100)
    prepare(gateway, row)
    result = ask(gateway, row.body, method=row.method, path=row.path, key=row.key, headers=row.headers)
    assert (result.status, result.name) == (row.status, row.name)


@pytest.mark.parametrize("body", [b"", b"nonsense", b'{"model": "MAI-Image-2.5", "model": "x"}'])
def test_a_malformed_body_is_refused_before_the_restriction_of_the_key(body: bytes, gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open("omx_live_poor").configure({"models": []})
    assert ask(gateway, body, key="omx_live_poor").rules[0].startswith("gateway.body.")


def test_unknown_model_is_an_invalid_request(gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, model="dall-e-3")
    assert (result.status, result.rules) == (422, ["request.model.const"])


def test_unknown_model_is_not_allowed_for_a_restricted_key(gateway: Gateway, ask: Ask) -> None:
    gateway.workspaces.open("omx_live_core").configure({"models": ["gpt-image-1.5"]})
    assert ask(gateway, model="dall-e-3").name == "model_not_allowed"


@pytest.mark.parametrize("model", [5, None, ["gpt-image-1.5"], {}, ...])
def test_malformed_model_is_an_invalid_request_even_for_a_restricted_key(
    model: Any, gateway: Gateway, ask: Ask
) -> None:
    gateway.workspaces.open("omx_live_core").configure({"models": []})
    assert ask(gateway, model=model).status == 422


@pytest.mark.parametrize(
    ("setting", "name"), [("before-validation", "insufficient_balance"), ("after-validation", "invalid_request")]
)
def test_empty_wallet_is_refused_before_or_after_validation(
    setting: str, name: str, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(balance_check=setting, default_balance="0.009999")
    assert ask(gateway, INVALID).name == name


def test_restriction_of_the_key_is_checked_before_an_early_balance_check(
    make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(balance_check="before-validation", default_balance=0)
    gateway.workspaces.open("omx_live_core").configure({"models": []})
    assert ask(gateway, INVALID).name == "model_not_allowed"


@pytest.mark.parametrize("row", [row for row in ROWS if row.status != 200], ids=lambda row: f"{row.status}-{row.name}")
def test_a_refused_call_holds_nothing(row: Row, make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(body_max=100)
    prepare(gateway, row)
    before = list(gateway.workspaces.enter("omx_live_poor").wallet.ledger)
    ask(gateway, row.body, method=row.method, path=row.path, key=row.key, headers=row.headers)
    assert list(gateway.workspaces.enter("omx_live_poor").wallet.ledger) == before


ENVELOPES = {
    401: ("authentication_error", "invalid_api_key"),
    402: ("billing_error", "insufficient_balance"),
    403: ("permission_error", "model_not_allowed"),
    422: ("validation_error", "invalid_request"),
    503: ("routing_error", "no_healthy_route"),
}


@pytest.mark.parametrize("row", [row for row in ROWS if row.status in ENVELOPES], ids=lambda row: str(row.status))
def test_documented_status_has_the_documented_envelope(
    row: Row, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(body_max=100)
    prepare(gateway, row)
    error = ask(gateway, row.body, method=row.method, path=row.path, key=row.key, headers=row.headers).body["error"]
    assert (error["type"], error["code"]) == ENVELOPES[row.status]


def test_402_begins_with_the_one_documented_message(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert ask(make_gateway(default_balance=0)).message == (
        "Insufficient wallet balance. The call needs a hold of 0.039000 USD and 0.000000 is available."
    )


@pytest.mark.parametrize(
    ("row", "header"),
    [
        (0, None),
        (1, ("allow", "POST")),
        (2, ("www-authenticate", 'Bearer realm="omixa"')),
        (4, ("accept", "application/json")),
    ],
)
def test_refusal_has_the_header_that_http_requires(
    row: int, header: tuple[str, str] | None, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway, case = make_gateway(body_max=100), ROWS[row]
    prepare(gateway, case)
    result = ask(gateway, case.body, method=case.method, path=case.path, key=case.key, headers=case.headers)
    extra = set(result.response.headers) - {("content-type", "application/json")}
    assert {name for name, _ in extra} - {"x-omixa-mock", "x-omixa-mock-rules"} == ({header[0]} if header else set())
    assert header is None or header in extra


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", GENERATE, 200),
        ("GET", GENERATE, 405),
        ("HEAD", GENERATE, 405),
        ("GET", "/api/v1/models", 200),
        ("HEAD", "/api/v1/models", 200),
        ("POST", "/api/v1/models", 405),
        ("GET", "/api/v1/usage/requests", 200),
        ("PUT", "/api/v1/usage/rollups", 405),
        ("POST", "/api/v1/images/generations/", 404),
        ("POST", "/images/generations", 404),
        ("POST", "images/generations", 404),
        ("POST", "/api/v1/api/v1/images/generations", 404),
        ("POST", "/api/v1/images/edits", 404),
        ("GET", "/", 404),
        ("GET", "", 404),
    ],
)
def test_path_and_method_decide_the_status(method: str, path: str, status: int, gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, method=method, path=path).status == status


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/images/generations", "Did you mean POST /api/v1/images/generations?"),
        ("/api/v1/image/generation", "Did you mean POST /api/v1/images/generations?"),
        ("/api/v1/usage/request", "Did you mean GET /api/v1/usage/requests?"),
        ("/v1/images/edits", "send them to POST /api/v1/images/generations with input_images"),
        ("/v1/chat/completions", "This is the image gateway"),
        ("/api/v1/models/gpt-image-1.5", "There is no endpoint for one model: GET /api/v1/models lists all of them."),
        (
            "/api/v1/images/generations/images/generations",
            "The base URL ends in /api/v1; the client adds /images/generations.",
        ),
        ("/", "Did you mean POST /api/v1/images/generations?"),
    ],
)
def test_unknown_path_gets_a_suggestion(path: str, hint: str, gateway: Gateway, ask: Ask) -> None:
    assert hint in ask(gateway, path=path).message


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("100", 422),
        ("101", 413),
        ("0" * 50 + "1", 422),
        ("9" * 5000, 413),
        ("abc", 422),
        ("²", 422),
        ("-1", 422),
        ("", 422),
    ],
)
def test_declared_length_decides_the_status(
    length: str, status: int, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    assert ask(make_gateway(body_max=100), b"x", headers={"content-length": length}).status == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ("", 415),
        ("text/json", 415),
        ("application/jsonl", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_content_type_decides_the_status(content_type: str, status: int, gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, headers={"content-type": content_type}).status == status
