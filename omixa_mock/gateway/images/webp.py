"""WebP encoding of a bitmap, lossless.

Quoted section names are those of the "WebP Container Specification".
"""

from __future__ import annotations

from typing import Final

from .bitmap import Bitmap
from .mark import mark_text
from .vp8l import vp8l

__all__ = ["webp"]

_ALPHA_FLAG: Final = 0x10
_CHUNK_HEADER_BYTES: Final = 8


def webp(bitmap: Bitmap, weight: int) -> bytes:
    """Return the bytes of a WebP file.

    Args:
        bitmap: The image.
        weight: The minimum size of the file in bytes. In a smaller file, the chunk
            with the mark is padded with zeros. All chunks have an even size, so an
            odd weight gets one byte more.
    """
    image = b"WEBP" + _extended_header(bitmap) + _chunk(b"VP8L", vp8l(bitmap))
    room = weight - len(image) - 2 * _CHUNK_HEADER_BYTES
    # "Unknown Chunks": they come last, and readers should ignore those that they do not know.
    return _chunk(b"RIFF", image + _chunk(b"OMXA", mark_text(bitmap.mark).ljust(room, b"\0")))


def _extended_header(bitmap: Bitmap) -> bytes:
    """Return the VP8X chunk. "Extended File Format": flags, 24 reserved bits, both sides less one in 24 bits each."""
    flags = _ALPHA_FLAG if bitmap.transparent else 0
    sides = (bitmap.grid.width - 1) | (bitmap.grid.height - 1) << 24
    return _chunk(b"VP8X", flags.to_bytes(4, "little") + sides.to_bytes(6, "little"))


def _chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk. "RIFF File Format": name, size, data, and a zero if the size is odd."""
    return b"%b%b%b%b" % (name, len(data).to_bytes(4, "little"), data, b"\0" * (len(data) % 2))
