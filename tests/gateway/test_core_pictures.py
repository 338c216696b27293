"""Which pictures come: the same for the same request, others for another, in the form that was asked for."""

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


def digest(answer: Any) -> str:
    return str(answer.call.order.digest)


def test_same_request_gets_the_same_bytes(make_gateway: Make, ask: Ask) -> None:
    first, second = (ask(make_gateway(), n=3, quality="low").reply for _ in range(2))
    assert first == second


def test_repeated_request_gets_the_same_bytes(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway).reply == ask(gateway).reply


def test_bytes_are_these_on_every_machine(gateway: Gateway, ask: Ask) -> None:
    body = ask(gateway, prompt="a cat", n=2, output_format="webp").reply.body
    assert hashlib.sha256(body).hexdigest() == "d3637d38fff2eaf959118fc2ceddaa24f582bf6a7b851a86098f3764b6765c1d"


def test_pictures_of_one_reply_differ(gateway: Gateway, ask: Ask) -> None:
    assert len(set(ask(gateway, n=10).pictures)) == 10


def test_first_picture_does_not_depend_on_how_many_follow(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, n=1).pictures == ask(gateway, n=4).pictures[:1]


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
def test_other_request_gets_another_picture(fields: dict[str, str], gateway: Gateway, ask: Ask) -> None:
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


def test_order_of_names_does_not_matter(gateway: Gateway, ask: Ask) -> None:
    fields = {"model": "gpt-image-1.5", "prompt": "a cat", "quality": "low"}
    bodies = [json.dumps(dict(order)).encode() for order in (fields.items(), reversed(fields.items()))]
    assert len({digest(ask(gateway, body)) for body in bodies}) == 1


def test_spelling_of_text_does_not_matter(gateway: Gateway, ask: Ask) -> None:
    bodies = [
        json.dumps({"model": "gpt-image-1.5", "prompt": "ä"}, ensure_ascii=flag).encode() for flag in (True, False)
    ]
    assert len({digest(ask(gateway, body)) for body in bodies}) == 1


def test_ignored_field_does_not_matter(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(unknown_fields="ignore")
    assert digest(ask(gateway, user="me")) == digest(ask(gateway))


def test_input_picture_matters(gateway: Gateway, ask: Ask, picture: Any) -> None:
    pictures: list[list[Any]] = [[], [picture(64, 64)], [picture(64, 65)], [picture(64, 64)] * 2]
    assert len({digest(ask(gateway, input_images=each)) for each in pictures}) == 4


def test_order_of_input_pictures_matters(gateway: Gateway, ask: Ask, picture: Any) -> None:
    first, second = picture(64, 64), picture(64, 65)
    assert digest(ask(gateway, input_images=[first, second])) != digest(ask(gateway, input_images=[second, first]))


def test_mask_matters(gateway: Gateway, ask: Ask, picture: Any) -> None:
    part = picture(64, 64)
    assert digest(ask(gateway, input_images=[part], mask=part)) != digest(ask(gateway, input_images=[part]))


def test_shape_of_the_mask_does_not_matter(gateway: Gateway, ask: Ask, picture: Any) -> None:
    mask = picture(64, 64)
    assert digest(ask(gateway, mask=mask)) == digest(ask(gateway, mask=mask["image_url"]["url"]))


@pytest.mark.parametrize(("pictures", "operation"), [(0, "generate"), (1, "edit"), (2, "merge"), (16, "merge")])
def test_operation_follows_from_the_input_pictures(
    pictures: int, operation: str, gateway: Gateway, ask: Ask, picture: Any
) -> None:
    answer = ask(gateway, input_images=[picture(64, 64 + index) for index in range(pictures)])
    assert answer.call.order.operation == operation


def test_other_seed_gets_other_pictures(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(seed=1)).pictures != ask(make_gateway(seed=2)).pictures


def test_repeated_request_gets_other_pictures_where_calls_vary(make_gateway: Make, ask: Ask) -> None:
    gateway = make_gateway(vary="call")
    assert len({ask(gateway).pictures[0] for _ in range(3)}) == 3


def test_pictures_that_vary_are_the_same_in_every_run(make_gateway: Make, ask: Ask) -> None:
    runs = [
        [ask(gateway).pictures for _ in range(3)] for gateway in (make_gateway(vary="call"), make_gateway(vary="call"))
    ]
    assert runs[0] == runs[1]


def test_first_picture_is_the_same_whether_calls_vary_or_not(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(vary="call")).pictures == ask(make_gateway()).pictures


def test_fingerprint_in_the_journal_is_the_one_in_the_file(gateway: Gateway, ask: Ask) -> None:
    answer = ask(gateway, n=3)
    assert tuple(find_mark(picture) for picture in answer.pictures) == answer.call.fingerprints


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
def test_picture_has_the_form_that_was_asked_for(
    fields: dict[str, str], expected: tuple[str, tuple[int, int], bool], gateway: Gateway, ask: Ask
) -> None:
    (picture,) = ask(gateway, **fields).pictures
    image = Image.open(io.BytesIO(picture))
    image.load()
    assert (image.format, image.size, image.has_transparency_data) == expected


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_weight_pads_a_picture(form: str, make_gateway: Make, ask: Ask) -> None:
    (picture,) = ask(make_gateway(weight="200KB"), output_format=form).pictures
    assert 200_000 <= len(picture) < 200_012


def test_weight_does_not_change_what_is_seen(make_gateway: Make, ask: Ask) -> None:
    seen = [Image.open(io.BytesIO(ask(make_gateway(weight=weight)).pictures[0])).tobytes() for weight in (0, 50_000)]
    assert seen[0] == seen[1]


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
def test_model_with_classes_of_size(
    fields: dict[str, str], size: tuple[int, int], make_gateway: Make, ask: Ask
) -> None:
    gateway = make_gateway(models=["imagen-4.0-generate-001"])
    (picture,) = ask(gateway, model="imagen-4.0-generate-001", **fields).pictures
    assert Image.open(io.BytesIO(picture)).size == size


def test_created_is_the_documented_sample(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway).body["created"] == 1780660800


def test_created_is_the_wall_clock_where_the_clock_is_real(make_gateway: Make, ask: Ask) -> None:
    assert ask(make_gateway(clock="real", now=lambda: 1_800_000_000.9)).body["created"] == 1_800_000_000


def test_fixed_clock_never_looks_at_the_wall(make_gateway: Make, ask: Ask) -> None:
    def wall() -> float:
        pytest.fail("the wall clock was asked")

    assert ask(make_gateway(now=wall)).status == 200


def test_body_is_written_as_the_page_writes_it(gateway: Gateway, ask: Ask) -> None:
    answer = ask(gateway)
    text = base64.b64encode(answer.pictures[0])
    assert answer.reply.body == (
        b'{"created":1780660800,"data":[{"b64_json":"%s","url":null}],"usage":{"billed_amount":"0.039000"}}' % text
    )
