"""Valid requests are accepted by the validators and the gateway, and cover every value of every field."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import strategies as st
from PIL import Image

from omixa_mock import shipped_contract, strategies
from omixa_mock.gateway import Response
from omixa_mock.strategies import ABSENT

pytestmark = pytest.mark.acceptance  # hundreds of examples for each test

MODEL = "gpt-image-1.5"
MODELS = list(shipped_contract().requests)
SMALLEST = {"model": MODEL, "prompt": "0"}
FIELDS: dict[str, Any] = shipped_contract().requests[MODEL]["properties"]


@pytest.fixture(scope="module")
def drawn(examples: Callable[..., list[Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = examples(strategies.image_requests(), 400)
    return found


def image_of(url: str) -> Image.Image:
    image = Image.open(BytesIO(base64.b64decode(url.partition(",")[2], validate=True)))
    image.load()
    return image


def untyped(value: Any) -> Any:
    return value


def url_of(part: Any) -> str:
    return str(part if isinstance(part, str) else part["image_url"]["url"])


@pytest.mark.parametrize("model", MODELS)
def test_both_validators_accept_every_request(
    model: str, examples: Callable[..., list[Any]], verdicts: Callable[[Any, str], set[bool]]
) -> None:
    requests = examples(strategies.image_requests(model), 100)

    assert {verdict for request in requests for verdict in verdicts(request, f"requests/{model}.json")} == {True}


def test_the_gateway_accepts_every_request_without_an_advisory(
    drawn: list[dict[str, Any]], response_to: Callable[..., Response]
) -> None:
    responses = [response_to(request) for request in drawn[:120]]

    assert {response.status for response in responses} == {200}
    assert not [response for response in responses if "x-omixa-mock-warn" in dict(response.headers)]


@pytest.mark.parametrize("field", [name for name, node in FIELDS.items() if "enum" in node])
def test_every_value_and_its_absence_are_drawn(field: str, drawn: list[dict[str, Any]]) -> None:
    assert {request.get(field, ABSENT) for request in drawn} == {ABSENT, *FIELDS[field]["enum"]}


def test_every_number_of_images_is_drawn(drawn: list[dict[str, Any]]) -> None:
    assert {request.get("n", ABSENT) for request in drawn} == {ABSENT, *range(1, 11)}
    assert {len(request.get("input_images", [])) for request in drawn} == set(range(17))
    assert [] in [request.get("input_images") for request in drawn]


# What is drawn, and its share: the lowest and the highest. docs/strategies.md has the numbers between.
SHARES: dict[str, tuple[Callable[[Any], bool], float, float]] = {
    "generations": (lambda request: not request.get("input_images"), 0.2, 0.45),
    "edits": (lambda request: len(request.get("input_images", [])) == 1, 0.2, 0.45),
    "merges of two images": (lambda request: len(request.get("input_images", [])) == 2, 0.1, 0.25),
    "merges of more": (lambda request: len(request.get("input_images", [])) > 2, 0.1, 0.25),
    "merges of ten and more": (lambda request: len(request.get("input_images", [])) >= 10, 0.03, 0.2),
    "short prompts": (lambda request: len(request["prompt"]) < 1000, 0.75, 0.95),
    "long prompts": (lambda request: len(request["prompt"]) >= 1000, 0.05, 0.25),
    "prompts from 16,000 characters": (lambda request: len(request["prompt"]) >= 16_000, 0.03, 0.2),
    "prompts of the maximum": (lambda request: len(request["prompt"]) == 32_000, 0.01, 0.1),
}


@pytest.fixture(scope="module")
def many(examples: Callable[..., list[Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = examples(strategies.image_requests(), 2000)
    return found


@pytest.mark.parametrize("kind", SHARES)
def test_share_of_each_kind_is_as_documented(kind: str, many: list[dict[str, Any]]) -> None:
    matches, lowest, highest = SHARES[kind]

    assert lowest <= sum(map(matches, many)) / len(many) <= highest


def test_half_of_merges_have_two_images(examples: Callable[..., list[Any]]) -> None:
    merges = examples(strategies.image_requests(operation="merge"), 500)

    assert 0.35 <= sum(len(request["input_images"]) == 2 for request in merges) / len(merges) <= 0.65


def test_long_prompt_shrinks_to_a_short_one(smallest: Callable[..., Any]) -> None:
    assert smallest(strategies.image_requests(), lambda request: len(request["prompt"]) >= 1000) == {
        "model": MODEL,
        "prompt": "0" * 1000,
    }


def test_masks_have_both_forms_and_the_size_of_the_first_image(drawn: list[dict[str, Any]]) -> None:
    masked = [request for request in drawn if "mask" in request]

    assert {type(request["mask"]) for request in masked} == {str, dict}
    assert not [
        request
        for request in masked
        if image_of(url_of(request["mask"])).size != image_of(url_of(request["input_images"][0])).size
    ]


@pytest.mark.parametrize(("operation", "minimum", "maximum"), [("generate", 0, 0), ("edit", 1, 1), ("merge", 2, 16)])
def test_an_operation_determines_the_number_of_images(
    operation: Any, minimum: int, maximum: int, examples: Callable[..., list[Any]]
) -> None:
    requests = examples(strategies.image_requests(operation=operation), 60)
    counts = {len(request.get("input_images", [])) for request in requests}

    assert minimum <= min(counts) <= max(counts) <= maximum


def test_a_value_fixes_a_field_a_strategy_draws_it_and_absent_leaves_it_out(examples: Callable[..., list[Any]]) -> None:
    given = strategies.image_requests(prompt="a cat", n=st.integers(2, 3), size=ABSENT, quality=st.just(ABSENT))
    requests = examples(given, 60)

    assert {request["prompt"] for request in requests} == {"a cat"}
    assert {request["n"] for request in requests} == {2, 3}
    assert not [request for request in requests if "size" in request or "quality" in request]


@pytest.mark.parametrize(
    ("given", "other", "never"),
    [
        ({"background": "transparent"}, "output_format", "jpeg"),
        ({"output_format": "jpeg"}, "background", "transparent"),
    ],
)
def test_drawn_fields_fit_the_given_ones(
    given: Any, other: str, never: str, examples: Callable[..., list[Any]]
) -> None:
    values = {request.get(other) for request in examples(strategies.image_requests(**given), 60)}

    assert never not in values
    assert len(values) > 1


def test_a_mask_fits_the_given_images(examples: Callable[..., list[Any]]) -> None:
    large = "data:image/png;base64," + base64.b64encode(drawing(40, 30)).decode()
    part = {"type": "image_url", "image_url": {"url": large}}
    requests = examples(strategies.image_requests(input_images=[part]), 40)

    assert {image_of(url_of(request["mask"])).size for request in requests if "mask" in request} == {(40, 30)}


def drawing(width: int, height: int) -> bytes:
    file = BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return file.getvalue()


def test_examples_share_no_mutable_objects(examples: Callable[..., list[Any]]) -> None:
    strategy = strategies.image_requests(operation="edit")
    for request in examples(strategy, 20):
        request["input_images"][0]["image_url"].clear()

    assert not [request for request in examples(strategy, 20) if not request["input_images"][0]["image_url"]]


def test_every_image_has_its_declared_format(examples: Callable[..., list[Any]]) -> None:
    urls = {*examples(strategies.data_urls(), 100)}
    declared = [re.match(r"data:image/(\w+);", url) for url in urls]

    assert {found[1] for found in declared if found} == {"png", "jpeg", "jpg", "webp"}
    for url in urls:
        assert str(image_of(url).format).lower().replace("peg", "pg") in url.replace("peg", "pg")
        assert len(url) < 1000


def test_masks_are_transparent_if_their_format_allows_it(examples: Callable[..., list[Any]]) -> None:
    images = [image_of(url_of(mask)) for mask in examples(strategies.masks(None), 40)]

    assert {image.format for image in images if image.has_transparency_data} == {"PNG", "WEBP"}


def test_input_images_are_different(examples: Callable[..., list[Any]]) -> None:
    for parts in examples(strategies.input_images(3, 24), 40):
        assert len({url_of(part) for part in parts}) == len(parts) >= 3


def test_a_request_shrinks_to_the_smallest(smallest: Callable[..., Any]) -> None:
    assert smallest(strategies.image_requests()) == SMALLEST


@pytest.mark.parametrize(
    "fields", [{"n": 10}, {"quality": "high"}, {"output_format": "jpeg", "size": "1536x1024"}, {"prompt": "猫"}]
)
def test_only_relevant_fields_of_a_request_remain(fields: Any, smallest: Callable[..., Any]) -> None:
    found = smallest(
        strategies.image_requests(prompt=st.sampled_from(["0", "猫"])),
        lambda request: fields.items() <= request.items(),
    )

    assert found == SMALLEST | fields


def test_images_shrink_in_number_and_to_one_pixel(smallest: Callable[..., Any]) -> None:
    found = smallest(strategies.image_requests(), lambda request: request.get("input_images"))
    pixel = smallest(strategies.data_urls())

    assert found == SMALLEST | {"input_images": [{"type": "image_url", "image_url": {"url": pixel}}]}
    assert (image_of(pixel).format, image_of(pixel).size) == ("PNG", (1, 1))
    assert smallest(strategies.input_images(2))[0] == found["input_images"][0]
    assert smallest(strategies.masks()).startswith("data:image/png;")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: strategies.image_requests("gpt-5"), ValueError, "There is no model 'gpt-5'; there are: gpt-image-1.5"),
        (
            lambda: strategies.image_requests("gpt-image-1.5", untyped("draw")),
            ValueError,
            "there are: generate, edit, merge",
        ),
        (lambda: strategies.image_requests(sise="auto"), TypeError, "no field 'sise'. Did you mean size?"),
        (lambda: strategies.image_requests(opertion="edit"), TypeError, "no field 'opertion'. Did you mean operation?"),
        (lambda: strategies.image_requests(user="me"), TypeError, "There are: model, prompt, n"),
        (lambda: strategies.input_images(1, 25), ValueError, "accepted: 0 to 24"),
        (lambda: strategies.masks("https://example.com/cat.png"), ValueError, "holds no image with a size"),
    ],
)
def test_an_invalid_argument_is_refused_at_once(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_a_model_with_an_incomplete_table_accepts_other_fields(examples: Callable[..., list[Any]]) -> None:
    requests = examples(strategies.image_requests("imagen-4.0-generate-001", guidance=3), 10)

    assert json.dumps(requests).count('"guidance": 3') == len(requests)
