"""Media type and dimensions of input images, from their headers.

Only the header is read (format, width, height); no pixels are decoded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from omixa_mock.gateway.common import Redacted

from .violation import Violation

__all__ = ["BytesDropped", "ImageReading", "InputImage", "format_bytes", "media_type_of", "read_dimensions"]


class BytesDropped(LookupError):  # noqa: N818  # named after the state of the record
    """Access to bytes that the journal has dropped from a call's record."""

    def __init__(self, dropped: str) -> None:
        super().__init__(
            f"{dropped} were dropped: the journals keep a limited number of bytes of large bodies. Read them sooner, "
            'or raise the limit: --journal-bytes 256MB, or serve(journal_bytes="256MB")'
        )


class InputImage(Redacted, Struct, frozen=True):
    """Input image or mask, decoded from its data URL.

    Attributes:
        media_type: The media type by the file's signature, for instance `image/png`.
        width: The width in pixels; 0 for a remote image, which is never fetched.
        height: The height in pixels; 0 for a remote image.
        kept: The file's bytes; empty for a remote image; None if the journal has dropped them.
        digest: The SHA-256 of the bytes (or of the URL of a remote image), in hex.
        length: The number of bytes of the file.
    """

    media_type: str
    width: int
    height: int
    kept: bytes | None
    digest: str
    length: int

    @classmethod
    def from_bytes(cls, media_type: str, size: tuple[int, int], data: bytes) -> InputImage:
        """Return an image of known media type and size."""
        return cls(media_type, *size, data, sha256(data).hexdigest(), len(data))

    @classmethod
    def remote(cls, url: str) -> InputImage:
        """Return an image of which only the URL is known."""
        return cls("", 0, 0, b"", sha256(url.encode()).hexdigest(), 0)

    @property
    def data(self) -> bytes:
        """Return the file's bytes; empty for a remote image.

        Raises:
            BytesDropped: The journal has dropped them.
        """
        if self.kept is None:
            raise BytesDropped(f"The bytes of this input image ({format_bytes(self.length)})")
        return self.kept

    def without_bytes(self) -> InputImage:
        """Return a copy without the bytes, for a journal that has dropped them."""
        return replace(self, kept=None)

    def __repr__(self) -> str:
        # pytest prints it in failure reports, which must not contain the bytes.
        return f"InputImage({self})"

    def __str__(self) -> str:
        if not self.length:
            return f"<remote image, never fetched, sha256:{self.digest[:8]}…>"
        kind = self.media_type.removeprefix("image/")
        return f"<{kind} {self.width}x{self.height}, {format_bytes(self.length)}, sha256:{self.digest[:8]}…>"


class ImageReading(Struct, frozen=True):
    """Result of parsing the images of a request: the images, the mask, and the violations."""

    images: tuple[InputImage, ...] = ()
    mask: InputImage | None = None
    violations: tuple[Violation, ...] = ()


def format_bytes(count: int) -> str:
    """Return a number of bytes with a unit: `918 bytes`, `1.5 MB`."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


# File signatures from the formats' specifications. The formats that are not
# accepted are listed so that a message can name them.
SIGNATURES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/bmp", re.compile(rb"BM.{8}", re.DOTALL)),
    ("image/tiff", re.compile(rb"II\*\0|MM\0\*")),
    ("image/avif", re.compile(rb"....ftypavif", re.DOTALL)),
    ("image/heic", re.compile(rb"....ftyphei[cx]", re.DOTALL)),
    ("image/svg+xml", re.compile(rb"\s*(?:<\?xml.{0,200})?<svg", re.DOTALL)),
    ("application/pdf", re.compile(rb"%PDF-")),
)


def media_type_of(data: bytes) -> str | None:
    """Return the media type by the file's signature; None if it is unknown."""
    for media_type, signature in SIGNATURES:
        if signature.match(data):
            return media_type
    return None


def read_dimensions(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels from a PNG, JPEG or WebP header; None if they cannot be read."""
    reader = DIMENSIONS.get(media_type_of(data) or "")
    try:
        size = reader(data) if reader else None
    except (struct.error, IndexError):
        return None
    return size if size and all(size) else None


# §7.1: four-byte integers are limited, because languages exist that have no larger ones.
PNG_SIDE_MAX = 2**31 - 1


def png_dimensions(data: bytes) -> tuple[int, int] | None:
    """Return the size in a PNG header (§11.2.1: IHDR is first, and begins with width and height)."""
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return (width, height) if max(width, height) <= PNG_SIDE_MAX else None


# T.81 §B.1.1.3: the frame headers SOF0–15, without DHT (C4), JPG (C8) and DAC (CC).
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
FILL = re.compile(rb"\xff+")
# Markers without a segment: TEM, RST0–7, SOI. EOI ends the search.
LONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_dimensions(data: bytes) -> tuple[int, int] | None:
    """Return the size in a JPEG frame header (T.81 §B.2.2: height, then width)."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker in FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        if marker == 0xFF:
            # §B.1.1.2: any number of fill bytes may precede a marker.
            position = FILL.match(data, position).end() - 1  # type: ignore[union-attr]  # at least two of them match
            continue
        if marker in LONE_MARKERS:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        position += 2 + length
    return None


# Length of the header up to the end of the size, by the first chunk.
WEBP_HEAD = {b"VP8X": 30, b"VP8L": 25, b"VP8 ": 30}


def webp_dimensions(data: bytes) -> tuple[int, int] | None:
    """Return the size in a WebP header (RFC 9649 §2.5–2.7: in the first chunk, VP8X, VP8L or VP8)."""
    chunk = data[12:16]
    if len(data) < WEBP_HEAD.get(chunk, 0):
        return None
    if chunk == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if chunk == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


DIMENSIONS: Mapping[str, Callable[[bytes], tuple[int, int] | None]] = {
    "image/png": png_dimensions,
    "image/jpeg": jpeg_dimensions,
    "image/webp": webp_dimensions,
}
