"""Limits that protect other calls, the caller's settings, and messages."""

from __future__ import annotations

import base64
import decimal
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from omixa_mock import Gateway
from omixa_mock.gateway import Request
from omixa_mock.gateway.contract import read_dimensions

Ask = Callable[..., Any]
KEY = "omx_live_core"
PNG = "data:image/png;base64," + base64.b64encode(b"x" * 1_000_000).decode()


def test_too_many_lists_are_refused_before_validation(gateway: Gateway, ask: Ask) -> None:
    body = b'{"model": "gpt-image-1.5", "prompt": "a cat", "n": [' + b"[]," * 100_001 + b"[]]}"
    result = ask(gateway, body)
    assert result.rules == ["gateway.body.parts"]


def test_message_lists_only_some_of_many_unknown_fields(gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, **{f"field_{i}": i for i in range(20_000)})
    assert "… and at least 88 more." in result.message
    assert len(result.message) < 4000


def test_fill_bytes_of_a_jpeg_are_skipped() -> None:
    frame = b"\xc0\x00\x11\x08\x00\x02\x00\x03"
    assert read_dimensions(b"\xff\xd8" + b"\xff" * 5_000_000 + frame) == (3, 2)


@pytest.mark.parametrize("chunk", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_webp_file_that_ends_in_its_head_has_no_size(chunk: bytes) -> None:
    assert read_dimensions(b"RIFF\0\0\0\0WEBP" + chunk + b"\0\0\0\0\x2f") is None


def test_a_call_shows_neither_image_nor_key(gateway: Gateway, ask: Ask) -> None:
    part = {"type": "image_url", "image_url": {"url": PNG}}
    call = ask(gateway, prompt="omx_live_secret", input_images=[part]).call
    assert repr(call) == "<call #1 422 POST /api/v1/images/generations invalid_request>"


def test_the_journal_s_json_cuts_base64_outside_data_urls(gateway: Gateway, ask: Ask) -> None:
    call = ask(gateway, input_images=[PNG.partition(",")[2]]).call
    assert len(str(call.as_json())) < 5000


def test_a_request_s_repr_shows_no_key() -> None:
    headers = {"authorization": "Bearer omx_live_secret"}
    assert "secret" not in repr(Request("GET", "/", headers, {}))


@pytest.mark.parametrize("name", ["api-key", "x-api-key", "x-goog-api-key", "cookie"])
def test_secrets_in_other_headers_are_redacted(gateway: Gateway, ask: Ask, name: str) -> None:
    assert ask(gateway, headers={name: "s3cr3t"}).call.headers[name] == "(redacted)"


@pytest.fixture
def low_precision() -> Iterator[None]:
    """Set a decimal context of low precision."""
    with decimal.localcontext(decimal.Context(prec=3)):
        yield


@pytest.mark.usefixtures("low_precision")
def test_money_does_not_depend_on_the_caller_s_decimal_context(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, n=3, quality="high").billed == Decimal("0.468000")


@pytest.mark.usefixtures("low_precision")
def test_the_balance_does_not_depend_on_the_caller_s_decimal_context(gateway: Gateway, ask: Ask) -> None:
    ask(gateway)
    assert str(gateway.workspaces.open(KEY).wallet.balance) == "99.961000"


def test_unknown_fields_of_a_partial_model_change_its_images(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    model = "imagen-4.0-generate-001"
    gateway = make_gateway(models=[model])
    first, second = (ask(gateway, model=model, negative=text).images for text in ("dogs", "cats"))
    assert first != second


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://example.test/a.png", 200),
        ("http://example.test/a.png", 200),
        ("file:///etc/passwd", 422),
        ("hello", 422),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", 422),
    ],
)
def test_accepted_remote_images_are_links(
    make_gateway: Callable[..., Gateway], ask: Ask, url: str, status: int
) -> None:
    part = {"type": "image_url", "image_url": {"url": url}}
    assert ask(make_gateway(remote_images="accept"), input_images=[part]).status == status


def test_a_data_url_without_a_comma_has_no_image(gateway: Gateway, ask: Ask) -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64"}}
    assert "the bytes are not an image" in ask(gateway, input_images=[part]).body["error"]["message"]


def test_usage_counts_image_requests_only(gateway: Gateway, ask: Ask) -> None:
    ask(gateway)
    ask(gateway, path="/api/v1/nope")
    ask(gateway, method="GET")
    [day] = ask(gateway, method="GET", path="/api/v1/usage/rollups").body["data"]
    assert (day["requests"], day["failed"]) == (1, 0)


def test_a_compressed_body_is_reported_as_compressed(gateway: Gateway, ask: Ask) -> None:
    assert "compressed (gzip)" in ask(gateway, b"\x1f\x8b\x08\x00").message
