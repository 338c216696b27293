"""Strategies for invalid images: data URLs that match their schema, and hold no accepted image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import ACCEPTED, PLACEHOLDER, media_type_of

from .images import SIZES, SPELLINGS, Image, encode, image_pool, input_images, masks_of, part_of, size_of

__all__ = ["INVALID_IMAGES", "mismatched_masks"]

Json = Any
# Functions from valid to invalid base64.
DAMAGES: tuple[Callable[[str], str], ...] = (
    lambda text: f"{text}A",
    lambda text: f"{text[:20]}\n{text[20:]}",
    lambda text: f"-{text[1:]}",
    lambda text: f"%2B{text[3:]}",
    lambda text: f"{text}{text}=",
    lambda _: "QR==",  # the unused bits of the R are not zero
)
NOT_IMAGES = (b"", b"a cat", b"GIF89a\1\0\1\0\0\0\0;", b"BM" + bytes(52), b"%PDF-1.7", b"<svg/>")
# The length of a file without its width and height.
HEADER_BYTES = {"image/png": 16, "image/jpeg": 4, "image/webp": 16}


def placeholders() -> st.SearchStrategy[str]:
    """Return data URLs with the documentation's placeholder."""
    return st.sampled_from([f"data:{media_type};base64,{PLACEHOLDER}" for media_type in SPELLINGS])


def invalid_base64() -> st.SearchStrategy[str]:
    """Return data URLs with invalid base64."""
    pool = st.sampled_from(image_pool())
    return st.builds(lambda damage, image: f"data:{image.media_type};base64,{damage(encode(image.data))}", DAMAGE, pool)


DAMAGE = st.sampled_from(DAMAGES)


def of_other_media_type() -> st.SearchStrategy[str]:
    """Return data URLs whose bytes are of another format than declared, or no image."""
    other = [
        Image(declared, image.data).url
        for image in image_pool()
        for declared in ACCEPTED
        if declared != media_type_of(image.data)
    ]
    none = [Image(declared, data).url for data in NOT_IMAGES for declared in ACCEPTED]
    return st.sampled_from(other) | st.sampled_from(none)


def truncated() -> st.SearchStrategy[str]:
    """Return data URLs of files that end before their width and height."""
    images = [image for image in image_pool() if image.media_type in HEADER_BYTES]
    heads = [Image(image.media_type, image.data[: HEADER_BYTES[image.media_type]]).url for image in images]
    return st.sampled_from(heads)


INVALID_IMAGES: Mapping[str, Callable[[], st.SearchStrategy[str]]] = {
    "placeholder": placeholders,
    "base64": invalid_base64,
    "media-type": of_other_media_type,
    "header": truncated,
}


def mismatched_masks() -> st.SearchStrategy[tuple[list[Json], Json]]:
    """Return input images, and a mask of another size than the first of them."""
    pairs = [
        (part, masks_of(size))
        for image in image_pool()
        for part in [part_of(image.url)]
        for size in SIZES
        if size != size_of(part)
    ]
    return st.sampled_from(pairs).flatmap(
        lambda pair: st.tuples(input_images(0, 1).map(lambda more: [deepcopy(pair[0]), *more]), pair[1])
    )
