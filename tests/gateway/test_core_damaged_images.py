"""Input images that are cut off or damaged: refused by the default settings, and not charged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from omixa_mock import Gateway, validate_request
from omixa_mock.gateway.images import draw
from omixa_mock.kit.image_files import read_image

Ask = Callable[..., Any]
Part = Callable[..., dict[str, Any]]
Format = Literal["png", "jpeg", "webp"]
FORMATS: list[Format] = ["png", "jpeg", "webp"]
IMAGE_RULE, MASK_RULE = "request.input_images.item.image_url.url.header", "request.mask.image_url.url.header"


def cut(output_format: Format) -> bytes:
    """Return an image file without its last bytes."""
    data = draw(bytes(12), width=64, height=48, output_format=output_format)
    return data[:-20]


@pytest.mark.parametrize("output_format", FORMATS)
def test_cut_image_is_refused(output_format: Format, gateway: Gateway, ask: Ask, part: Part) -> None:
    result = ask(gateway, input_images=[part(cut(output_format), f"image/{output_format}")])
    assert (result.status, result.rules, result.call.charge) == (422, [IMAGE_RULE], 0)


def test_cut_mask_is_refused(gateway: Gateway, ask: Ask, part: Part, image: Any) -> None:
    assert ask(gateway, input_images=[image(64, 48)], mask=part(cut("png"))).rules == [MASK_RULE]


def test_refusal_of_a_cut_image_has_its_damage(gateway: Gateway, ask: Ask, part: Part) -> None:
    message = ask(gateway, input_images=[part(cut("png"))]).message
    assert (
        "bytes is not whole: it ends within its chunk 'IDAT'; accepted: whole files. Encode all bytes of the file."
        in message
    )


@pytest.mark.parametrize("output_format", FORMATS)
def test_cut_image_is_accepted_unchecked_by_its_setting(
    output_format: Format, make_gateway: Callable[..., Gateway], ask: Ask, part: Part
) -> None:
    gateway = make_gateway(image_checks="ignore")
    assert ask(gateway, input_images=[part(cut(output_format), f"image/{output_format}")]).status == 200


@pytest.mark.parametrize("output_format", FORMATS)
def test_kit_refuses_a_cut_image_as_the_gateway_does(output_format: Format, part: Part) -> None:
    images = [part(cut(output_format), f"image/{output_format}")]
    body = {"model": "gpt-image-1.5", "prompt": "a cat", "input_images": images}
    assert [violation.rule for violation in validate_request(body).violations] == [IMAGE_RULE]


@pytest.mark.parametrize("output_format", FORMATS)
def test_kit_reads_the_size_of_a_cut_image(output_format: Format) -> None:
    image = read_image(cut(output_format))
    assert (image.format, image.width, image.height, image.complete) == (output_format, 64, 48, False)


@pytest.mark.parametrize("end", ["\n", "\r\n", " "])
def test_white_space_after_base64_is_named(end: str, gateway: Gateway, ask: Ask, image: Any) -> None:
    part = image(64, 48)
    part["image_url"]["url"] += end
    assert "Remove the white space." in ask(gateway, input_images=[part]).message


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "x-own, gzip"])
def test_content_encoding_is_refused_whatever_the_body_is(coding: str, gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, headers={"content-type": "application/json", "content-encoding": coding})
    assert (result.status, result.rules) == (415, ["gateway.body.media-type"])
    assert f"Content-Encoding was {coding!r}. Send the body as it is" in result.message
    assert ("accept-encoding", "identity") in result.response.headers


@pytest.mark.parametrize("coding", ["", "identity", " IDENTITY "])
def test_body_without_encoding_is_accepted(coding: str, gateway: Gateway, ask: Ask) -> None:
    headers = {"content-type": "application/json", "content-encoding": coding}
    assert ask(gateway, headers=headers).status == 200


def test_content_encoding_is_ignored_by_its_setting(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    headers = {"content-type": "application/json", "content-encoding": "br"}
    assert ask(make_gateway(content_type="ignore"), headers=headers).status == 200
