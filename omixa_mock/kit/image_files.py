"""Image files: format, width, height, damage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        has_alpha: True if the file has an alpha channel.
    """

    format: str
    width: int
    height: int
    damage: str = ""
    has_alpha: bool = False

    @property
    def complete(self) -> bool:
        """Return True if the file is whole."""
        return not self.damage


def read_image(data: bytes) -> ImageFile:
    """Parse the header of an image file, and look for damage, without decoding pixels."""
    width, height = read_dimensions(data) or (0, 0)
    name = (media_type_of(data) or "").removeprefix("image/")
    return ImageFile(name, width, height, find_damage(data), name in ALPHA and ALPHA[name](data))


# PNG §11.2.1: the byte after the bit depth is the color type; 4 and 6 have an alpha channel.
PNG_COLOR_TYPE, WITH_ALPHA = slice(25, 26), (b"\x04", b"\x06")


def has_png_alpha(data: bytes) -> bool:
    """Return True if a PNG has an alpha channel, or transparent colors before its pixels (PNG §11.3.1.1: tRNS)."""
    return data[PNG_COLOR_TYPE] in WITH_ALPHA or b"tRNS" in data[: data.find(b"IDAT")]


def has_webp_alpha(data: bytes) -> bool:
    """Return True if a WebP has its alpha flag (RFC 9649: VP8X §2.7, VP8L §3.4)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return bool(int.from_bytes(data[20:21]) & 0x10)
    # After a byte of signature: 14 bits of width, 14 of height, the flag.
    return kind == b"VP8L" and bool(int.from_bytes(data[24:25]) & 0x10)


ALPHA: Mapping[str, Callable[[bytes], bool]] = {"png": has_png_alpha, "webp": has_webp_alpha}
