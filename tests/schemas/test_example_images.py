"""Images in the examples, checked with Pillow beyond JSON Schema."""

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


def decode(document: str) -> bytes | None:
    """Return the bytes of canonical base64; None if it is not canonical."""
    try:
        content = base64.b64decode(document, validate=True)
    except binascii.Error:
        return None
    return content if base64.b64encode(content).decode() == document else None


def size_of(url: str) -> tuple[int, int] | None:
    return size_in(decode(url.partition(",")[2]) or b"")


def size_in(content: bytes) -> tuple[int, int] | None:
    """Return the size of a whole image; None if it is damaged."""
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
    except (UnidentifiedImageError, OSError):
        return None
    return image.size


def defect_of(url: str) -> str | None:
    head, _, document = url.partition(",")
    content = decode(document)
    if document == "<base64-reference>":
        return "placeholder"
    if content is None:
        return "base64"
    if not content.startswith(SIGNATURES[head.removeprefix("data:image/").removesuffix(";base64")]):
        return "media-type"
    return None if size_of(url) else "header"


def defect_in_response(text: str) -> str | None:
    content = decode(text)
    if content is None:
        return "base64"
    if not content.startswith(tuple(SIGNATURES.values())):
        return "image"
    return None if size_in(content) else "header"


def defects(body: dict[str, Any]) -> set[str]:
    found = {defect_in_response(row["b64_json"]) for row in body.get("data", [])} - {None}
    return defects_of_request(body) | {f"response.data.item.b64_json.{defect}" for defect in found}


def defects_of_request(body: dict[str, Any]) -> set[str]:
    urls = list(image_urls(body))
    found = {f"{place}.{defect}" for place, url in urls if (defect := defect_of(url))}
    masks = [size_of(url) for place, url in urls if place.startswith("request.mask")]
    first = [size_of(body["input_images"][0]["image_url"]["url"])] if body.get("input_images") else []
    if not found and masks and first and masks != first:
        found.add("request.mask.dimensions")
    return found


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_images_of_a_valid_example_have_no_defect(path: Path) -> None:
    assert defects(json.loads(path.read_text("utf-8"))) == set()


@pytest.mark.parametrize("path", BEYOND, ids=lambda path: path.stem)
def test_example_breaks_the_rule_beyond_schema_in_its_name_and_no_other(path: Path) -> None:
    assert defects(json.loads(path.read_text("utf-8"))) == {path.stem.split("--")[0]}
