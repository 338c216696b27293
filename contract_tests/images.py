"""Validation of a success against its request: body, images and bill."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pybase64

from omixa_mock import Settings
from omixa_mock.kit.image_files import ImageFile, read_image

from .observation import Observation, expect, satisfied, schema_violations, violated
from .prices import assumed_price
from .target import Response

__all__ = ["validate_success"]

Json = Any
DEFAULT_CREATED = Settings().created
DAY = 86_400
# The fake's own files are smaller, whatever they show.
SMALL_FILE = 65_536


def validate_success(response: Response, document: Json) -> Iterator[Observation]:
    """Yield the observations about a success: its status, its schema, its images and its bill."""
    status = response.status
    message = f"a success has {status}; assumed: 200"
    changes = {"success_status": status} if status in {200, 201} else {}
    yield expect("gateway.endpoint.success-status", status == 200, message, "status", **changes)
    violations = schema_violations(response, "response")
    for rule, pointer, text in violations:
        yield violated(rule, text, pointer)
    if violations or response.flaw:
        return
    success = response.document
    yield from validate_created(success["created"])
    files = [pybase64.b64decode(item["b64_json"]) for item in success["data"]]
    yield from validate_number(files, int(document.get("n", 1)))
    for number, data in enumerate(files):
        yield from validate_image(read_image(data), document, f"/data/{number}/b64_json")
    yield from validate_weight(files)
    yield validate_bill(Decimal(success["usage"]["billed_amount"]), len(files), document)


def validate_created(created: int) -> Iterator[Observation]:
    """Yield the observations about `created`, which is constant in the mock."""
    is_now = abs(created - time.time()) < DAY
    message = "created is the time of the call; the fake's stands still"
    yield expect("gateway.response.clock", not is_now, message, "/created", clock="real")
    if not is_now:
        message = f"created is {created}; the fake says {DEFAULT_CREATED}"
        yield expect("gateway.response.created", created == DEFAULT_CREATED, message, "/created", created=created)


def validate_number(files: Sequence[bytes], n: int) -> Iterator[Observation]:
    """Yield the observations about the number of images. [n: "caps the value"]"""
    count = len(files)
    message = f"{count} images came for n = {n}"
    if count > n:
        yield violated("gateway.provider-limit", f"{message}; expected: no more than {n}", "/data")
    elif n > 1:
        yield expect("gateway.provider-limit.number", count == n, message, "/data", provider_limit=count)
        if count < n:
            yield satisfied("gateway.provider-limit.how")
    if count > 1:
        different = len(set(files))
        message = f"{different} of {count} images differ; expected: {count} different images"
        yield expect("gateway.response.different-images", different == count, message, "/data")


def validate_image(image: ImageFile, document: Json, pointer: str) -> Iterator[Observation]:
    """Yield the observations about an image: format, size and transparency."""
    expected, actual = document.get("output_format"), image.format
    if expected is None:
        message = f"without an output_format {actual} came; assumed: png"
        yield expect("gateway.response.default-format", actual == "png", message, pointer, default_format=actual)
    else:
        message = f"{actual} came; requested: {expected}"
        yield expect("request.output_format.enum", actual == expected, message, pointer)
    yield validate_size(document.get("size", "auto"), f"{image.width}x{image.height}", pointer)
    if document.get("background") == "transparent":
        message = f"this {actual} has no alpha channel; requested: a transparent background"
        yield expect("gateway.response.transparent", image.has_alpha, message, pointer)


def validate_size(size: str, pixels: str, pointer: str) -> Observation:
    """Return the observation about an image's size."""
    if size == "auto":
        message = f"the size auto came as {pixels}; assumed: 1024x1024"
        changes = {"auto_size": pixels} if pixels in {"1024x1536", "1536x1024"} else {}
        return expect("gateway.response.auto-size", pixels == "1024x1024", message, pointer, **changes)
    return expect("request.size.enum", pixels == size, f"{pixels} came; requested: {size}", pointer)


def validate_weight(files: Sequence[bytes]) -> Iterator[Observation]:
    """Yield the observation about the smallest file."""
    smallest = min(map(len, files))
    message = f"the files have {smallest:,} bytes and more; the fake's have fewer than {SMALL_FILE:,}"
    yield expect("gateway.response.weight", smallest < SMALL_FILE, message, "/data", weight=smallest)


def validate_bill(billed: Decimal, count: int, document: Mapping[str, Any]) -> Observation:
    """Return the observation about the billed amount."""
    quality, size = document.get("quality", "auto"), document.get("size", "auto")
    price = assumed_price(quality, size) * count
    message = f"{count} of quality {quality} and size {size} cost {billed:.6f} USD; assumed: {price:.6f}"
    return expect("gateway.wallet.price", billed == price, message, "/usage/billed_amount")
