"""Data URLs in any case (RFC 3986 §3.1, RFC 2397 §3), and the setting that a refusal of an image names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock import Gateway, shipped_contract
from omixa_mock.gateway.contract import format_value
from omixa_mock.gateway.contract.input_images import TINY_PNG
from omixa_mock.kit.validation import validate_document

Make = Callable[..., Gateway]
Ask = Callable[..., Any]
BASE64 = TINY_PNG.partition(",")[2]
HEADS = ("data:image/png;base64,", "DATA:image/png;base64,", "data:IMAGE/PNG;base64,", "Data:Image/Png;Base64,")
heads = pytest.mark.parametrize("head", HEADS)


def part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def edit(url: str, **fields: Any) -> dict[str, Any]:
    return {"model": "gpt-image-1.5", "prompt": "a cat", "input_images": [part(url)], **fields}


@heads
@pytest.mark.parametrize("place", ["input image", "mask", "mask as an object"])
def test_data_url_is_accepted_in_any_case(gateway: Gateway, ask: Ask, head: str, place: str) -> None:
    url = f"{head}{BASE64}"
    masks: dict[str, dict[str, Any]] = {"mask": {"mask": url}, "mask as an object": {"mask": part(url)}}
    assert ask(gateway, **edit(url, **masks.get(place, {}))).status == 200


@heads
def test_case_of_a_data_url_does_not_change_the_images(gateway: Gateway, ask: Ask, head: str) -> None:
    assert ask(gateway, **edit(f"{head}{BASE64}")).images == ask(gateway, **edit(TINY_PNG)).images


@heads
def test_image_in_a_data_url_of_any_case_is_checked(gateway: Gateway, ask: Ask, head: str) -> None:
    result = ask(gateway, **edit(f"{head}bm90IGFuIGltYWdl"))
    assert result.rules == ["request.input_images.item.image_url.url.media-type"]


@heads
def test_kit_accepts_a_data_url_in_any_case(head: str) -> None:
    assert validate_document(shipped_contract(), json.dumps(edit(f"{head}{BASE64}")).encode()).violations == []


@heads
def test_kit_recognises_a_data_url_in_a_response(head: str) -> None:
    row = {"b64_json": f"{head}{BASE64}", "url": None}
    response = {"created": 1, "data": [row], "usage": {"billed_amount": "0.039000"}}
    (violation,) = validate_document(shipped_contract(), json.dumps(response).encode(), "response").violations
    assert "Leave out all up to the comma." in violation.message


@heads
def test_base64_of_a_data_url_is_in_no_message(head: str) -> None:
    assert BASE64[:10] not in format_value(f"{head}{BASE64}")


@heads
def test_base64_of_a_data_url_is_not_in_the_journal_s_json(gateway: Gateway, ask: Ask, head: str) -> None:
    assert BASE64[:10] not in json.dumps(ask(gateway, **edit(f"{head}{BASE64}")).call.summary())


@pytest.mark.parametrize("url", ["https://a.example/b.png", "HTTPS://a.example/b.png", "Http://a.example/b.png"])
def test_link_is_accepted_in_any_case_under_its_setting(make_gateway: Make, ask: Ask, url: str) -> None:
    assert ask(make_gateway(remote_images="accept"), **edit(url)).status == 200


# What is refused, and the setting that would accept it; empty if none would.
SETTINGS = {
    "link": (edit("https://a.example/b.png"), "remote_images"),
    "GIF": (edit("data:image/gif;base64,R0lGODlh"), ""),
    "file": (edit("file:///b.png"), ""),
    "text": (edit("a cat"), ""),
    "bytes of no image": (edit("data:image/png;base64,bm90IGFuIGltYWdl"), "image_checks"),
    "mask of a wrong type": (edit(TINY_PNG, mask=5), ""),
    "mask in a list": (edit(TINY_PNG, mask=[TINY_PNG]), ""),
    "unknown field": (edit(TINY_PNG, user="me"), "unknown_fields"),
    "empty prompt": (edit(TINY_PNG, prompt=""), "empty_prompt"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_refusal_names_the_setting_that_accepts_it(gateway: Gateway, ask: Ask, name: str) -> None:
    body, setting = SETTINGS[name]
    message = ask(gateway, **body).body["error"]["message"]
    assert message.endswith(f"; assumed: setting {setting}]" if setting else "; assumed]")


@pytest.mark.parametrize(("shape", "mask"), [("string", part(TINY_PNG)), ("object", TINY_PNG)])
def test_mask_of_the_other_shape_names_its_setting(make_gateway: Make, ask: Ask, shape: str, mask: Any) -> None:
    message = ask(make_gateway(mask_shape=shape), **edit(TINY_PNG, mask=mask)).body["error"]["message"]
    assert message.endswith("; assumed: setting mask_shape]")


@pytest.mark.parametrize(("limit", "number"), [(4, 4), (10, 10)])
def test_advice_on_n_keeps_the_provider_s_limit(make_gateway: Make, ask: Ask, limit: int, number: int) -> None:
    gateway = make_gateway(n_over_provider_limit="refuse", provider_limit=limit)
    assert f"Send {number}." in ask(gateway, n=11).body["error"]["message"]
