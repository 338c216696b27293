"""What a valid request asks for, with defaults filled in, and the digest that stands for it."""

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
    """One order of images.

    Attributes:
        model: The model's id.
        n: How many images were asked for.
        output_format: png, jpeg or webp.
        size: As asked for; `auto` stays `auto` here, since prices go by it.
        width: In pixels.
        height: In pixels.
        quality: As asked for.
        transparent: Whether the images have alpha.
        operation: generate without input images, edit with one, merge with several (inferred).
        input_images: The input images.
        mask: The edit mask.
        fields: The request's fields with defaults filled in.
        digest: SHA-256 in hex of all that the images depend on: the fields with
            their defaults but without `n`, and the input images' own digests.
    """

    model: str
    n: int
    output_format: Literal["png", "jpeg", "webp"]
    size: str
    width: int
    height: int
    quality: str
    transparent: bool
    operation: Literal["generate", "edit", "merge"]
    input_images: tuple[InputImage, ...]
    mask: InputImage | None
    fields: Mapping[str, Any]
    digest: str

    def __repr__(self) -> str:
        return f"<order {self.operation} n={self.n} of {self.model}>"

    @property
    def all_images(self) -> tuple[InputImage, ...]:
        """The input images, and the mask where there is one."""
        return (*self.input_images, self.mask) if self.mask else self.input_images

    def without_bytes(self) -> ImageRequest:
        """The order as a journal keeps it that has no room for its images."""
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
    """The order that a valid `payload` places, in the eyes of its `judge`."""
    known, model = validator.schema["properties"], validator.schema["x-omixa-model"]
    # Of a model whose table was not seen whole, what is not in it may be a field all the same.
    whole = model["status"] != "partial"
    if whole and not document.keys() <= known.keys():  # they are ignored, by a setting
        document = {name: value for name, value in document.items() if name in known}
    fields = {**validator.defaults, **document}
    output_format = fields.get("output_format", settings.default_format)
    # Where a model's table was not seen whole, it may be any JSON.
    quality = fields.get("quality")
    width, height = pixels(fields, model, settings)
    return ImageRequest(
        model=fields["model"],
        # JSON Schema counts 1.0 among the integers.
        n=int(fields.get("n", 1)),
        output_format=output_format,
        size=fields.get("size", "auto"),
        width=width,
        height=height,
        quality=quality if isinstance(quality, str) else "auto",
        transparent=fields.get("background") == "transparent" and output_format != "jpeg",
        operation=("generate", "edit", "merge")[min(len(input_images), 2)],
        input_images=input_images,
        mask=mask,
        fields=fields,
        digest=digest_of(fields, input_images, mask),
    )


def pixels(fields: Mapping[str, Any], model: Json, settings: Settings) -> tuple[int, int]:
    """Width and height of what is asked for.

    Where a model's sizes are classes (0.5K … 4K: the longer side, assumed), the
    `aspect_ratio` gives the shorter side.
    """
    size = fields.get("size", "auto")
    if "pixels" in model:
        longer = int(model["pixels"].get(size, 1024))
        across, down = map(int, fields.get("aspect_ratio", "1:1").split(":"))
        side = max(across, down)
        return longer * across // side, longer * down // side
    return read_sides(settings.auto_size if size == "auto" else size)


@lru_cache(maxsize=64)
def read_sides(size: str) -> tuple[int, int]:
    """Width and height as `1024x1536` has them."""
    width, height = size.split("x")
    return int(width), int(height)


def digest_of(fields: Mapping[str, Any], images: tuple[InputImage, ...], mask: InputImage | None) -> str:
    """SHA-256 of the canonical form of an order: names sorted, `n` left out, images by their digests."""
    canonical = {**fields, **NO_IMAGES}
    if images or mask:
        canonical |= {"input_images": [image.digest for image in images], "mask": mask.digest if mask else None}
    canonical.pop("n", None)
    return sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).hexdigest()


NO_IMAGES: Mapping[str, Json] = {"input_images": (), "mask": None}


def fingerprints_of(digest: str, seed: int, count: int, repeat: int) -> list[bytes]:
    """The 12 bytes that each image of an order shows.

    Args:
        digest: Of the order.
        seed: The setting `seed`.
        count: How many images there are.
        repeat: How often the order was placed before, under `vary = "call"`; else 0.
    """
    return [sha256(f"{digest}:{seed}:{index}:{repeat}".encode()).digest()[:12] for index in range(count)]
