"""Integrity of image files: a file is whole if its structure has an end, and its checksums are right.

The structure is read chunk by chunk; no pixels are decoded. Bytes after the end are allowed, as every decoder
ignores them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from zlib import crc32

from .image_files import LONE_MARKERS, media_type_of

__all__ = ["find_damage"]

# Far more than writers make: a 40 MB file in chunks of 8 KiB has 5,000.
PARTS_MAX = 100_000
TOO_MANY_PARTS = f"it has more than {PARTS_MAX:,} parts"


def find_damage(data: bytes) -> str:
    """Return the damage of a PNG, JPEG or WebP file; empty if the file is whole or of another format."""
    check = CHECKS.get(media_type_of(data) or "")
    return check(data) if check else ""


def find_png_damage(data: bytes) -> str:
    """Return the first cut or wrong chunk of a PNG (§5.3: length, type, data, CRC; §5.6: IDAT, and IEND last)."""
    view, position, has_pixels = memoryview(data), 8, False
    for _ in range(PARTS_MAX):
        name = bytes(view[position + 4 : position + 8]).decode("latin-1")
        end = position + 12 + int.from_bytes(view[position : position + 4])
        if end > len(data):
            return f"it ends within its chunk {name!r}" if len(name) == 4 else "its last chunk, IEND, is missing"
        if crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            return f"the checksum of its chunk {name!r} at byte {position:,} is wrong"
        has_pixels = has_pixels or name == "IDAT"
        if name == "IEND":
            return "" if has_pixels else "it has no chunk IDAT"
        position = end
    return TOO_MANY_PARTS


# T.81 §B.1.1.2: a marker is 0xFF, any number of times, and a byte that is neither 0 nor 0xFF.
MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
# T.81 §B.1.1.5: in a scan, 0xFF 0 is a byte of data, and RST0 to RST7 separate intervals.
SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
SOS, EOI = 0xDA, 0xD9


def find_jpeg_damage(data: bytes) -> str:
    """Return the first cut segment of a JPEG (T.81 §B.2.1: segments, scans, then EOI)."""
    position, has_pixels = 2, False
    for _ in range(PARTS_MAX):
        marker = MARKER.match(data, position)
        if marker is None:
            return f"at byte {position:,} there is no marker"
        code, position = marker[1][0], marker.end()
        if code == EOI:
            return "" if has_pixels else "it has no scan"
        if code in LONE_MARKERS:
            continue
        position += max(int.from_bytes(data[position : position + 2]), 2)
        if code == SOS:
            has_pixels = True
            scan_end = SCAN_END.search(data, position)
            position = scan_end.start() if scan_end else len(data)
        if position >= len(data):
            return "its end (the marker EOI) is missing"
    return TOO_MANY_PARTS


def find_webp_damage(data: bytes) -> str:
    """Return the number of missing bytes of a WebP (RFC 9649 §2.4: the header has the number of those after it)."""
    missing = 8 + int.from_bytes(data[4:8], "little") - len(data)
    return f"{missing:,} of its {len(data) + missing:,} bytes are missing" if missing > 0 else ""


CHECKS: Mapping[str, Callable[[bytes], str]] = {
    "image/png": find_png_damage,
    "image/jpeg": find_jpeg_damage,
    "image/webp": find_webp_damage,
}
