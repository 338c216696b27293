"""Validator: two implementations that agree, and the wording of refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway.contract import Validator, rules_of
from omixa_mock.gateway.contract.input_images import TINY_PNG

Ask = Callable[..., Any]
MODELS = tuple(shipped_contract().requests)


@cache
def validator(model: str) -> Validator:
    return shipped_contract().under(Settings(models=MODELS)).validator(model)


@cache
def validators(model: str) -> tuple[Any, Any]:
    schema = validator(model).schema
    return jsonschema_rs.Draft202012Validator(schema), jsonschema.Draft202012Validator(schema)


@cache
def rules(model: str) -> frozenset[str]:
    return frozenset(rule.id for rule in rules_of("request", shipped_contract().requests[model]))


def properties(model: str) -> dict[str, Any]:
    return dict(shipped_contract().requests[model]["properties"])


odd: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        10,
        11,
        -1,
        1.0,
        1.5,
        -0.0,
        1e20,
        1e308,
        2**63,
        2**64,
        10**30,
        "",
        "auto",
        "1",
        "𝄞",
        [],
        {},
    ]
)
parts = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["image_url", "text"]) | odd,
        "image_url": st.fixed_dictionaries(
            {}, optional={"url": st.sampled_from([TINY_PNG, "http://a"]) | odd, "x": odd}
        )
        | odd,
        "detail": odd,
    },
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a model and an almost valid request: each field valid, odd, unknown or missing."""
    model = draw(st.sampled_from(MODELS))
    fields = {"model": st.just(model), "prompt": st.text(min_size=1, max_size=5), "n": st.integers(1, 10)}
    fields |= {name: st.sampled_from(row["enum"]) for name, row in properties(model).items() if "enum" in row}
    fields |= {"input_images": st.lists(parts, max_size=3), "mask": parts | st.sampled_from([TINY_PNG, "https://a"])}
    request = draw(st.fixed_dictionaries({}, optional=fields))
    return model, request | draw(st.dictionaries(st.sampled_from([*fields, "user", ""]), odd, max_size=2))


@given(case=requests())
@example(case=("gpt-image-1.5", {"model": "gpt-image-1.5", "prompt": "𝄞" * 32_000}))
@example(case=("gpt-image-1.5", {"model": "gpt-image-1.5", "prompt": "𝄞" * 32_001}))
@example(case=("gpt-image-1.5", {"model": "gpt-image-1.5", "prompt": "e\u0301" * 16_001}))
@settings(max_examples=200, deadline=None)
def test_both_validators_agree(case: tuple[str, dict[str, Any]]) -> None:
    model, request = case
    results = [
        *(validator.is_valid(request) for validator in validators(model)),
        not validator(model).violations(request),
        validator(model).is_valid(request),
    ]
    assert len(set(results)) == 1, results


@given(case=requests())
@settings(max_examples=100, deadline=None)
def test_every_violation_has_a_rule_of_the_schema(case: tuple[str, dict[str, Any]]) -> None:
    model, request = case
    assert {violation.rule for violation in validator(model).violations(request)} <= rules(model)


def test_random_requests_are_both_accepted_and_refused() -> None:
    seen: set[bool] = set()

    @given(case=requests())
    @settings(max_examples=50, deadline=None, database=None, derandomize=True)
    def validate(case: tuple[str, dict[str, Any]]) -> None:
        seen.add(validator(case[0]).is_valid(case[1]))

    validate()
    assert seen == {True, False}


def with_image(url: str) -> dict[str, Any]:
    return {"input_images": [{"type": "image_url", "image_url": {"url": url}}]}


