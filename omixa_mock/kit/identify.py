"""From an image back to the request that it was drawn for.

The metadata says it. Where that is lost (the image was re-encoded, converted,
resized or flattened), the cells of the mosaic still show it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omixa_mock.gateway.contract import media_type_of
from omixa_mock.gateway.images import CELL, MARK_BITS, find_mark, fingerprint_in_bits

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["identify"]

# How many cells a resized image may have along its shorter side: 16 is 1024
# pixels, 8 to 64 are 512 to 4096.
_SHORTER_SIDES: Final = (16, *range(8, 16), *range(17, 65))
# Where a cell is sampled, as shares of its size: codecs and filters smear its edges.
_SAMPLES: Final = (1 / 3, 1 / 2, 2 / 3)


@dataclass(frozen=True, slots=True)
class _Plane:
    """One channel of an image: a byte for each pixel, row after row."""

    width: int
    height: int
    levels: bytes

    @property
    def is_flat(self) -> bool:
        """Whether all pixels are alike."""
        return self.levels.count(self.levels[0]) == len(self.levels)


def identify(image: bytes | bytearray | memoryview | str | os.PathLike[str]) -> str | None:
    """The fingerprint of the request that an image was drawn for.

    Pixels can be read if the image has 128 cells or more and was not cropped;
    and, where it was resized, if the shorter side was a multiple of 64 pixels.

    Args:
        image: the bytes of an image file, or a path to it.

    Returns:
        24 hexadecimal digits, or None if this is no image of ours.

    Raises:
        ImportError: the metadata has no fingerprint, and Pillow, which reads pixels, is missing.
        OSError: the file cannot be read.
    """
    data = Path(image).read_bytes() if isinstance(image, str | os.PathLike) else bytes(image)
    return find_mark(data) or _read_cells(data)


def _read_cells(data: bytes) -> str | None:
    planes = _decoded(data)
    readings = (_read_grid(plane, pitch) for plane in planes for pitch in _pitches(plane))
    return next(filter(None, readings), None)


def _decoded(data: bytes) -> list[_Plane]:
    """The lightness and the opacity of an image, as far as they vary; nothing if it cannot be decoded."""
    try:
        from PIL import Image
    except ImportError as error:
        if media_type_of(data) is None:
            return []  # no image at all
        raise ImportError("reading pixels takes Pillow: pip install 'omixa-mock[pillow]'") from error
    try:
        with Image.open(BytesIO(data)) as image:
            return _planes(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return []


def _planes(image: Image.Image) -> list[_Plane]:
    colours = image.convert("RGBA")
    channels = (colours.convert("RGB").convert("L"), colours.getchannel("A"))
    planes = [_Plane(*channel.size, channel.tobytes()) for channel in channels]
    return [plane for plane in planes if not plane.is_flat]


def _pitches(plane: _Plane) -> Iterator[float]:
    """The sizes that cells may have: that in which they are drawn, then others after resizing."""
    shorter = min(plane.width, plane.height)
    yield CELL
    yield from (shorter / cells for cells in _SHORTER_SIDES)


def _read_grid(plane: _Plane, pitch: float) -> str | None:
    """The fingerprint in cells of one size, if these are the cells."""
    columns, rows = _cells(plane.width, pitch), _cells(plane.height, pitch)
    if len(columns) * len(rows) < MARK_BITS:
        return None
    levels = [_level(plane, across, down) for down, across in product(rows, columns)]
    middle = (min(levels) + max(levels)) / 2
    return _read_bits([level < middle for level in levels])


def _cells(side: int, pitch: float) -> list[list[int]]:
    """For each cell along a side, where to sample it, in pixels; the last cell may be cut.

    A last cell of less than a pixel is no cell: resizing rounded the side up.
    """
    starts = [cell * pitch for cell in range(1 + int((side - 1) / pitch))]
    spans = [(start, min(pitch, side - start)) for start in starts]
    return [[int(start + share * size) for share in _SAMPLES] for start, size in spans]


def _level(plane: _Plane, columns: Sequence[int], rows: Sequence[int]) -> float:
    """The mean level of some pixels of a cell, 0 to 255."""
    samples = [plane.levels[row * plane.width + column] for row, column in product(rows, columns)]
    return sum(samples) / len(samples)


def _read_bits(dark: Sequence[bool]) -> str | None:
    """The fingerprint that most of the repeats of each bit show, be ink the darker colour or the lighter one."""
    repeats = [dark[bit::MARK_BITS] for bit in range(MARK_BITS)]
    bits = [2 * sum(repeat) > len(repeat) for repeat in repeats]
    return fingerprint_in_bits(bits) or fingerprint_in_bits(not bit for bit in bits)
