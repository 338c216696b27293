"""Strategies for input images and masks: small files of every accepted format, shared by all examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Literal

import pybase64
from hypothesis import strategies as st

from omixa_mock.gateway import Settings
from omixa_mock.gateway.contract import InputImage, read_image, url_of
from omixa_mock.gateway.images import draw

__all__ = [
    "POOL_SIZE",
    "SIZES",
    "SPELLINGS",
    "Image",
    "Size",
    "data_urls",
    "encode",
    "file_of",
    "image_of_size",
    "image_pool",
    "input_images",
    "masks",
    "part_of",
    "size_of",
    "take_parts",
]

Json = Any
Format = Literal["png", "jpeg", "webp"]
Size = tuple[int, int]
# A pixel, a square, and a rectangle that shows swapped sides.
SIZES: tuple[Size, ...] = ((1, 1), (16, 16), (24, 16))
# `image/jpg` is no media type (RFC 2046 has image/jpeg), and the contract accepts the spelling.
SPELLINGS: Mapping[str, Format] = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
    "image/jpg": "jpeg",
}
# Enough for more than the 16 different images that a request may have.
VARIANTS = 2
POOL_SIZE = VARIANTS * len(SIZES) * len(SPELLINGS)


@dataclass(frozen=True, slots=True)
class Image:
    """Image file.

    Attributes:
        media_type: The declared media type.
        data: The bytes.
    """

    media_type: str
    data: bytes = field(repr=False)

    @property
    def url(self) -> str:
        """Return the image as a data URL."""
        return f"data:{self.media_type};base64,{encode(self.data)}"


def encode(data: bytes) -> str:
    """Return standard base64 with padding."""
    return pybase64.b64encode(data).decode()


@lru_cache(maxsize=256)
def file_of(name: str, size: Size, output_format: Format, *, transparent: bool = False) -> bytes:
    """Return an image file; its mosaic is derived from `name`."""
    mark = sha256(name.encode()).digest()[:12]
    return draw(mark, width=size[0], height=size[1], output_format=output_format, transparent=transparent)


@cache
def image_pool() -> tuple[Image, ...]:
    """Return different small images, the simplest first: neighbours differ in format, then in size."""
    return tuple(
        Image(media_type, file_of(f"input {number}", size, output_format))
        for number in range(VARIANTS)
        for size in SIZES
        for media_type, output_format in SPELLINGS.items()
    )


def image_of_size(size: Size | None) -> Image:
    """Return the simplest image of a size; the simplest of all if the pool has none of that size."""
    pool = image_pool()
    return next((image for image in pool if size_of(image.url) == size), pool[0])


def part_of(url: str) -> dict[str, Json]:
    """Return a new image part of a URL."""
    return {"type": "image_url", "image_url": {"url": url}}


def data_urls() -> st.SearchStrategy[str]:
    """Return data URLs of small images that decode: PNG, JPEG (in both spellings) and WebP.

    Shrinks to a PNG of one pixel.
    """
    return st.sampled_from(image_pool()).map(lambda image: image.url)


def input_images(min_size: int = 1, max_size: int = 16) -> st.SearchStrategy[list[dict[str, Json]]]:
    """Return values of the field `input_images`: lists of different image parts.

    Shrinks to `min_size` parts, the first of which is a PNG of one pixel.

    Args:
        min_size: The minimum number of parts.
        max_size: The maximum number of parts, up to 24.

    Raises:
        ValueError: There are fewer different images.
    """
    if not 0 <= min_size <= max_size <= POOL_SIZE:
        raise ValueError(f"{min_size} to {max_size} input images are not available; accepted: 0 to {POOL_SIZE}")
    # Neighbours in the pool are different, and take one draw for all of them.
    return st.builds(take_parts, st.integers(min_size, max_size), st.integers(0, POOL_SIZE - 1))


def take_parts(count: int, first: int) -> list[dict[str, Json]]:
    """Return `count` parts from the pool, beginning at index `first`."""
    pool = image_pool()
    return [part_of(pool[(first + step) % POOL_SIZE].url) for step in range(count)]


def masks(for_image: Json = None) -> st.SearchStrategy[Json]:
    """Return values of the field `mask`: images of the size of the first input image, as data URL or image part.

    Shrinks to a PNG in a data URL.

    Args:
        for_image: The input image, as a part or a data URL; None for a mask of one pixel.

    Raises:
        ValueError: The image has no readable size.
    """
    size = SIZES[0] if for_image is None else size_of(for_image)
    if size is None:
        raise ValueError('for_image holds no image with a size; accepted: a data URL or {"type": "image_url", …}')
    return masks_of(size)


@lru_cache(maxsize=64)
def masks_of(size: Size) -> st.SearchStrategy[Json]:
    """Return masks of one size. They have a transparent part if their format allows one."""
    urls = [
        Image(media_type, file_of("mask", size, output_format, transparent=output_format != "jpeg")).url
        for media_type, output_format in SPELLINGS.items()
    ]
    # By number: a strategy's repr has its samples, and should have no base64.
    return st.integers(0, 2 * len(urls) - 1).map(
        lambda number: urls[number] if number < len(urls) else part_of(urls[number - len(urls)])
    )


def size_of(image: Json) -> Size | None:
    """Return the width and height of a part's or a data URL's image; None if it is no image."""
    url = image if isinstance(image, str) else url_of(image)
    result = read_image(url, DEFAULTS) if url else None
    return (result.width, result.height) if isinstance(result, InputImage) and result.data else None


DEFAULTS = Settings()
