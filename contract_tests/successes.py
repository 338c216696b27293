"""Probes of successes: every documented value, the images, and the bill."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pybase64

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.image_files import ImageFile, read_image

from .probe import (
    CAT,
    MODEL,
    Inconclusive,
    Observation,
    Probe,
    Run,
    expect,
    satisfied,
    schema_violations,
    violated,
    worst_price,
)
from .refusals import examples
from .target import Response, Target

__all__ = ["SUCCESSES"]

Json = Any
DEFAULT_CREATED = Settings().created
DAY = 86_400


# The rule that a gateway violates by refusing an example, and the setting under which the mock refuses it too,
# by prefix of the example's name. The first match counts.
RULES_BY_PREFIX: tuple[tuple[str, str, str], ...] = (
    ("request--advisory-", "gateway.field.edit-fields", "edit_fields_without_images = refuse"),
    ("request--edit-with-mask-as-object", "gateway.field.mask-shape", "mask_shape = string"),
    ("request--edit-with-mask-as-string", "gateway.field.mask-shape", "mask_shape = object"),
    ("request--merge-with-mask", "gateway.field.mask-shape", "mask_shape = object"),
    ("request--merge-of-16", "gateway.field.input-images", "input_images_max = less than 16"),
    ("request--prompt-of-32000", "gateway.field.prompt-length", "prompt_max_chars = less than 32000"),
    ("request--background-", "request.background.enum", ""),
    ("request--moderation-", "request.moderation.enum", ""),
    ("request--input-fidelity-", "request.input_fidelity.enum", ""),
    ("request--output-format-", "request.output_format.enum", ""),
    ("request--quality-", "request.quality.enum", ""),
    ("request--size-", "request.size.enum", ""),
    ("request--n-", "request.n.maximum", ""),
    ("request--", "gateway.endpoint.operations", ""),
)


def run_accepted(name: str, document: Json) -> Run:
    """Return the run of a probe with a valid request."""
    rule, setting = next((rule, setting) for prefix, rule, setting in RULES_BY_PREFIX if name.startswith(prefix))

    def run(target: Target) -> Iterator[Observation]:
        response = target.generate(document)
        if not response.accepted:
            yield violated(rule, f"{response.status} came: {response.error('message')}; expected: an image", setting)
            return
        yield satisfied(rule)
        yield from validate_response(response, document)

    return run


def validate_response(response: Response, document: Json) -> Iterator[Observation]:
    """Yield the observations about a success: its schema, its images and its bill."""
    yield expect(
        "gateway.endpoint.success-status",
        response.status == 200,
        f"a success has {response.status}; assumed: 200",
        f"success_status = {response.status}",
    )
    violations = schema_violations(response, "response")
    for rule, message in violations:
        yield violated(rule, message)
    if violations:
        return
    success = response.document
    yield validate_created(success["created"])
    images = [read_image(pybase64.b64decode(item["b64_json"])) for item in success["data"]]
    yield from validate_image_count(len(images), int(document.get("n", 1)))
    for image in images:
        yield from validate_image(image, document)
    yield validate_bill(Decimal(success["usage"]["billed_amount"]), len(images), document)


def validate_created(created: int) -> Observation:
    """Return the observation about `created`, which is constant in the mock."""
    if abs(created - time.time()) < DAY:
        return violated(
            "gateway.response.clock", "created is the time of the call; the fake's stands still", "clock = real"
        )
    message = f"created is {created}; the fake says {DEFAULT_CREATED}"
    return expect("gateway.response.created", created == DEFAULT_CREATED, message, f"created = {created}")


def validate_image_count(count: int, n: int) -> Iterator[Observation]:
    """Yield the observation about the number of images. [n: "caps the value"]"""
    message = f"n = {n} brought {count} images"
    if count > n:
        yield violated("gateway.provider-limit", f"{message}; expected: no more than {n}")
    elif n > 1:
        yield expect("gateway.provider-limit.number", count == n, message, f"provider_limit = {count}")


def validate_image(image: ImageFile, document: Json) -> Iterator[Observation]:
    """Yield the observations about an image: completeness, format and size."""
    message = f"the {image.format} file is cut off: its end is missing"
    yield expect("response.data.item.b64_json.header", image.complete, message)
    expected, actual = document.get("output_format"), image.format
    if expected is None:
        message = f"without an output_format {actual} came; assumed: png"
        yield expect("gateway.response.default-format", actual == "png", message, f"default_format = {actual}")
    else:
        yield expect("request.output_format.enum", actual == expected, f"{expected} was ordered, {actual} came")
    size, pixels = document.get("size", "auto"), f"{image.width}x{image.height}"
    if size == "auto":
        message = f"the size auto came as {pixels}; assumed: 1024x1024"
        yield expect("gateway.response.auto-size", pixels == "1024x1024", message, f"auto_size = {pixels}")
    else:
        yield expect("request.size.enum", pixels == size, f"{size} was ordered, {pixels} came")


def validate_bill(billed: Decimal, count: int, document: Mapping[str, Any]) -> Observation:
    """Return the observation about the billed amount."""
    quality, size = document.get("quality", "auto"), document.get("size", "auto")
    price = shipped_contract().under(Settings()).price(MODEL, quality, size) * count
    message = f"{count} of quality {quality} and size {size} cost {billed} USD; assumed: {price:.6f}"
    return expect(
        "gateway.wallet.price", billed == price, message, f'prices = {{"{MODEL}": "{billed / max(count, 1)}"}}'
    )


def generate_document(target: Target, image_request: Json, headers: Mapping[str, str] | None = None) -> Json:
    """Send an image request and return the document of its success.

    Raises:
        Inconclusive: The response is not a valid success, which other probes observe.
    """
    response = target.generate(image_request, headers=headers)
    if not response.accepted or schema_violations(response, "response"):
        raise Inconclusive(f"an order got {response.status} and no documented success")
    return response.document


def same_image(target: Target) -> Iterator[Observation]:
    """Probe a repeated request for equal images."""
    image_request = {**CAT, "prompt": "the same cat, ordered twice"}
    first, second = (generate_document(target, image_request) for _ in range(2))
    message = "the same order brought another image; the fake's are the same"
    yield expect("gateway.response.same-image", first["data"] == second["data"], message, "vary = call")


def same_idempotency_key(target: Target) -> Iterator[Observation]:
    """Probe a request repeated with the same Idempotency-Key for a second charge."""
    image_request = {**CAT, "prompt": f"a cat ordered at {time.time_ns()}"}
    headers = {"Idempotency-Key": f"omixa-mock-verify-{time.time_ns()}"}
    before = last_usage_records(target)
    for _ in range(2):
        generate_document(target, image_request, headers)
    rows = [row for row in last_usage_records(target) if row not in before]
    try:
        costs = [Decimal(row["cost"]) for row in rows]
    except (TypeError, KeyError, ArithmeticError) as error:
        raise Inconclusive("the records of usage have another shape, which another probe tells") from error
    if len(costs) != 2:
        raise Inconclusive(f"the records of usage show {len(costs)} of the 2 orders that were just placed")
    message = "an order that repeats an Idempotency-Key is not charged again"
    yield expect("gateway.body.idempotency-key", all(costs), message, "idempotency_key = replay")


def last_usage_records(target: Target) -> list[Json]:
    """Return the usage records of the last two calls.

    Raises:
        Inconclusive: The records cannot be read.
    """
    response = target.call("/api/v1/usage/requests?limit=2")
    rows = response.document.get("data") if isinstance(response.document, dict) else None
    if response.status != 200 or not isinstance(rows, list) or len(rows) > 2:
        raise Inconclusive("the last two records of usage cannot be read")
    return rows


def quality_costs(target: Target) -> Iterator[Observation]:
    """Probe the prices of low and high quality. [docs/models/gpt-image-1.5: "higher quality" costs more]"""
    documents = [generate_document(target, {**CAT, "quality": quality}) for quality in ("low", "high")]
    low, high = (Decimal(document["usage"]["billed_amount"]) for document in documents)
    yield expect("gateway.wallet.quality", high > low, f"high quality cost {high} USD, low {low}; expected: more")


def example_probes() -> Iterator[Probe]:
    """Yield a probe for each shipped example of a valid request to this model."""
    for name, document in examples("valid", "request--"):
        if document.get("model") == MODEL:
            yield Probe(name, run_accepted(name, document), worst_price(int(document.get("n", 1))))


SUCCESSES = (
    *example_probes(),
    Probe("same order twice", same_image, worst_price(2), calls=2),
    Probe("same Idempotency-Key twice", same_idempotency_key, worst_price(2), calls=2),
    Probe("low and high quality", quality_costs, worst_price(2), calls=2),
)
