"""Responses have the requested images and their price, and errors are those of the contract."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from omixa_mock import shipped_contract, strategies
from omixa_mock.gateway import Response

MODEL = "gpt-image-1.5"
CAT = {"model": MODEL, "prompt": "a cat"}
ERRORS: dict[str, Any] = shipped_contract().table["errors"]
GATEWAY_ERRORS = {name: row for name, row in ERRORS.items() if name != "control_refused"}


def images_of(response: Any) -> list[Image.Image]:
    images: list[Image.Image] = [
        Image.open(BytesIO(base64.b64decode(item["b64_json"], validate=True))) for item in response["data"]
    ]
    for image in images:
        image.load()
    return images


def test_both_validators_accept_every_response(
    examples: Callable[..., list[Any]], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    responses = examples(strategies.image_responses(), 60)

    assert {verdict for response in responses for verdict in verdicts(response, "responses/image.json")} == {True}


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", ["1024x1024", "1536x1024"])
def test_the_images_match_the_request(output_format: str, size: str, examples: Callable[..., list[Any]]) -> None:
    request = CAT | {"n": 3, "output_format": output_format, "size": size}
    for response in examples(strategies.image_responses(request), 4):
        images = images_of(response)

        assert {image.format for image in images} == {output_format.upper()}
        assert {image.size for image in images} == {tuple(map(int, size.split("x")))}
        assert len({item["b64_json"] for item in response["data"]}) == 3


def test_a_transparent_image_is_transparent(examples: Callable[..., list[Any]]) -> None:
    [response] = examples(strategies.image_responses(CAT | {"background": "transparent"}), 1)

    assert images_of(response)[0].getextrema()[0] is not None
    assert images_of(response)[0].convert("RGBA").getchannel("A").getextrema() == (0, 255)


def test_the_price_and_the_number_equal_those_of_the_gateway(
    examples: Callable[..., list[Any]], response_to: Callable[..., Response]
) -> None:
    for request in examples(strategies.image_requests(prompt="a cat"), 25):
        [response] = examples(strategies.image_responses(request), 1)
        expected = json.loads(response_to(request).body)

        assert response["usage"] == expected["usage"]
        assert len(response["data"]) == len(expected["data"])


@pytest.mark.parametrize("model", list(shipped_contract().requests))
def test_every_model_has_responses(
    model: str, examples: Callable[..., list[Any]], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    requests = strategies.image_requests(model, size=strategies.ABSENT)
    responses = examples(strategies.image_responses(requests), 10)

    assert {verdict for response in responses for verdict in verdicts(response, "responses/image.json")} == {True}


@pytest.mark.acceptance
def test_a_response_shrinks_to_one_small_image(smallest: Callable[..., Any]) -> None:
    response = smallest(strategies.image_responses())

    assert response["created"] == 0
    assert [image.size for image in images_of(response)] == [(1024, 1024)]
    assert response["usage"] == {"billed_amount": "0.039000"}


def test_an_invalid_request_has_no_images(examples: Callable[..., list[Any]]) -> None:
    with pytest.raises(ValueError, match="would be refused"):
        examples(strategies.image_responses(CAT | {"n": 11}), 1)


def test_both_validators_accept_every_error(
    examples: Callable[..., list[Any]], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    errors = examples(strategies.error_responses(), 200)

    assert {verdict for error in errors for verdict in verdicts(error.body, "responses/error.json")} == {True}
    assert {error.name for error in errors} == set(GATEWAY_ERRORS)


def test_an_error_matches_the_table(examples: Callable[..., list[Any]]) -> None:
    for error in examples(strategies.error_responses(), 100):
        row = ERRORS[error.name]

        assert (error.status, error.body["error"]["type"], error.body["error"]["code"]) == (
            row["status"],
            row["type"],
            row["code"],
        )
        assert ("retry-after" in error.headers) == (error.status == 429)


@pytest.mark.parametrize("status", sorted({row["status"] for row in GATEWAY_ERRORS.values()}))
def test_a_status_can_be_selected(status: int, examples: Callable[..., list[Any]]) -> None:
    assert {error.status for error in examples(strategies.error_responses(status), 10)} == {status}


def test_an_error_shrinks_to_the_401_and_its_meaning(smallest: Callable[..., Any]) -> None:
    found = smallest(strategies.error_responses())

    assert (found.name, found.status) == ("invalid_key", 401)
    assert found.body["error"]["message"] == ERRORS["invalid_key"]["meaning"]


def test_an_unknown_status_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"no error with the status 418; there are: 400, 401, 402, 403"):
        strategies.error_responses(418)
