"""Generated images: deterministic for a request, distinct between requests, in the requested form."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from omixa_mock import Gateway
from omixa_mock.gateway.images import find_mark

Ask = Callable[..., Any]
Make = Callable[..., Gateway]


def digest(result: Any) -> str:
    return str(result.call.image_request.digest)


def test_same_request_gets_the_same_bytes(make_gateway: Make, ask: Ask) -> None:
    first, second = (ask(make_gateway(), n=3, quality="low").response for _ in range(2))
    assert first == second


def test_repeated_request_gets_the_same_bytes(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway).response == ask(gateway).response


def test_bytes_are_the_same_on_every_machine(gateway: Gateway, ask: Ask) -> None:
    body = ask(gateway, prompt="a cat", n=2, output_format="webp").response.body
    assert hashlib.sha256(body).hexdigest() == "ad5c54c1cd2d13e5c2dc10216900c73776bbb22d266c6ae9587814c525f264d2"


def test_images_of_one_response_differ(gateway: Gateway, ask: Ask) -> None:
    assert len(set(ask(gateway, n=10).images)) == 10


def test_first_image_depends_on_n_only_by_its_caption(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(caption="none")
    assert ask(gateway, n=1).images == ask(gateway, n=4).images[:1]


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "a dog"},
        {"prompt": "a cat "},
        {"size": "1024x1536"},
        {"quality": "high"},
        {"background": "opaque"},
        {"moderation": "low"},
        {"output_format": "webp"},
        {"input_fidelity": "low"},
    ],
    ids=str,
)
def test_other_request_gets_another_image(fields: dict[str, str], gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, **fields).call.fingerprints != ask(gateway).call.fingerprints


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1},
        {"n": 10},
        {"size": "auto"},
        {"quality": "auto"},
        {"background": "auto"},
        {"moderation": "auto"},
        {"output_format": "png"},
        {"input_fidelity": "auto"},
        {"input_images": []},
    ],
    ids=str,
)
def test_default_written_out_is_the_same_request(fields: dict[str, Any], gateway: Gateway, ask: Ask) -> None:
    assert digest(ask(gateway, **fields)) == digest(ask(gateway))


def test_sequence_of_names_does_not_matter(gateway: Gateway, ask: Ask) -> None:
    fields = {"model": "gpt-image-1.5", "prompt": "a cat", "quality": "low"}
    bodies = [json.dumps(dict(items)).encode() for items in (fields.items(), reversed(fields.items()))]
    assert len({digest(ask(gateway, body)) for body in bodies}) == 1


def test_spelling_of_text_does_not_matter(gateway: Gateway, ask: Ask) -> None:
    bodies = [
        json.dumps({"model": "gpt-image-1.5", "prompt": "ä"}, ensure_ascii=flag).encode() for flag in (True, False)
    ]
    assert len({digest(ask(gateway, body)) for body in bodies}) == 1


def test_ignored_field_does_not_matter(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(unknown_fields="ignore")
    assert digest(ask(gateway, user="me")) == digest(ask(gateway))


def test_input_image_matters(gateway: Gateway, ask: Ask, image: Any) -> None:
    images: list[list[Any]] = [[], [image(64, 64)], [image(64, 65)], [image(64, 64)] * 2]
    assert len({digest(ask(gateway, input_images=parts)) for parts in images}) == 4


def test_sequence_of_input_images_matters(gateway: Gateway, ask: Ask, image: Any) -> None:
    first, second = image(64, 64), image(64, 65)
    assert digest(ask(gateway, input_images=[first, second])) != digest(ask(gateway, input_images=[second, first]))


def test_mask_matters(gateway: Gateway, ask: Ask, image: Any) -> None:
    part = image(64, 64)
    assert digest(ask(gateway, input_images=[part], mask=part)) != digest(ask(gateway, input_images=[part]))


def test_shape_of_the_mask_does_not_matter(gateway: Gateway, ask: Ask, image: Any) -> None:
    mask = image(64, 64)
    assert digest(ask(gateway, mask=mask)) == digest(ask(gateway, mask=mask["image_url"]["url"]))


@pytest.mark.parametrize(("images", "operation"), [(0, "generate"), (1, "edit"), (2, "merge"), (16, "merge")])
def test_operation_follows_from_the_input_images(
    images: int, operation: str, gateway: Gateway, ask: Ask, image: Any
) -> None:
    result = ask(gateway, input_images=[image(64, 64 + index) for index in range(images)])
    assert result.call.image_request.operation == operation


def test_other_seed_gets_other_images(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(seed=1)).images != ask(make_gateway(seed=2)).images


def test_repeated_request_gets_other_images_if_calls_vary(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(vary="call")
    assert len({ask(gateway).images[0] for _ in range(3)}) == 3


def test_images_that_vary_are_the_same_in_every_run(make_gateway: Make, ask: Ask) -> None:
    runs = [
        [ask(gateway).images for _ in range(3)] for gateway in (make_gateway(vary="call"), make_gateway(vary="call"))
    ]
    assert runs[0] == runs[1]


def test_first_image_is_the_same_whether_calls_vary_or_not(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(vary="call")).images == ask(make_gateway()).images


def test_fingerprint_in_the_journal_is_the_one_in_the_file(gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, n=3)
    assert tuple(find_mark(image) for image in result.images) == result.call.fingerprints


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("PNG", (1024, 1024), False)),
        ({"size": "1024x1536"}, ("PNG", (1024, 1536), False)),
        ({"size": "1536x1024", "output_format": "jpeg"}, ("JPEG", (1536, 1024), False)),
        ({"output_format": "jpeg", "background": "opaque"}, ("JPEG", (1024, 1024), False)),
        ({"size": "1024x1536", "output_format": "webp"}, ("WEBP", (1024, 1536), False)),
        ({"output_format": "webp", "background": "transparent"}, ("WEBP", (1024, 1024), True)),
        ({"output_format": "png", "background": "transparent"}, ("PNG", (1024, 1024), True)),
        ({"background": "auto"}, ("PNG", (1024, 1024), False)),
    ],
    ids=str,
)
def test_image_has_the_requested_form(
    fields: dict[str, str], expected: tuple[str, tuple[int, int], bool], gateway: Gateway, ask: Ask
) -> None:
    (image,) = ask(gateway, **fields).images
    opened = Image.open(io.BytesIO(image))
    opened.load()
    assert (opened.format, opened.size, opened.has_transparency_data) == expected


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_weight_pads_an_image(form: str, make_gateway: Make, ask: Ask) -> None:
    (image,) = ask(make_gateway(weight="200KB"), output_format=form).images
    assert 200_000 <= len(image) < 200_012


def test_weight_does_not_change_the_pixels(make_gateway: Make, ask: Ask) -> None:
    pixels = [Image.open(io.BytesIO(ask(make_gateway(weight=weight)).images[0])).tobytes() for weight in (0, 50_000)]
    assert pixels[0] == pixels[1]


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({}, (1024, 1024)),
        ({"size": "2K", "aspect_ratio": "16:9"}, (2048, 1152)),
        ({"size": "0.5K", "aspect_ratio": "9:16"}, (288, 512)),
        ({"size": "1K", "aspect_ratio": "4:3"}, (1024, 768)),
    ],
    ids=str,
)
def test_model_with_size_classes_has_their_pixels(
    fields: dict[str, str], size: tuple[int, int], make_gateway: Make, ask: Ask
) -> None:
    gateway = make_gateway(models=["imagen-4.0-generate-001"])
    (image,) = ask(gateway, model="imagen-4.0-generate-001", **fields).images
    assert Image.open(io.BytesIO(image)).size == size


def test_created_is_the_documented_sample(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway).body["created"] == 1780660800


def test_created_is_the_wall_clock_if_the_clock_is_real(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(clock="real", now=lambda: 1_800_000_000.9)).body["created"] == 1_800_000_000


def test_fixed_clock_never_reads_the_wall_clock(make_gateway: Make, ask: Ask) -> None:
    def wall_clock() -> float:
        pytest.fail("the wall clock was read")

    assert ask(make_gateway(now=wall_clock)).status == 200


def test_body_has_the_layout_of_the_page(gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway)
    text = base64.b64encode(result.images[0])
    assert result.response.body == (
        b'{"created":1780660800,"data":[{"b64_json":"%s","url":null}],"usage":{"billed_amount":"0.039000"}}' % text
    )
