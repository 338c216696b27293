"""Probes of what a gateway accepts: every documented value, the images that come back, and the bill."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pybase64

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.image_files import ImageFile, read_image

from .probe import CAT, MODEL, Observation, Probe, Run, Unseen, broken, kept, violations_of, watch, worst_price
from .refusals import examples
from .target import Answer, Target

__all__ = ["SUCCESSES"]

Json = Any
SAMPLE_MOMENT = Settings().created
DAY = 86_400


# Which rule a gateway breaks that refuses an example, by the beginning of the example's name, and what the fake
# would need to refuse it too; the first that fits.
BLAMED: tuple[tuple[str, str, str], ...] = (
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


def accepted(name: str, document: Json) -> Run:
    """A probe's run: an order that keeps every rule."""
    blamed, alike = next((rule, alike) for prefix, rule, alike in BLAMED if name.startswith(prefix))

    def run(target: Target) -> Iterator[Observation]:
        answer = target.generate(document)
        if not answer.accepted:
            yield broken(blamed, f"{answer.status} came: {answer.error('message')}; expected: an image", alike)
            return
        yield kept(blamed)
        yield from judge_response(answer, document)

    return run


def judge_response(answer: Answer, document: Json) -> Iterator[Observation]:
    """What every success must be: the documented shape, the images that were ordered, and their price."""
    yield watch(
        "gateway.endpoint.success-status",
        answer.status == 200,
        f"a success has {answer.status}; assumed: 200",
        f"success_status = {answer.status}",
    )
    violations = violations_of(answer, "response")
    for rule, message in violations:
        yield broken(rule, message)
    if violations:
        return
    success = answer.document
    yield judge_moment(success["created"])
    images = [read_image(pybase64.b64decode(item["b64_json"])) for item in success["data"]]
    yield from judge_number(len(images), int(document.get("n", 1)))
    for image in images:
        yield from judge_image(image, document)
    yield judge_bill(Decimal(success["usage"]["billed_amount"]), len(images), document)


def judge_moment(created: int) -> Observation:
    """The time of a response: the fake's is fixed, to give the same bytes every time."""
    if abs(created - time.time()) < DAY:
        return broken(
            "gateway.response.clock", "created is the time of the call; the fake's stands still", "clock = real"
        )
    told = f"created is {created}; the fake says {SAMPLE_MOMENT}"
    return watch("gateway.response.created", created == SAMPLE_MOMENT, told, f"created = {created}")


def judge_number(came: int, n: int) -> Iterator[Observation]:
    """How many images came. [n: "caps the value"]"""
    told = f"n = {n} brought {came} images"
    if came > n:
        yield broken("gateway.provider-limit", f"{told}; expected: no more than {n}")
    elif n > 1:
        yield watch("gateway.provider-limit.number", came == n, told, f"provider_limit = {came}")


def judge_image(image: ImageFile, document: Json) -> Iterator[Observation]:
    """Whether an image is what was ordered, and all of it came."""
    told = f"the {image.format} file is cut off: its end is missing"
    yield watch("response.data.item.b64_json.header", image.whole, told)
    wanted, came = document.get("output_format"), image.format
    if wanted is None:
        told = f"without an output_format {came} came; assumed: png"
        yield watch("gateway.response.default-format", came == "png", told, f"default_format = {came}")
    else:
        yield watch("request.output_format.enum", came == wanted, f"{wanted} was ordered, {came} came")
    size, pixels = document.get("size", "auto"), f"{image.width}x{image.height}"
    if size == "auto":
        told = f"the size auto came as {pixels}; assumed: 1024x1024"
        yield watch("gateway.response.auto-size", pixels == "1024x1024", told, f"auto_size = {pixels}")
    else:
        yield watch("request.size.enum", pixels == size, f"{size} was ordered, {pixels} came")


def judge_bill(billed: Decimal, count: int, document: Mapping[str, Any]) -> Observation:
    """What was charged for."""
    quality, size = document.get("quality", "auto"), document.get("size", "auto")
    price = shipped_contract().under(Settings()).price(MODEL, quality, size) * count
    told = f"{count} of quality {quality} and size {size} cost {billed} USD; assumed: {price:.6f}"
    return watch("gateway.wallet.price", billed == price, told, f'prices = {{"{MODEL}": "{billed / max(count, 1)}"}}')


def order_document(target: Target, image_request: Json, headers: Mapping[str, str] | None = None) -> Json:
    """The document that an order brings.

    Raises:
        Unseen: It brings none that keeps the contract, which other probes tell.
    """
    answer = target.generate(image_request, headers=headers)
    if not answer.accepted or violations_of(answer, "response"):
        raise Unseen(f"an order got {answer.status} and no documented success")
    return answer.document


def same_image(target: Target) -> Iterator[Observation]:
    """One order, placed twice."""
    image_request = {**CAT, "prompt": "the same cat, ordered twice"}
    first, second = (order_document(target, image_request) for _ in range(2))
    told = "the same order brought another image; the fake's are the same"
    yield watch("gateway.response.same-image", first["data"] == second["data"], told, "vary = call")


def same_idempotency_key(target: Target) -> Iterator[Observation]:
    """One order, placed twice with one Idempotency-Key: is the second one charged?"""
    image_request = {**CAT, "prompt": f"a cat ordered at {time.time_ns()}"}
    headers = {"Idempotency-Key": f"omixa-mock-verify-{time.time_ns()}"}
    before = last_calls(target)
    for _ in range(2):
        order_document(target, image_request, headers)
    rows = [row for row in last_calls(target) if row not in before]
    try:
        costs = [Decimal(row["cost"]) for row in rows]
    except (TypeError, KeyError, ArithmeticError) as error:
        raise Unseen("the records of usage have another shape, which another probe tells") from error
    if len(costs) != 2:
        raise Unseen(f"the records of usage show {len(costs)} of the 2 orders that were just placed")
    told = "an order that repeats an Idempotency-Key is not charged again"
    yield watch("gateway.body.idempotency-key", all(costs), told, "idempotency_key = replay")


def last_calls(target: Target) -> list[Json]:
    """The records of the last two calls.

    Raises:
        Unseen: Others came, so that nothing can be told from them.
    """
    answer = target.ask("/api/v1/usage/requests?limit=2")
    rows = answer.document.get("data") if isinstance(answer.document, dict) else None
    if answer.status != 200 or not isinstance(rows, list) or len(rows) > 2:
        raise Unseen("the last two records of usage cannot be read")
    return rows


def quality_costs(target: Target) -> Iterator[Observation]:
    """Low quality against high. [docs/models/gpt-image-1.5: "higher quality" costs more]"""
    bills = [order_document(target, {**CAT, "quality": quality}) for quality in ("low", "high")]
    low, high = (Decimal(bill["usage"]["billed_amount"]) for bill in bills)
    yield watch("gateway.wallet.quality", high > low, f"high quality cost {high} USD, low {low}; expected: more")


def example_probes() -> Iterator[Probe]:
    """One probe for each shipped example of a valid request to this model."""
    for name, document in examples("valid", "request--"):
        if document.get("model") == MODEL:
            yield Probe(name, accepted(name, document), worst_price(int(document.get("n", 1))))


SUCCESSES = (
    *example_probes(),
    Probe("same order twice", same_image, worst_price(2), calls=2),
    Probe("same Idempotency-Key twice", same_idempotency_key, worst_price(2), calls=2),
    Probe("low and high quality", quality_costs, worst_price(2), calls=2),
)
