"""Images that a client sends: what their first bytes say they are.

Only the header is read (format, width, height); nothing is decoded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from omixa_mock.gateway.common import Redacted

from .violation_messages import Violation

__all__ = ["BytesDropped", "ImageReading", "InputImage", "media_type_of", "read_dimensions", "show_bytes"]


class BytesDropped(LookupError):  # noqa: N818  # says what has become of them, as the record does
    """Bytes that a call's record had, and that the journal has dropped since."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} were dropped: the journals keep no more than so many bytes of large bodies. Read them sooner, "
            'or start the fake with more: --journal-bytes 256MB, or serve(journal_bytes="256MB")'
        )


class InputImage(Redacted, Struct, frozen=True):
    """An input image or mask, decoded from its data URL.

    Attributes:
        media_type: As its first bytes say, for instance `image/png`.
        width: In pixels; 0 for a remote image, which is never fetched.
        height: In pixels; 0 for a remote image.
        kept: The file's bytes; empty for a remote image; None where the journal has dropped them.
        digest: SHA-256 of the bytes (or of the URL of a remote image), in hex.
        length: How many bytes there were.
    """

    media_type: str
    width: int
    height: int
    kept: bytes | None
    digest: str
    length: int

    @classmethod
    def from_bytes(cls, media_type: str, size: tuple[int, int], data: bytes) -> InputImage:
        """An image whose header was read."""
        return cls(media_type, *size, data, sha256(data).hexdigest(), len(data))

    @classmethod
    def remote(cls, url: str) -> InputImage:
        """An image that is known by its address alone."""
        return cls("", 0, 0, b"", sha256(url.encode()).hexdigest(), 0)

    @property
    def data(self) -> bytes:
        """The file's bytes; empty for a remote image.

        Raises:
            BytesDropped: The journal has dropped them.
        """
        if self.kept is None:
            raise BytesDropped(f"The bytes of this input image ({show_bytes(self.length)})")
        return self.kept

    def without_bytes(self) -> InputImage:
        """The image as a journal keeps it that has no room for its bytes."""
        return replace(self, kept=None)

    def __repr__(self) -> str:
        # A test's failure prints it: the bytes have no place there.
        return f"InputImage({self})"

    def __str__(self) -> str:
        if not self.length:
            return f"<remote image, never fetched, sha256:{self.digest[:8]}…>"
        kind = self.media_type.removeprefix("image/")
        return f"<{kind} {self.width}x{self.height}, {show_bytes(self.length)}, sha256:{self.digest[:8]}…>"


class ImageReading(Struct, frozen=True):
    """What reading a request's images gave: the images, the mask, and every broken rule."""

    images: tuple[InputImage, ...] = ()
    mask: InputImage | None = None
    violations: tuple[Violation, ...] = ()


def show_bytes(count: int) -> str:
    """A number of bytes for people: `918 bytes`, `1.5 MB`."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


# The signatures that the formats' specifications give; those without dimensions
# are here so that a message can say what came instead.
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
    """The media type that the first bytes tell, or None."""
    for media_type, signature in SIGNATURES:
        if signature.match(data):
            return media_type
    return None


def read_dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from a PNG, JPEG or WebP header, or None where it says none."""
    reader = DIMENSIONS.get(media_type_of(data) or "")
    try:
        size = reader(data) if reader else None
    except (struct.error, IndexError):
        return None
    return size if size and all(size) else None


def png_dimensions(data: bytes) -> tuple[int, int] | None:
    """PNG §11.2.1: IHDR comes first; width and height are its first two words."""
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


# T.81 §B.1.1.3: the frame headers SOF0–15, without DHT (C4), JPG (C8) and DAC (CC).
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone: TEM, RST0–7, SOI; EOI is where a search ends.
FILL = re.compile(rb"\xff+")
LONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_dimensions(data: bytes) -> tuple[int, int] | None:
    """T.81 §B.2.2: walk the marker segments up to the frame header, which has height, then width."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker in FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        if marker == 0xFF:
            # §B.1.1.2: any number of fill bytes may stand before a marker.
            position = FILL.match(data, position).end() - 1  # type: ignore[union-attr]  # two of them are here
            continue
        if marker in LONE_MARKERS:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        position += 2 + length
    return None


# Where the size ends in each kind.
WEBP_HEAD = {b"VP8X": 30, b"VP8L": 25, b"VP8 ": 30}


def webp_dimensions(data: bytes) -> tuple[int, int] | None:
    """RFC 9649 §2.5–2.7: the first chunk is VP8X, VP8L or VP8, each with the size in its own way."""
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
