"""Validation of a success against its request: the number, format and size of the images.

Only what the request states is compared. What it leaves open, the gateway chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from omixa_mock.gateway import Contract, Provenance, Violation
from omixa_mock.gateway.contract import Flaw, decode, media_type_of, pointer, read_dimensions

from .validation import NO_IMAGES, image_texts

__all__ = ["validate_exchange"]

Json = Any
PIXELS = re.compile(r"[0-9]{1,5}x[0-9]{1,5}\Z")
FORMATS = frozenset({"png", "jpeg", "webp"})


def validate_exchange(
    contract: Contract,
    request: bytes,
    response: bytes,
    images: Mapping[str, bytes] = NO_IMAGES,
    limit: int = 1,
) -> list[Violation]:
    """Return the rules that a success breaks by what its request states.

    Args:
        contract: The contract.
        request: The body of the request; anything but a JSON object is compared with nothing.
        response: The body of the success, whose own rules are validated elsewhere.
        images: The images that were taken out of the response, by the token in place of their base64.
        limit: The number of images that the provider makes at once; 1 if it is unknown, so that any may be fewer.
    """
    fields, success = parse(request), parse(response)
    if not isinstance(fields, dict) or not isinstance(success, dict):
        return []
    found = [*validate_number(fields.get("n", 1), success.get("data"), limit)]
    for index, text in image_texts(success):
        data = images[text] if text in images else decode(text)
        if not isinstance(data, Flaw):
            found += [(("data", index, "b64_json"), *item) for item in validate_image(data, fields)]
    return [Violation(pointer(path), rule, message, provenance_of(contract, rule)) for path, rule, message in found]


def parse(body: bytes) -> Json:
    """Return the value of a JSON text; None for any other text."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def validate_number(n: Json, rows: Json, limit: int) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield path, rule and message if there are more or fewer images than requested. [n: "caps the value"]"""
    if isinstance(n, bool) or not isinstance(n, int | float) or n < 1 or not isinstance(rows, list):
        return
    count = len(rows)
    if count > n:
        message = f"{count} images came for n = {n:g}; accepted: at most {n:g}. Leave out the others."
        yield ("data",), "gateway.provider-limit", message
    elif 0 < count < min(n, limit):  # the schema refuses an empty list
        came = "1 image" if count == 1 else f"{count} images"
        message = (
            f"{came} came for n = {n:g}; accepted: {min(n, limit):g}. "
            f"Make them all, or set provider_limit = {count} if the provider makes no more at once."
        )
        yield ("data",), "gateway.provider-limit.number", message


def validate_image(data: bytes, fields: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield rule and message for a format and a size that the request does not state."""
    expected, actual = fields.get("output_format"), (media_type_of(data) or "").removeprefix("image/")
    if expected in FORMATS and actual in FORMATS and actual != expected:
        message = f"this image is {actual}, and the request has output_format {expected}. Encode it as {expected}."
        yield "request.output_format.enum", message
    size, dimensions = fields.get("size"), read_dimensions(data)
    if isinstance(size, str) and PIXELS.match(size) and dimensions and f"{dimensions[0]}x{dimensions[1]}" != size:
        actual = f"{dimensions[0]}x{dimensions[1]}"
        yield "request.size.enum", f"this image is {actual}, and the request has size {size}. Make it {size}."


def provenance_of(contract: Contract, rule: str) -> Provenance:
    """Return the provenance of a rule."""
    return next(known.provenance for known in contract.rules() if known.id == rule)
