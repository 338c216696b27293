"""Identification of an image's request by its fingerprint.

The fingerprint is in the metadata. If that is lost (the image was re-encoded,
converted, resized or flattened), it is decoded from the cells of the mosaic.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omixa_mock.gateway.contract import media_type_of, read_dimensions
from omixa_mock.gateway.images import CELL, MARK_BITS, cells_outside, find_mark, fingerprint_in_bits

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["PIXELS_MAX", "count_pixels", "identify"]

# Decoding takes some 10 bytes of memory for each pixel.
PIXELS_MAX: Final = 32 * 1024 * 1024
# Reading cells takes 5 µs for each; a long and narrow image would have millions.
_CELLS_MAX: Final = 64 * 256
# Pillow runs Ghostscript for some formats, and learns the size of others only from their pixels.
_DECODED: Final = frozenset({"AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP"})
# Possible numbers of cells along the shorter side of a resized image: 16 is 1024
# pixels, 8 to 64 are 512 to 4096.
_SHORTER_SIDES: Final = (16, *range(8, 16), *range(17, 65))
# Sample positions within a cell, as fractions of its size: codecs and filters smear its edges.
_SAMPLES: Final = (1 / 3, 1 / 2, 2 / 3)


@dataclass(frozen=True, slots=True)
class _Plane:
    """One channel of an image: a byte for each pixel, row by row."""

    width: int
    height: int
    levels: bytes

    @property
    def is_flat(self) -> bool:
        """Return True if all pixels are equal."""
        return self.levels.count(self.levels[0]) == len(self.levels)


def identify(image: bytes | bytearray | memoryview | str | os.PathLike[str]) -> str | None:
    """Return the fingerprint of the request for which an image was drawn.

    Pixels can be decoded if the image has 128 cells or more, at most 33 million pixels, and was not cropped.
    If it was resized, its original shorter side must be a multiple of 64 pixels.

    Args:
        image: The bytes of an image file, or a path to it.

    Returns:
        24 hexadecimal digits, or None if the mock did not draw the image.

    Raises:
        ImportError: The metadata has no fingerprint, and Pillow, which decodes pixels, is missing.
        OSError: The file cannot be read.
    """
    data = Path(image).read_bytes() if isinstance(image, str | os.PathLike) else bytes(image)
    return find_mark(data) or _read_cells(data)


def count_pixels(data: bytes) -> int:
    """Return the number of pixels that the header of a PNG, JPEG or WebP file announces; 0 for any other file."""
    width, height = read_dimensions(data) or (0, 0)
    return width * height


def _read_cells(data: bytes) -> str | None:
    planes = _decoded(data)
    readings = (_read_grid(plane, pitch) for plane in planes for pitch in _pitches(plane))
    return next(filter(None, readings), None)


def _decoded(data: bytes) -> list[_Plane]:
    """Return the lightness and opacity planes that are not flat; empty if the image cannot be decoded."""
    try:
        from PIL import Image
    except ImportError as error:
        if media_type_of(data) is None:
            return []  # not an image
        raise ImportError("reading pixels takes Pillow: pip install 'omixa-mock[pillow]'") from error
    if count_pixels(data) > PIXELS_MAX:
        return []
    try:
        with Image.open(BytesIO(data)) as image:
            accepted = image.format in _DECODED and image.width * image.height <= PIXELS_MAX
            return _planes(image) if accepted else []
    except Exception:  # noqa: BLE001  # a decoder raises anything at a file that is damaged on purpose
        return []


def _planes(image: Image.Image) -> list[_Plane]:
    colours = image.convert("RGBA")
    channels = (colours.convert("RGB").convert("L"), colours.getchannel("A"))
    planes = [_Plane(*channel.size, channel.tobytes()) for channel in channels]
    return [plane for plane in planes if not plane.is_flat]


def _pitches(plane: _Plane) -> Iterator[float]:
    """Yield the possible cell sizes: the drawn size first, then the sizes after resizing."""
    shorter = min(plane.width, plane.height)
    yield CELL
    yield from (shorter / cells for cells in _SHORTER_SIDES)


def _read_grid(plane: _Plane, pitch: float) -> str | None:
    """Return the fingerprint in cells of one size; None if there is none."""
    if not MARK_BITS <= _count_cells(plane.width, pitch) * _count_cells(plane.height, pitch) <= _CELLS_MAX:
        return None
    columns, rows = _cells(plane.width, pitch), _cells(plane.height, pitch)
    # A caption may cover the others.
    cells = cells_outside(len(columns), len(rows))
    levels = {cell: _level(plane, columns[cell % len(columns)], rows[cell // len(columns)]) for cell in cells}
    middle = (min(levels.values()) + max(levels.values())) / 2
    return _read_bits({cell: level < middle for cell, level in levels.items()})


def _cells(side: int, pitch: float) -> list[list[int]]:
    """Return the sample positions in pixels for each cell along a side; the last cell may be cut.

    A last cell of less than a pixel is left out: it is an artefact of rounding in resizing.
    """
    starts = [cell * pitch for cell in range(_count_cells(side, pitch))]
    spans = [(start, min(pitch, side - start)) for start in starts]
    return [[int(start + share * size) for share in _SAMPLES] for start, size in spans]


def _count_cells(side: int, pitch: float) -> int:
    """Return the number of cells along a side."""
    return 1 + int((side - 1) / pitch)


def _level(plane: _Plane, columns: Sequence[int], rows: Sequence[int]) -> float:
    """Return the mean level of some pixels of a cell, 0 to 255."""
    samples = [plane.levels[row * plane.width + column] for row, column in product(rows, columns)]
    return sum(samples) / len(samples)


def _read_bits(dark: Mapping[int, bool]) -> str | None:
    """Return the fingerprint by majority vote over the repeats of each bit, with dark or light ink."""
    votes = [0] * MARK_BITS
    for cell, is_dark in dark.items():
        votes[cell % MARK_BITS] += 1 if is_dark else -1
    bits = [vote > 0 for vote in votes]
    return fingerprint_in_bits(bits) or fingerprint_in_bits(not bit for bit in bits)
