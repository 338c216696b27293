"""Integrity of image files: whole ones have no damage, and any cut is found."""

from __future__ import annotations

import io
import struct
from typing import Any, Literal
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from omixa_mock.gateway.contract import find_damage, read_dimensions
from omixa_mock.gateway.images import draw

Format = Literal["png", "jpeg", "webp"]
FORMATS: tuple[Format, ...] = ("png", "jpeg", "webp")
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def drawn(output_format: Format, **options: Any) -> bytes:
    return draw(bytes(range(12)), width=48, height=32, output_format=output_format, **options)


def saved(output_format: str, **options: Any) -> bytes:
    """Return a photograph-like file of Pillow."""
    buffer = io.BytesIO()
    Image.effect_noise((60, 40), 80).convert("RGB").save(buffer, output_format, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
WHOLE: dict[str, bytes] = {
    **{f"drawn {output_format}": drawn(output_format) for output_format in FORMATS},
    **{f"padded {output_format}": drawn(output_format, weight=3000) for output_format in FORMATS},
    "photograph as PNG": saved("PNG"),
    "baseline JPEG": saved("JPEG"),
    "progressive JPEG": saved("JPEG", progressive=True),
    "JPEG with restart markers": saved("JPEG", restart_marker_blocks=2),
    "JPEG with a thumbnail": saved("JPEG", exif=b"Exif\0\0" + saved("JPEG")),
    "lossy WebP": saved("WEBP"),
    "WebP with alpha": drawn("webp", transparent=True),
    "no image": b"a cat",
    "GIF": saved("GIF")[:20],
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_whole_file_has_no_damage(data: bytes) -> None:
    assert find_damage(data) == ""


@pytest.mark.parametrize("output_format", FORMATS)
def test_bytes_after_the_end_are_no_damage(output_format: Format) -> None:
    assert find_damage(drawn(output_format) + b"trailer") == ""


CUT = [data for name, data in WHOLE.items() if name not in {"no image", "GIF"}]


@given(st.sampled_from(CUT), st.floats(0, 1, exclude_max=True))
def test_every_cut_is_found(data: bytes, share: float) -> None:
    assert find_damage(data[: 16 + int(share * (len(data) - 16))])


def flipped(data: bytes, offset: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


DAMAGED: dict[str, tuple[bytes, str]] = {
    "PNG cut in a chunk": (drawn("png")[:60], "it ends within its chunk"),
    "PNG cut between chunks": (SIGNATURE + HEADER + chunk(b"IDAT"), "its last chunk, IEND, is missing"),
    "PNG of a header": (SIGNATURE + HEADER + chunk(b"IEND"), "it has no chunk IDAT"),
    "PNG with a wrong bit": (flipped(saved("PNG"), 100), "the checksum of its chunk 'IDAT' at byte 33 is wrong"),
    "PNG with filler": (SIGNATURE + HEADER + b"\xff" * 500, "it ends within its chunk 'ÿÿÿÿ'"),
    "PNG of many chunks": (SIGNATURE + chunk(b"tEXt") * 100_001, "it has more than 100,000 parts"),
    "JPEG without EOI": (drawn("jpeg")[:-2], "its end (the marker EOI) is missing"),
    "JPEG without a scan": (b"\xff\xd8\xff\xd9", "it has no scan"),
    "JPEG with filler": (b"\xff\xd8\xff\xe0\0\2abc", "at byte 6 there is no marker"),
    "JPEG of many segments": (b"\xff\xd8" + b"\xff\x01" * 100_001, "it has more than 100,000 parts"),
    "WebP cut": (drawn("webp")[:-10], "10 of its"),
}


@pytest.mark.parametrize(("data", "damage"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_described(data: bytes, damage: str) -> None:
    assert find_damage(data).startswith(damage)


@pytest.mark.parametrize(("side", "size"), [(2**31 - 1, (2**31 - 1, 1)), (2**31, None), (2**32 - 1, None)])
def test_side_of_a_png_is_limited(side: int, size: tuple[int, int] | None) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, 1, 8, 0, 0, 0, 0))
    assert read_dimensions(SIGNATURE + header) == size
