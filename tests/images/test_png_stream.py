"""PNG chunks and zlib stream, decoded with zlib."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omixa_mock.gateway.images import Caption, draw

FINGERPRINT = bytes(range(12))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the name, data and CRC of each chunk."""
    position = 8
    while position < len(png):
        size, name = struct.unpack_from(">I4s", png, position)
        data = png[position + 8 : position + 8 + size]
        yield name, data, int.from_bytes(png[position + 8 + size : position + 12 + size], "big")
        position += 12 + size


def stream_of(fingerprint: bytes, width: int, height: int) -> bytes:
    """Return the data of a PNG's IDAT chunk."""
    png = draw(fingerprint, width=width, height=height, output_format="png")
    return next(data for name, data, _ in chunks(png) if name == b"IDAT")


@given(fingerprint=st.binary(min_size=12, max_size=12), width=st.integers(1, 300), height=st.integers(1, 300))
def test_stream_inflates_to_all_rows(fingerprint: bytes, width: int, height: int) -> None:
    assert len(zlib.decompress(stream_of(fingerprint, width, height))) == height * (1 + (width + 7) // 8)


@settings(deadline=None)  # a busy machine needs longer than Hypothesis allows
@given(
    fingerprint=st.binary(min_size=12, max_size=12),
    width=st.integers(800, 2100),
    height=st.integers(800, 2100),
    prompt=st.text(),
)
def test_stream_of_an_image_with_caption_inflates(fingerprint: bytes, width: int, height: int, prompt: str) -> None:
    png = draw(fingerprint, width=width, height=height, output_format="png", caption=Caption(prompt, ("png",)))
    stream = next(data for name, data, _ in chunks(png) if name == b"IDAT")
    assert len(zlib.decompress(stream)) == height * (1 + (width + 7) // 8)


def test_nothing_follows_the_stream() -> None:
    inflater = zlib.decompressobj()
    inflater.decompress(stream_of(FINGERPRINT, 1024, 1024))
    assert (inflater.eof, inflater.unused_data) == (True, b"")


def test_first_row_of_a_band_has_no_filter_and_the_others_have_up() -> None:
    rows = zlib.decompress(stream_of(FINGERPRINT, 64, 130))
    assert rows[::9] == bytes([0] + [2] * 63 + [0] + [2] * 63 + [0, 2])


@pytest.mark.parametrize(
    ("transparent", "weight", "names"),
    [
        (False, 0, [b"IHDR", b"PLTE", b"tEXt", b"IDAT", b"IEND"]),
        (True, 0, [b"IHDR", b"PLTE", b"tRNS", b"tEXt", b"IDAT", b"IEND"]),
        (False, 3000, [b"IHDR", b"PLTE", b"tEXt", b"IDAT", b"omXa", b"IEND"]),
    ],
)
def test_chunks_in_order(transparent: bool, weight: int, names: list[bytes]) -> None:
    png = draw(FINGERPRINT, width=64, height=64, output_format="png", transparent=transparent, weight=weight)
    assert [name for name, _, _ in chunks(png)] == names


def test_each_chunk_has_its_crc() -> None:
    png = draw(FINGERPRINT, width=64, height=64, output_format="png", transparent=True, weight=3000)
    assert all(zlib.crc32(name + data) == crc for name, data, crc in chunks(png))
