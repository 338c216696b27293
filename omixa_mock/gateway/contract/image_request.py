"""Parsed image request, with defaults filled in, and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

import orjson
from msgspec import Struct
from msgspec.structs import replace

from omixa_mock.gateway.common import Redacted
from omixa_mock.gateway.http import outline

from .image_files import InputImage
from .settings import Settings
from .validator import Validator

__all__ = ["ImageRequest", "fingerprints_of", "read_image_request"]

Json = Any


class ImageRequest(Redacted, Struct, frozen=True):
    """Valid request for images.

    Attributes:
        model: The model's id.
        n: The requested number of images.
        output_format: The file format: png, jpeg or webp.
        size: The requested size; `auto` is kept, because prices depend on it.
        width: The width in pixels.
        height: The height in pixels.
        quality: The requested quality.
        transparent: True if the images have an alpha channel.
        captioned: True if the images show the request as text.
        operation: generate without input images, edit with one, merge with several (inferred).
        input_images: The input images.
        mask: The edit mask; None if there is none.
        fields: The request's fields with defaults filled in.
        digest: The SHA-256 in hex of everything that determines the images: the fields
            with their defaults but without `n`, and the digests of the input images.
    """

    model: str
    n: int
    output_format: Literal["png", "jpeg", "webp"]
    size: str
    width: int
    height: int
    quality: str
    transparent: bool
    captioned: bool
    operation: Literal["generate", "edit", "merge"]
    input_images: tuple[InputImage, ...]
    mask: InputImage | None
    fields: Mapping[str, Any]
    digest: str

    def __repr__(self) -> str:
        return f"<image request {self.operation} n={self.n} of {self.model}>"

    @property
    def all_images(self) -> tuple[InputImage, ...]:
        """Return the input images, and the mask if there is one."""
        return (*self.input_images, self.mask) if self.mask else self.input_images

    def without_bytes(self) -> ImageRequest:
        """Return a copy without the bytes of the images, for a journal that has dropped them."""
        images = tuple(image.without_bytes() for image in self.input_images)
        mask = self.mask.without_bytes() if self.mask else None
        return replace(self, input_images=images, mask=mask, fields=outline(dict(self.fields)))


def read_image_request(
    document: Mapping[str, Any],
    validator: Validator,
    input_images: tuple[InputImage, ...],
    mask: InputImage | None,
    settings: Settings,
) -> ImageRequest:
    """Parse a valid request body, using the schema and defaults of its validator."""
    model = validator.schema["x-omixa-model"]
    fields = {**validator.defaults, **document}
    output_format = fields.get("output_format", settings.default_format)
    # A partial model's schema may not restrict it, so it can be any JSON value.
    quality = fields.get("quality")
    width, height = pixels(fields, model, settings)
    return ImageRequest(
        model=fields["model"],
        # JSON Schema accepts 1.0 as an integer.
        n=int(fields.get("n", 1)),
        output_format=output_format,
        size=fields.get("size", "auto"),
        width=width,
        height=height,
        quality=quality if isinstance(quality, str) else "auto",
        transparent=fields.get("background") == "transparent" and output_format != "jpeg",
        captioned=settings.caption == "request",
        operation=("generate", "edit", "merge")[min(len(input_images), 2)],
        input_images=input_images,
        mask=mask,
        fields=fields,
        digest=digest_of(fields, input_images, mask),
    )


def pixels(fields: Mapping[str, Any], model: Json, settings: Settings) -> tuple[int, int]:
    """Return the requested width and height.

    If a model's sizes are classes (0.5K … 4K: the longer side, assumed), the
    `aspect_ratio` determines the shorter side.
    """
    size = fields.get("size", "auto")
    if "pixels" in model:
        longer = int(model["pixels"].get(size, 1024))
        horizontal, vertical = map(int, fields.get("aspect_ratio", "1:1").split(":"))
        largest = max(horizontal, vertical)
        return longer * horizontal // largest, longer * vertical // largest
    return parse_sides(settings.auto_size if size == "auto" else size)


@lru_cache(maxsize=64)
def parse_sides(size: str) -> tuple[int, int]:
    """Parse width and height from text like `1024x1536`."""
    width, height = size.split("x")
    return int(width), int(height)


def digest_of(fields: Mapping[str, Any], images: tuple[InputImage, ...], mask: InputImage | None) -> str:
    """Return the SHA-256 of the canonical request: names sorted, without `n`, images as digests."""
    canonical = {**fields, **NO_IMAGES}
    if images or mask:
        canonical |= {"input_images": [image.digest for image in images], "mask": mask.digest if mask else None}
    canonical.pop("n", None)
    return sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).hexdigest()


NO_IMAGES: Mapping[str, Json] = {"input_images": (), "mask": None}


def fingerprints_of(digest: str, seed: int, count: int, repeat: int) -> list[bytes]:
    """Return the 12-byte fingerprint of each image of a request.

    Args:
        digest: The digest of the request.
        seed: The setting `seed`.
        count: The number of images.
        repeat: The number of earlier equal requests under `vary = "call"`; else 0.
    """
    return [sha256(f"{digest}:{seed}:{index}:{repeat}".encode()).digest()[:12] for index in range(count)]
