"""Header and end of image files: format, width, height, completeness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omixa_mock.gateway.contract import media_type_of, read_dimensions

__all__ = ["ImageFile", "read_image"]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """Header data of an image file.

    Attributes:
        format: `png`, `jpeg` or `webp`; empty for anything else.
        width: Pixels; 0 if the header has no width.
        height: Pixels; 0 if the header has no height.
        complete: True if the file ends as its format requires; False for a truncated file.
    """

    format: str
    width: int
    height: int
    complete: bool = True


# PNG §11.2.5: the last chunk, empty, with its checksum.
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
# T.81 §B.1.1.3: the marker EOI. A thumbnail has one too, so the file must end with it; trailing zeros are padding.
JPEG_END = b"\xff\xd9"

ENDS: Mapping[str, Callable[[bytes], bool]] = {
    "png": lambda data: PNG_END in data,
    "jpeg": lambda data: data.rstrip(b"\0").endswith(JPEG_END),
    # RFC 9649 §2.4: the number of bytes after the size field.
    "webp": lambda data: len(data) >= 8 + int.from_bytes(data[4:8], "little"),
}


def read_image(data: bytes) -> ImageFile:
    """Parse the header and the end of an image file, without decoding it."""
    width, height = read_dimensions(data) or (0, 0)
    image_format = (media_type_of(data) or "").removeprefix("image/")
    has_end = ENDS.get(image_format)
    return ImageFile(image_format, width, height, has_end is None or has_end(data))
