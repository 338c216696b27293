"""What an image's file says of itself: format, width, height, and whether its end is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omixa_mock.gateway.contract import media_type_of, read_dimensions

__all__ = ["ImageFile", "read_image"]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image's file, by its header and its end.

    Attributes:
        format: `png`, `jpeg` or `webp`; empty for anything else.
        width: In pixels; 0 where the header does not say.
        height: In pixels; 0 where the header does not say.
        whole: Whether the file ends as its format does; a file that was cut off does not.
    """

    format: str
    width: int
    height: int
    whole: bool = True


# PNG §11.2.5: the last chunk, empty, with its checksum.
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
# T.81 §B.1.1.3: the marker EOI. A thumbnail inside has one too, so it must be the end; zeros after it are padding.
JPEG_END = b"\xff\xd9"

ENDS: Mapping[str, Callable[[bytes], bool]] = {
    "png": lambda data: PNG_END in data,
    "jpeg": lambda data: data.rstrip(b"\0").endswith(JPEG_END),
    # RFC 9649 §2.4: the size in bytes of all that follows it.
    "webp": lambda data: len(data) >= 8 + int.from_bytes(data[4:8], "little"),
}


def read_image(data: bytes) -> ImageFile:
    """The header and the end of an image's file; nothing is decoded."""
    width, height = read_dimensions(data) or (0, 0)
    found = (media_type_of(data) or "").removeprefix("image/")
    ends = ENDS.get(found)
    return ImageFile(found, width, height, ends is None or ends(data))