PAGE = "documented: docs/models/gpt-image-1.5"
URL = "/input_images/0/image_url/url"
URL_RULE = "request.input_images.item.image_url.url"
WORDING = {
    "n too large": (
        {"n": 11},
        f"/n: 11 is out of range; accepted: 1 to 10. Send 10. [request.n.maximum; {PAGE}]",
    ),
    "n too small": (
        {"n": 0},
        f"/n: 0 is out of range; accepted: 1 to 10. Send 1. [request.n.minimum; {PAGE}]",
    ),
    "n as text": (
        {"n": "2"},
        f'/n: "2" is a string; accepted: an integer 1 to 10. Send 2 without quotes. [request.n.type; {PAGE}]',
    ),
    "size misspelt": (
        {"size": "1024x1204"},
        (
            '/size: "1024x1204" is not accepted; accepted: "auto", "1024x1024", "1024x1536", "1536x1024". '
            f'Did you mean "1024x1024"? [request.size.enum; {PAGE}]'
        ),
    ),
    "size as a number": (
        {"size": 1024},
        (
            '/size: 1024 is an integer; accepted: a string ("auto", "1024x1024", "1024x1536", "1536x1024"). '
            f'Send "auto". [request.size.type; {PAGE}]'
        ),
    ),
    "null": (
        {"quality": None},
        (
            '/quality: null is not accepted; accepted: a string ("auto", "low", "medium", "high"). '
            f"Leave the field out if it has no value. [request.quality.type; {PAGE}]"
        ),
    ),
    "OpenAI's quality": (
        {"quality": "hd"},
        (
            '/quality: "hd" is not accepted; accepted: "auto", "low", "medium", "high". '
            f'Send "auto". [request.quality.enum; {PAGE}]'
        ),
    ),
    "jpg": (
        {"output_format": "jpg"},
        (
            '/output_format: "jpg" is not accepted; accepted: "png", "jpeg", "webp". '
            f'Did you mean "jpeg"? [request.output_format.enum; {PAGE}]'
        ),
    ),
    "OpenAI's field": (
        {"response_format": "b64_json"},
        (
            "/response_format: this field is not known here. Leave it out: every image is in b64_json, and url is "
            "null. If your client library adds it, start with --allow-field response_format (in tests: "
            "allowed_fields). [request.additionalProperties; assumed: setting unknown_fields]"
        ),
    ),
    "misspelt field": (
        {"qualty": "low"},
        (
            '/qualty: this field is not known here. Did you mean "quality"? '
            "[request.additionalProperties; assumed: setting unknown_fields]"
        ),
    ),
    "misspelt field beside the right one": (
        {"promt": "a cat"},
        (
            '/promt: this field is not known here. Leave it out: "prompt" is there already. '
            "[request.additionalProperties; assumed: setting unknown_fields]"
        ),
    ),
    "field from nowhere": (
        {"xyz": 1},
        (
            "/xyz: this field is not known here. Leave it out; known: model, prompt, n, output_format, size, quality, "
            "background, moderation, input_images, input_fidelity, mask. If your client library adds it, start with "
            "--allow-field xyz (in tests: allowed_fields). "
            "[request.additionalProperties; assumed: setting unknown_fields]"
        ),
    ),
    "no prompt": (
        {"prompt": ...},
        f'/prompt: this field is required and missing. Add "prompt": "a cat". [request.required; {PAGE}]',
    ),
    "no model": (
        {"model": ...},
        f'/model: this field is required and missing. Add "model": "gpt-image-1.5". [request.required; {PAGE}]',
    ),
    "other model": (
        {"model": "dall-e-3"},
        f'/model: "dall-e-3" is not accepted; accepted: "gpt-image-1.5" only. [request.model.const; {PAGE}]',
    ),
    "empty prompt": (
        {"prompt": ""},
        (
            "/prompt: this text is too short; accepted: 1 character or more. Describe what the image should show. "
            "[request.prompt.minLength; assumed: setting empty_prompt]"
        ),
    ),
    "long prompt": (
        {"prompt": "a" * 32_001},
        (
            "/prompt: this text has 32,001 characters; accepted: at most 32,000. Shorten it. "
            "[request.prompt.maxLength; assumed: setting prompt_max_chars]"
        ),
    ),
    "prompt of the wrong type": (
        {"prompt": ["a cat"]},
        f'/prompt: ["a cat"] is an array; accepted: a string. Take it out of the list. [request.prompt.type; {PAGE}]',
    ),
    "transparent JPEG": (
        {"background": "transparent", "output_format": "jpeg"},
        (
            '/: a JPEG cannot be transparent. Ask for "png" or "webp", or for an opaque background. '
            "[request.transparent-jpeg; assumed: setting transparent_jpeg]"
        ),
    ),
    "placeholder": (
        with_image("data:image/png;base64,<base64-reference>"),
        (
            f"{URL}: the documentation's placeholder <base64-reference> was sent unchanged; put an image's base64 "
            f"in its place. A tiny one that works: {TINY_PNG} "
            f"[{URL_RULE}.placeholder; inferred: docs/models/gpt-image-1.5]"
        ),
    ),
    "link": (
        with_image("http://a.example/b.png"),
        (
            f'{URL}: "http://a.example/b.png" is a link; accepted: inline data URLs only, and links are never fetched. '
            f"Send the file's bytes as data:image/png;base64,… [{URL_RULE}.pattern; assumed: setting remote_images]"
        ),
    ),
    "GIF": (
        with_image("data:image/gif;base64,R0lGODlh"),
        (
            f'{URL}: "data:image/gif;base64,…" (30 characters) is not an image; accepted: data:image/png;base64,… '
            f"(or jpeg, webp). [{URL_RULE}.pattern; assumed]"
        ),
    ),
    "bare link": (
        {"input_images": ["http://a.example/b.png"]},
        (
            '/input_images/0: "http://a.example/b.png" is a string; accepted: an object. Send {"type": "image_url", '
            f'"image_url": {{"url": "data:image/png;base64,…"}}}}. [request.input_images.item.type; {PAGE}]'
        ),
    ),
    "part outside a list": (
        {"input_images": {}},
        (
            '/input_images: {} is an object; accepted: an array. Send [{"type": "image_url", "image_url": {"url": '
            f'"data:image/png;base64,…"}}}}]. [request.input_images.type; {PAGE}]'
        ),
    ),
    "whole part outside a list": (
        {"input_images": with_image(TINY_PNG)["input_images"][0]},
        (
            '/input_images: {"type":"image_url","image_url":{"url":"data:image/png;base6… is an object; accepted: an '
            f"array. Put it into a list: […]. [request.input_images.type; {PAGE}]"
        ),
    ),
    "too many images": (
        {"input_images": [*with_image(TINY_PNG)["input_images"]] * 17},
        (
            "/input_images: this list has 17 items; accepted: at most 16. Send fewer. "
            "[request.input_images.maxItems; assumed: setting input_images_max]"
        ),
    ),
    "mask of another size": (
        with_image(TINY_PNG) | {"mask": "TALL"},
        (
            "/mask: the mask is 64x65 and the first input image 1x1. Send a mask of 1x1 pixels. "
            "[request.mask.dimensions; assumed: setting image_checks]"
        ),
    ),
}


@pytest.mark.parametrize(("fields", "text"), WORDING.values(), ids=WORDING.keys())
def test_wording_of_a_refusal(fields: dict[str, Any], text: str, gateway: Gateway, ask: Ask, image: Any) -> None:
    if "mask" in fields:
        fields = fields | {"mask": image(64, 65)}
    assert ask(gateway, **fields).message == f"The request breaks a rule. {text}"


def test_several_violations_have_one_line_each(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, n=11, prompt=...).message.splitlines() == [
        "The request breaks 2 rules.",
        WORDING["n too large"][1],
        WORDING["no prompt"][1],
    ]


def test_tiny_image_in_the_placeholder_message_is_accepted(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, **with_image(TINY_PNG)).status == 200


@pytest.mark.parametrize("models", [MODELS, MODELS[:2]], ids=len)
def test_refusal_of_an_unknown_model_lists_the_served_ones(
    models: tuple[str, ...], make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    message = ask(make_gateway(models=models), model="dall-e-3").message
    assert [model for model in MODELS if f'"{model}"' in message] == list(models)
