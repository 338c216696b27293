"""Images in the examples, with Pillow as the judge of what no schema can say."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, UnidentifiedImageError

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
VALID = sorted([*(EXAMPLES / "valid").glob("request--*.json"), *(EXAMPLES / "valid").glob("response--*.json")])
BEYOND = sorted((EXAMPLES / "invalid-beyond-schema").glob("*.json"))
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "jpg": b"\xff\xd8\xff", "webp": b"RIFF"}


def image_urls(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for part in body.get("input_images", []):
        yield "request.input_images.item.image_url.url", part["image_url"]["url"]
    mask = body.get("mask")
    if isinstance(mask, str):
        yield "request.mask", mask
    elif mask:
        yield "request.mask.image_url.url", mask["image_url"]["url"]


def decoded(document: str) -> bytes | None:
    """The bytes, where no other spelling of them would have been right."""
    try:
        content = base64.b64decode(document, validate=True)
    except binascii.Error:
        return None
    return content if base64.b64encode(content).decode() == document else None


def size_of(url: str) -> tuple[int, int] | None:
    return size_in(decoded(url.partition(",")[2]) or b"")


def size_in(content: bytes) -> tuple[int, int] | None:
    try:
        return Image.open(io.BytesIO(content)).size
    except (UnidentifiedImageError, OSError):
        return None


def fault_of(url: str) -> str | None:
    head, _, document = url.partition(",")
    content = decoded(document)
    if document == "<base64-reference>":
        return "placeholder"
    if content is None:
        return "base64"
    if not content.startswith(SIGNATURES[head.removeprefix("data:image/").removesuffix(";base64")]):
        return "media-type"
    return None if size_of(url) else "header"


def fault_in_response(text: str) -> str | None:
    content = decoded(text)
    if content is None:
        return "base64"
    if not content.startswith(tuple(SIGNATURES.values())):
        return "image"
    return None if size_in(content) else "header"


def faults(body: dict[str, Any]) -> set[str]:
    found = {fault_in_response(row["b64_json"]) for row in body.get("data", [])} - {None}
    return faults_of_request(body) | {f"response.data.item.b64_json.{fault}" for fault in found}


def faults_of_request(body: dict[str, Any]) -> set[str]:
    urls = list(image_urls(body))
    found = {f"{place}.{fault}" for place, url in urls if (fault := fault_of(url))}
    masks = [size_of(url) for place, url in urls if place.startswith("request.mask")]
    first = [size_of(body["input_images"][0]["image_url"]["url"])] if body.get("input_images") else []
    if not found and masks and first and masks != first:
        found.add("request.mask.dimensions")
    return found


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_images_of_a_valid_example_are_faultless(path: Path) -> None:
    assert faults(json.loads(path.read_text("utf-8"))) == set()


@pytest.mark.parametrize("path", BEYOND, ids=lambda path: path.stem)
def test_example_breaks_the_rule_beyond_schema_in_its_name_and_no_other(path: Path) -> None:
    assert faults(json.loads(path.read_text("utf-8"))) == {path.stem.split("--")[0]}
