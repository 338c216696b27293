"""Images: PNG, JPEG and WebP files that show which request they were drawn for.

No codec is involved and nothing depends on the platform: one request gives the
same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from .jpeg import jpeg
from .mosaic import Mosaic, mosaic_of
from .png import png
from .webp import webp

__all__ = ["draw"]

_ENCODERS: Final[Mapping[str, Callable[[Mosaic, int], bytes]]] = {"jpeg": jpeg, "png": png, "webp": webp}


def draw(
    fingerprint: bytes,
    *,
    width: int,
    height: int,
    output_format: Literal["png", "jpeg", "webp"],
    transparent: bool = False,
    weight: int = 0,
) -> bytes:
    """The bytes of an image file.

    Args:
        fingerprint: the 12 bytes that the image shows.
        width: in pixels, 1 to 16384.
        height: in pixels, 1 to 16384.
        output_format: of the file.
        transparent: whether the paper is transparent; the ink never is.
        weight: size of the file in bytes. A file that would be smaller is filled
            up with bytes that mean nothing. It is larger than the weight where
            it cannot be smaller, and by less than 12 bytes where the format does
            not allow for that very size: see `png`, `webp` and `jpeg`.

    Raises:
        ValueError: the fingerprint is not 12 bytes long, a side is out of
            range, or a transparent JPEG is asked for.
    """
    mosaic = mosaic_of(fingerprint, width, height, transparent=transparent)
    return _ENCODERS[output_format](mosaic, weight)
