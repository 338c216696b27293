"""Responses: the images are those that were asked for, the bill is right, the refusals are those of the contract."""

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
GATEWAYS = {name: row for name, row in ERRORS.items() if name != "control_refused"}


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

    assert {verdict for each in responses for verdict in verdicts(each, "responses/image.json")} == {True}


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", ["1024x1024", "1536x1024"])
def test_the_images_are_those_that_were_asked_for(
    output_format: str, size: str, examples: Callable[..., list[Any]]
) -> None:
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


def test_the_bill_and_the_number_are_what_the_fake_would_say(
    examples: Callable[..., list[Any]], answer: Callable[..., Response]
) -> None:
    for request in examples(strategies.image_requests(prompt="a cat"), 25):
        [response] = examples(strategies.image_responses(request), 1)
        real = json.loads(answer(request).body)

        assert response["usage"] == real["usage"]
        assert len(response["data"]) == len(real["data"])


@pytest.mark.parametrize("model", list(shipped_contract().requests))
def test_every_model_has_responses(
    model: str, examples: Callable[..., list[Any]], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    requests = strategies.image_requests(model, size=strategies.ABSENT)
    responses = examples(strategies.image_responses(requests), 10)

    assert {verdict for each in responses for verdict in verdicts(each, "responses/image.json")} == {True}


def test_a_response_shrinks_to_one_small_answer(smallest: Callable[..., Any]) -> None:
    response = smallest(strategies.image_responses())

    assert response["created"] == 0
    assert [image.size for image in images_of(response)] == [(1024, 1024)]
    assert response["usage"] == {"billed_amount": "0.039000"}


def test_an_invalid_request_has_no_images(examples: Callable[..., list[Any]]) -> None:
    with pytest.raises(ValueError, match="would be refused"):
        examples(strategies.image_responses(CAT | {"n": 11}), 1)


def test_both_validators_accept_every_refusal(
    examples: Callable[..., list[Any]], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    refusals = examples(strategies.error_responses(), 200)

    assert {verdict for each in refusals for verdict in verdicts(each.body, "responses/error.json")} == {True}
    assert {each.name for each in refusals} == set(GATEWAYS)


def test_a_refusal_is_as_the_table_says(examples: Callable[..., list[Any]]) -> None:
    for each in examples(strategies.error_responses(), 100):
        row = ERRORS[each.name]

        assert (each.status, each.body["error"]["type"], each.body["error"]["code"]) == (
            row["status"],
            row["type"],
            row["code"],
        )
        assert ("retry-after" in each.headers) == (each.status == 429)


@pytest.mark.parametrize("status", sorted({row["status"] for row in GATEWAYS.values()}))
def test_a_status_can_be_asked_for(status: int, examples: Callable[..., list[Any]]) -> None:
    assert {each.status for each in examples(strategies.error_responses(status), 10)} == {status}


def test_a_refusal_shrinks_to_the_401_and_its_meaning(smallest: Callable[..., Any]) -> None:
    found = smallest(strategies.error_responses())

    assert (found.name, found.status) == ("invalid_key", 401)
    assert found.body["error"]["message"] == ERRORS["invalid_key"]["meaning"]


def test_a_status_that_there_is_not_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"no error with the status 418; there are: 400, 401, 402, 403"):
        strategies.error_responses(418)
