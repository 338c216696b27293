"""Image files: format, width, height, damage."""

from __future__ import annotations

from dataclasses import dataclass

from omixa_mock.gateway.contract import find_damage, media_type_of, read_dimensions

__all__ = ["ImageFile", "read_image"]


@dataclass(frozen=True, slots=True)
class ImageFile:
    """Header data of an image file, and its damage.

    Attributes:
        format: `png`, `jpeg` or `webp`; empty for anything else.
        width: Pixels; 0 if the header has no width.
        height: Pixels; 0 if the header has no height.
        damage: The missing or wrong part; empty if the file is whole.
    """

    format: str
    width: int
    height: int
    damage: str = ""

    @property
    def complete(self) -> bool:
        """Return True if the file is whole."""
        return not self.damage


def read_image(data: bytes) -> ImageFile:
    """Parse the header of an image file, and look for damage, without decoding pixels."""
    width, height = read_dimensions(data) or (0, 0)
    return ImageFile((media_type_of(data) or "").removeprefix("image/"), width, height, find_damage(data))
