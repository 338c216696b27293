"""Wrong images: data URLs that keep their schema, and are no image all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from omixa_mock.gateway.contract import ACCEPTED, PLACEHOLDER, media_type_of

from .images import SIZES, SPELLINGS, Image, encode, image_pool, input_images, masks_of, part_of, size_of

__all__ = ["WRONG_IMAGES", "unlike_masks"]

Json = Any
# From sound base64 to text that is none.
DAMAGES: tuple[Callable[[str], str], ...] = (
    lambda text: f"{text}A",
    lambda text: f"{text[:20]}\n{text[20:]}",
    lambda text: f"-{text[1:]}",
    lambda text: f"%2B{text[3:]}",
    lambda text: f"{text}{text}=",
    lambda _: "QR==",  # the unused bits of the R are not zero
)
NO_IMAGES = (b"", b"a cat", b"GIF89a\1\0\1\0\0\0\0;", b"BM" + bytes(52), b"%PDF-1.7", b"<svg/>")
# How much of a file is left when its size is lost.
HEADS = {"image/png": 16, "image/jpeg": 4, "image/webp": 16}


def placeholders() -> st.SearchStrategy[str]:
    """The documentation's stand-in, sent as it is."""
    return st.sampled_from([f"data:{media_type};base64,{PLACEHOLDER}" for media_type in SPELLINGS])


def damaged() -> st.SearchStrategy[str]:
    """What follows the comma is no base64."""
    pool = st.sampled_from(image_pool())
    return st.builds(lambda damage, it: f"data:{it.media_type};base64,{damage(encode(it.data))}", DAMAGE, pool)


DAMAGE = st.sampled_from(DAMAGES)


def mislabelled() -> st.SearchStrategy[str]:
    """The bytes are of another kind than the URL declares, or of none."""
    wrong = [
        Image(declared, image.data).url
        for image in image_pool()
        for declared in ACCEPTED
        if declared != media_type_of(image.data)
    ]
    none = [Image(declared, data).url for data in NO_IMAGES for declared in ACCEPTED]
    return st.sampled_from(wrong) | st.sampled_from(none)


def cut_off() -> st.SearchStrategy[str]:
    """The file breaks off before it has told its width and height."""
    images = [image for image in image_pool() if image.media_type in HEADS]
    heads = [Image(each.media_type, each.data[: HEADS[each.media_type]]).url for each in images]
    return st.sampled_from(heads)


WRONG_IMAGES: Mapping[str, Callable[[], st.SearchStrategy[str]]] = {
    "placeholder": placeholders,
    "base64": damaged,
    "media-type": mislabelled,
    "header": cut_off,
}


def unlike_masks() -> st.SearchStrategy[tuple[list[Json], Json]]:
    """Input images, and a mask of another size than the first of them."""
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
