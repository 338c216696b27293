"""Every edit of a page is reported with the name, the page's text, the schema's text and the file to edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from omixa_mock.kit.drift import Comparison, Drift

Compare = Callable[..., Comparison]
Form = Callable[[str], str]
REQUEST = "schemas/requests/gpt-image-1.5.json"
RESPONSE = "schemas/responses/image.json"
GATEWAY = "schemas/gateway.json"
SEED_ROW = "seed |\ninteger | No | 0-99 | The same seed makes the same image. |\n"
LAST = "\nconst response"


class Edit(NamedTuple):
    """Text of the page, its replacement, and the one difference that results."""

    before: str
    after: str
    name: str
    kind: str
    file: str


EDITS = {
    "value new": Edit(
        "auto, low, medium, high |",
        "auto, low, medium, high, ultra |",
        "quality",
        "accepted values",
        f"{REQUEST} /properties/quality/enum",
    ),
    "value gone": Edit(
        "auto, low, medium, high |",
        "auto, low, high |",
        "quality",
        "accepted values",
        f"{REQUEST} /properties/quality/enum",
    ),
    "value renamed": Edit("1536x1024 |", "1792x1024 |", "size", "accepted values", f"{REQUEST} /properties/size/enum"),
    "all but one value gone": Edit(
        "auto, low |", "auto |", "moderation", "accepted values", f"{REQUEST} /properties/moderation/enum"
    ),
    "values set free": Edit(
        "png, jpeg, webp |",
        "Any valid value |",
        "output_format",
        "accepted values",
        f"{REQUEST} /properties/output_format/enum",
    ),
    "values where there were none": Edit(
        "array | No | Any valid value",
        "array | No | one, two",
        "input_images",
        "accepted values",
        f"{REQUEST} /properties/input_images/enum",
    ),
    "field new": Edit("mask |\n", f"{SEED_ROW}mask |\n", "seed", "added", f"{REQUEST} /properties"),
    "field gone": Edit(
        "moderation |\nstring | No | auto, low |", "", "moderation", "removed", f"{REQUEST} /properties/moderation"
    ),
    "field no longer required": Edit(
        "prompt |\nstring | Yes", "prompt |\nstring | No", "prompt", "required", f"{REQUEST} /required"
    ),
    "field required": Edit("size |\nstring | No", "size |\nstring | Yes", "size", "required", f"{REQUEST} /required"),
    "field required at times": Edit(
        "mask |\nimage data | No", "mask |\nimage data | For edits", "mask", "required", f"{REQUEST} /required"
    ),
    "type": Edit("n |\ninteger |", "n |\nnumber |", "n", "type", f"{REQUEST} /properties/n/type"),
    "type of the mask": Edit("image data |", "object |", "mask", "type", f"{REQUEST} /properties/mask/type"),
    "type without a meaning": Edit(
        "moderation |\nstring |",
        "moderation |\nflurb |",
        "moderation",
        "type",
        f"{REQUEST} /properties/moderation/type",
    ),
    "greatest": Edit("1-10 |", "1-4 |", "n", "range", f"{REQUEST} /properties/n/maximum"),
    "least": Edit("1-10 |", "0-10 |", "n", "range", f"{REQUEST} /properties/n/minimum"),
    "no greatest": Edit("1-10 |", "at least 1 |", "n", "range", f"{REQUEST} /properties/n/maximum"),
    "length": Edit(
        "string | Yes | Any valid value",
        "string | Yes | Up to 4,000 characters",
        "prompt",
        "range",
        f"{REQUEST} /properties/prompt/maxLength",
    ),
    "count": Edit(
        "array | No | Any valid value",
        "array | No | Up to 4",
        "input_images",
        "range",
        f"{REQUEST} /properties/input_images/maxItems",
    ),
    "key of a request renamed": Edit(
        '"quality": "auto",\n"b', '"tier": "auto",\n"b', "tier", "request sample", f"{REQUEST} /properties"
    ),
    "key of a request new": Edit(
        '"n": 1,\n', '"n": 1,\n"seed": 7,\n', "seed", "request sample", f"{REQUEST} /properties"
    ),
    "value of a request now text": Edit(
        '"n": 1,\n', '"n": "1",\n', "n", "request sample", f"{REQUEST} /properties/n/type"
    ),
    "value of a request now not accepted": Edit(
        '"output_format": "png"',
        '"output_format": "gif"',
        "output_format",
        "request sample",
        f"{REQUEST} /properties/output_format/enum",
    ),
    "value of a request now out of range": Edit(
        '"n": 1,\n', '"n": 0,\n', "n", "request sample", f"{REQUEST} /properties/n/minimum"
    ),
    "key of an input image new": Edit(
        '"image_url": {\n',
        '"image_url": {\n"detail": "low",\n',
        "input_images[].image_url.detail",
        "request sample",
        f"{REQUEST} /$defs/image_url/properties",
    ),
    "key of an input image gone": Edit(
        '"type": "image_url",\n', "", "input_images[].type", "request sample", f"{REQUEST} /$defs/image_part/required"
    ),
    "key of a response gone": Edit(
        '"created": 1780660800,\n', "", "created", "response sample", f"{RESPONSE} /required"
    ),
    "key of a response new": Edit(
        '"data": [\n', '"id": "x",\n"data": [\n', "id", "response sample", f"{RESPONSE} /properties"
    ),
    "key of an image gone": Edit(
        '"b64_json": "<base64-image>",\n',
        "",
        "data[].b64_json",
        "response sample",
        f"{RESPONSE} /properties/data/items/required",
    ),
    "link instead of null": Edit(
        '"url": null',
        '"url": "https://www.omixa.cloud/a.png"',
        "data[].url",
        "response sample",
        f"{RESPONSE} /properties/data/items/properties/url/type",
    ),
    "bill now a number": Edit(
        '"0.039000"',
        "0.039",
        "usage.billed_amount",
        "response sample",
        f"{RESPONSE} /properties/usage/properties/billed_amount/type",
    ),
    "time in milliseconds": Edit(
        "1780660800", "1780660800000", "created", "response sample", f"{RESPONSE} /properties/created/maximum"
    ),
    "price of the sample": Edit(
        '"0.039000"', '"0.045000"', "usage.billed_amount", "price", f"{REQUEST} /x-omixa-model/price/base"
    ),
    "price": Edit(
        LAST, f"\nPrice: $0.050000 per image{LAST}", "price of an image", "price", f"{REQUEST} /x-omixa-model/price"
    ),
    "price of a quality": Edit(
        LAST,
        f"\nPrice per image, high quality: $0.200{LAST}",
        "price of an image high",
        "price",
        f"{REQUEST} /x-omixa-model/price",
    ),
    "minimum hold": Edit(
        LAST, f"\nMinimum hold: $0.020000{LAST}", "minimum hold", "hold", f"{GATEWAY} /behaviours/wallet.minimum-hold"
    ),
    "path": Edit(
        "/api/v1/images/generations",
        "/api/v2/images/generations",
        "endpoint",
        "endpoint",
        f"{GATEWAY} /behaviours/endpoint.single",
    ),
    "path of another form": Edit(
        "/api/v1/images/generations", "/images", "endpoint", "endpoint", f"{GATEWAY} /behaviours/endpoint.single"
    ),
    "host": Edit(
        "https://www.omixa.cloud",
        "https://api.omixa.cloud",
        "endpoint",
        "endpoint",
        f"{GATEWAY} /behaviours/endpoint.single",
    ),
    "method": Edit("curl -X POST", "curl -X PUT", "method", "method", f"{GATEWAY} /behaviours/endpoint.single"),
    "model": Edit(
        "Yes | gpt-image-1.5 |", "Yes | gpt-image-2 |", "model", "accepted values", f"{REQUEST} /properties/model/const"
    ),
    "header of the key": Edit(
        "Authorization: Bearer omx", "X-Api-Key: omx", "X-Api-Key", "header", f"{GATEWAY} /behaviours/key.bearer"
    ),
    "prefix of keys": Edit(
        "omx_live_xxx", "omx_prod_xxx", "Authorization", "header", f"{GATEWAY} /behaviours/key.bearer"
    ),
    "content type": Edit(
        "application/json", "multipart/form-data", "Content-Type", "header", f"{GATEWAY} /behaviours/body.media-type"
    ),
}
DEFAULTS = {
    "after a colon": "Default: `webp`.",
    "in a sentence": "Defaults to webp when left out.",
    "in Chinese": "默认为 webp",
}


def edited(page: str, edit: Edit) -> str:
    assert edit.before in page
    return page.replace(edit.before, edit.after)


def summary(drift: tuple[Drift, ...]) -> set[tuple[str, str, str]]:
    return {(difference.name, difference.kind, difference.file) for difference in drift}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edit_is_reported_by_name(page: str, form: Form, compare: Compare, edit: Edit) -> None:
    assert summary(compare(form(edited(page, edit))).drift) == {(edit.name, edit.kind, edit.file)}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_edit_of_a_german_page_is_reported_if_its_columns_are_named(
    example_page: str,
    to_german: Form,
    german_columns: Mapping[str, str],
    compare: Compare,
    edit: Edit,
) -> None:
    drift = compare(to_german(edited(example_page, edit)), columns=german_columns).drift
    not_compared = {"type", "required"}
    assert summary(drift) == ({(edit.name, edit.kind, edit.file)} if edit.kind not in not_compared else set())


@pytest.mark.parametrize("sentence", DEFAULTS.values(), ids=DEFAULTS)
def test_default_that_differs_is_reported(page: str, form: Form, compare: Compare, sentence: str) -> None:
    text = page.replace("png, jpeg, webp | ", f"png, jpeg, webp | {sentence} ")
    [drift] = compare(form(text)).drift
    assert (drift.name, drift.kind, drift.page, drift.schema) == ("output_format", "default", "webp", "png")


def test_default_of_the_schema_is_no_drift(page: str, form: Form, compare: Compare) -> None:
    assert compare(form(page.replace("png, jpeg, webp | ", "png, jpeg, webp | Default: png. "))).drift == ()


def test_no_edit_is_no_drift(page: str, form: Form, compare: Compare) -> None:
    assert compare(form(page)).drift == ()


def test_everything_is_compared(page: str, form: Form, compare: Compare) -> None:
    assert compare(form(page)).not_compared == ()


def test_renamed_field_is_added_and_removed(page: str, form: Form, compare: Compare) -> None:
    drift = compare(form(page.replace("background |\n", "backdrop |\n"))).drift
    assert [(difference.name, difference.kind) for difference in drift] == [
        ("backdrop", "added"),
        ("background", "removed"),
    ]


def test_unknown_model_is_compared_with_the_nearest_name(page: str, form: Form, compare: Compare) -> None:
    drift = compare(form(page.replace("gpt-image-1.5", "gpt-image-2"))).drift
    assert {(difference.name, difference.kind) for difference in drift} == {
        ("model", "accepted values"),
        ("model", "request sample"),
    }


def test_new_and_removed_values_are_listed_separately(example_page: str, compare: Compare) -> None:
    [drift] = compare(example_page.replace("auto, low, medium, high |", "auto, low, high, ultra |")).drift
    assert drift.page == "auto, low, high, ultra (new: ultra; gone: medium)"


def test_line_has_page_schema_and_file(example_page: str, compare: Compare) -> None:
    [drift] = compare(example_page.replace("1-10 |", "1-4 |")).drift
    place = "schemas/requests/gpt-image-1.5.json /properties/n/maximum"
    assert str(drift) == f"n: range: the page says maximum 4; the schema says minimum 1, maximum 10. Edit {place}."


def test_sequence_of_values_is_no_drift(page: str, form: Form, compare: Compare) -> None:
    assert compare(form(page.replace("auto, low, medium, high", "high, medium, low, auto"))).drift == ()


def test_number_of_differing_samples_is_reported(example_page: str, compare: Compare) -> None:
    [drift] = compare(example_page.replace('"n": 1,\n', '"n": 1,\n"seed": 7,\n')).drift
    assert drift.page == "7 (integer) (in 1 of 4 samples)"


SAMPLES = {
    "string literal": (r"\"moderation\"", r"\"filter\""),
    "C# literal": ('""background""', '""filter""'),
    "shell": ('"prompt": "A lighthouse in fog, seen from the sea.",\n"quality"', '"prompt": "x",\n"filter"'),
}


@pytest.mark.parametrize("edit", SAMPLES.values(), ids=SAMPLES)
def test_samples_in_programs_are_compared(
    example_page: str, form: Form, compare: Compare, edit: tuple[str, str]
) -> None:
    [drift] = compare(form(example_page.replace(*edit))).drift
    assert (drift.name, drift.kind) == ("filter", "request sample")
