"""What a picture's file says of itself: format, width, height."""

from __future__ import annotations

from dataclasses import dataclass

from omixa_mock.gateway.images import media_type_of, read_dimensions

__all__ = ["PictureFile", "read_picture"]


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture's file, by its header.

    Attributes:
        format: `png`, `jpeg` or `webp`; empty for anything else.
        width: In pixels; 0 where the header does not say.
        height: In pixels; 0 where the header does not say.
    """

    format: str
    width: int
    height: int


def read_picture(data: bytes) -> PictureFile:
    """The header of a picture's file; nothing is decoded."""
    width, height = read_dimensions(data) or (0, 0)
    return PictureFile((media_type_of(data) or "").removeprefix("image/"), width, height)
