"""Image drawing: PNG, JPEG and WebP files that carry a fingerprint.

No codec is used and no step depends on the platform: a request gives the same
bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from .bitmap import Bitmap, bitmap_of
from .caption import Caption
from .jpeg import jpeg
from .png import png
from .webp import webp

__all__ = ["draw"]

_ENCODERS: Final[Mapping[str, Callable[[Bitmap, int], bytes]]] = {"jpeg": jpeg, "png": png, "webp": webp}


def draw(
    fingerprint: bytes,
    *,
    width: int,
    height: int,
    output_format: Literal["png", "jpeg", "webp"],
    transparent: bool = False,
    weight: int = 0,
    caption: Caption | None = None,
) -> bytes:
    """Draw an image, and return the bytes of its file.

    Args:
        fingerprint: The 12 bytes that the image shows.
        width: The width in pixels, 1 to 16384.
        height: The height in pixels, 1 to 16384.
        output_format: The file format.
        transparent: True for transparent paper; the ink is always opaque.
        weight: The minimum size of the file in bytes. A smaller file is padded. The
            padding may exceed the weight by less than 12 bytes if the format does not
            allow the exact size: see `png`, `webp` and `jpeg`.
        caption: The text on the image; None for none. A small or narrow image has no room for it.

    Raises:
        ValueError: The fingerprint is not 12 bytes long, a side is out of
            range, or the format is JPEG and `transparent` is true.
    """
    bitmap = bitmap_of(fingerprint, width, height, transparent=transparent, caption=caption)
    return _ENCODERS[output_format](bitmap, weight)
