"""JPEG encoding of a bitmap: baseline, 4:2:2.

Section numbers are those of ITU-T T.81.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from itertools import chain
from typing import Final

from .bitmap import Bitmap
from .jpeg_scan import AC_TABLE, DC_STEP, DC_TABLE, scan
from .mark import mark_text

__all__ = ["jpeg"]

# §B.1.1.3
_START_OF_FRAME: Final = 0xC0
_HUFFMAN_TABLES: Final = 0xC4
_START_OF_SCAN: Final = 0xDA
_QUANTISATION: Final = 0xDB
_APP0: Final = 0xE0
_COMMENT: Final = 0xFE
_START_OF_IMAGE: Final = b"\xff\xd8"
_END_OF_IMAGE: Final = b"\xff\xd9"

_EMPTY_SEGMENT_BYTES: Final = 4
_LARGEST_SEGMENT_BYTES: Final = 2 + 0xFFFF


def jpeg(bitmap: Bitmap, weight: int) -> bytes:
    """Return the bytes of a JPEG file.

    Args:
        bitmap: The image.
        weight: The minimum size of the file in bytes. A smaller file is padded
            with comments of zeros. A comment takes at least 4 bytes: if 1 to 3
            bytes are missing, the file gets 4 more.

    Raises:
        ValueError: The bitmap is transparent, and JPEG has no transparency.
    """
    if bitmap.transparent:
        raise ValueError("a JPEG cannot be transparent")
    mark = _segment(_COMMENT, mark_text(bitmap.mark))
    body = b"".join((_TABLES, _frame(bitmap), _SCAN_HEADER, scan(bitmap), _END_OF_IMAGE))
    missing = weight - len(_HEAD) - len(mark) - len(body)
    return b"%b%b%b%b" % (_HEAD, mark, _padding(missing) if missing > 0 else b"", body)


@lru_cache(maxsize=4)
def _padding(size: int) -> bytes:
    """Return comments of `size` bytes in all: the fewest possible, of nearly equal size."""
    count = -(-size // _LARGEST_SEGMENT_BYTES)
    share, larger = divmod(max(size, _EMPTY_SEGMENT_BYTES), count)
    comments = (_segment(_COMMENT, bytes(share + (number < larger) - _EMPTY_SEGMENT_BYTES)) for number in range(count))
    return b"".join(comments)


def _frame(bitmap: Bitmap) -> bytes:
    """Return the frame header. §B.2.2: 8 bits per sample; Y has twice the horizontal resolution of Cb and Cr."""
    sides = struct.pack(">BHH", 8, bitmap.grid.height, bitmap.grid.width)
    return _segment(_START_OF_FRAME, sides + bytes((3, 1, 0x21, 0, 2, 0x11, 0, 3, 0x11, 0)))


def _segment(marker: int, parameters: bytes) -> bytes:
    """Return a marker segment. §B.1.1.4: marker, length (which counts itself), parameters."""
    return b"%b%b" % (struct.pack(">BBH", 0xFF, marker, 2 + len(parameters)), parameters)


def _huffman_table(identity: int, table: dict[int, list[int]]) -> bytes:
    """Return a Huffman table. §B.2.4.2: the number of codes of each length from 1 to 16, then their symbols."""
    symbols = [table.get(length, []) for length in range(1, 17)]
    return bytes((identity, *map(len, symbols), *chain.from_iterable(symbols)))


# JFIF 1.02, no density, no thumbnail.
_HEAD: Final = _START_OF_IMAGE + _segment(_APP0, b"JFIF\0" + bytes((1, 2, 0, 0, 1, 0, 1, 0, 0)))
# §B.2.4: table 0 of each kind serves all components; 0x10 is AC table 0.
_TABLES: Final = _segment(_QUANTISATION, bytes((0, *[DC_STEP] * 64))) + _segment(
    _HUFFMAN_TABLES, _huffman_table(0x00, DC_TABLE) + _huffman_table(0x10, AC_TABLE)
)
# §B.2.3: three components, and all coefficients from 0 to 63 at once.
_SCAN_HEADER: Final = _segment(_START_OF_SCAN, bytes((3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0)))
