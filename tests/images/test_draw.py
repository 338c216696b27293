"""Images of all formats, decoded with Pillow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from omixa_mock.gateway.images import draw, find_mark
from omixa_mock.gateway.images.mosaic import CELL

Format = Literal["png", "jpeg", "webp"]
Decode = Callable[[bytes], Image.Image]
Expect = Callable[..., Image.Image]

FINGERPRINT = bytes.fromhex("00112233445566778899aabb")
FORMATS: list[Format] = ["png", "jpeg", "webp"]
LOSSLESS: list[Format] = ["png", "webp"]
LOOKS: list[tuple[Format, bool]] = [("png", False), ("png", True), ("webp", False), ("webp", True), ("jpeg", False)]
SIZES = [(1024, 1024), (1024, 1536), (1536, 1024), (576, 1000), (8, 3), (65, 129), (1, 1), (4096, 2304)]

fingerprints = st.binary(min_size=12, max_size=12)
sides = st.integers(1, 300)

# JPEG halves the resolution of colour, so decoders blend the colours of adjacent cells at their edge.
BLENDED = 2
JPEG_TOLERANCE = 3


def without_cell_edges(image: Image.Image) -> Image.Image:
    """Return an image with its cell edges painted black."""
    clear = image.copy()
    for edge in range(CELL, image.width, CELL):
        clear.paste(0, (edge - BLENDED, 0, edge + BLENDED, image.height))
    for edge in range(CELL, image.height, CELL):
        clear.paste(0, (0, edge - BLENDED, image.width, edge + BLENDED))
    return clear


def greatest_difference(first: Image.Image, second: Image.Image) -> int:
    """Return the greatest difference in any channel of any pixel that is not at the edge of a cell."""
    difference = ImageChops.difference(*(without_cell_edges(image.convert("RGB")) for image in (first, second)))
    return max(difference.tobytes())


@pytest.mark.parametrize("output_format", FORMATS)
def test_pillow_detects_the_format(output_format: Format, decoded: Decode) -> None:
    image = draw(FINGERPRINT, width=64, height=64, output_format=output_format)
    assert decoded(image).format == output_format.upper()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("output_format", FORMATS)
def test_size_is_exact(output_format: Format, size: tuple[int, int], decoded: Decode) -> None:
    width, height = size
    assert decoded(draw(FINGERPRINT, width=width, height=height, output_format=output_format)).size == size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("output_format", "transparent"), [look for look in LOOKS if look[0] in LOSSLESS])
def test_lossless_pixels_of_known_sizes(
    output_format: Format, transparent: bool, size: tuple[int, int], decoded: Decode, expected: Expect
) -> None:
    width, height = size
    image = draw(FINGERPRINT, width=width, height=height, output_format=output_format, transparent=transparent)
    shown = decoded(image).convert("RGBA")
    assert shown.tobytes() == expected(FINGERPRINT, width, height, transparent=transparent).tobytes()


@pytest.mark.parametrize("output_format", LOSSLESS)
@given(fingerprint=fingerprints, width=sides, height=sides, transparent=st.booleans())
def test_lossless_pixels(
    output_format: Format,
    decoded: Decode,
    expected: Expect,
    fingerprint: bytes,
    width: int,
    height: int,
    transparent: bool,
) -> None:
    image = draw(fingerprint, width=width, height=height, output_format=output_format, transparent=transparent)
    shown = decoded(image).convert("RGBA")
    assert shown.tobytes() == expected(fingerprint, width, height, transparent=transparent).tobytes()


@settings(deadline=None)  # a busy machine needs longer than Hypothesis allows
@given(fingerprint=fingerprints, width=sides, height=sides)
def test_jpeg_pixels_within_rounding(
    decoded: Decode, expected: Expect, fingerprint: bytes, width: int, height: int
) -> None:
    shown = decoded(draw(fingerprint, width=width, height=height, output_format="jpeg"))
    painted = expected(fingerprint, width, height, transparent=False)
    assert greatest_difference(shown, painted) <= JPEG_TOLERANCE


@pytest.mark.parametrize(("output_format", "transparent"), LOOKS)
def test_image_has_alpha_exactly_if_transparent(output_format: Format, transparent: bool, decoded: Decode) -> None:
    image = draw(FINGERPRINT, width=256, height=256, output_format=output_format, transparent=transparent)
    assert decoded(image).has_transparency_data is transparent


def test_jpeg_cannot_be_transparent() -> None:
    with pytest.raises(ValueError, match="transparent"):
        draw(FINGERPRINT, width=64, height=64, output_format="jpeg", transparent=True)


@pytest.mark.parametrize(("width", "height"), [(0, 64), (64, 0), (-1, 64), (16385, 64), (64, 16385)])
def test_side_out_of_range(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=f"{width}x{height}"):
        draw(FINGERPRINT, width=width, height=height, output_format="png")


@pytest.mark.parametrize("length", [0, 11, 13])
def test_fingerprint_of_wrong_length(length: int) -> None:
    with pytest.raises(ValueError, match=f"not {length}"):
        draw(bytes(length), width=64, height=64, output_format="png")


@pytest.mark.parametrize(("output_format", "limit"), [("png", 1400), ("webp", 700), ("jpeg", 16 * 1024)])
@pytest.mark.parametrize("size", [(1024, 1024), (1024, 1536), (1536, 1024)])
@given(fingerprint=fingerprints)
def test_file_is_small(output_format: Format, limit: int, size: tuple[int, int], fingerprint: bytes) -> None:
    width, height = size
    assert len(draw(fingerprint, width=width, height=height, output_format=output_format)) <= limit


@pytest.mark.parametrize(("output_format", "transparent"), LOOKS)
@given(first=fingerprints, second=fingerprints)
def test_bytes_differ_exactly_if_fingerprints_do(
    output_format: Format, transparent: bool, first: bytes, second: bytes
) -> None:
    images = [
        draw(fingerprint, width=128, height=128, output_format=output_format, transparent=transparent)
        for fingerprint in (first, second)
    ]
    assert (images[0] == images[1]) is (first == second)


@pytest.mark.parametrize(("output_format", "transparent"), LOOKS)
@given(fingerprint=fingerprints)
def test_metadata_has_the_fingerprint(output_format: Format, transparent: bool, fingerprint: bytes) -> None:
    image = draw(fingerprint, width=16, height=16, output_format=output_format, transparent=transparent)
    assert find_mark(image) == fingerprint.hex()


@pytest.mark.parametrize(
    ("output_format", "transparent", "size", "digest"),
    [
        ("png", False, (1024, 1024), "a183e773a6ddccdd269fb956d7429fb3947e0dbb89552b582b52241dab824ff0"),
        ("png", True, (1024, 1536), "cc2899c93231d55af626edc2d122cbc2f19cf976dd6fe36fa3f9ce5d73817a61"),
        ("png", False, (1, 1), "fb6efcf58912404fcf60611679e23bbb239a7c923ee34c5fdf26b6225ac21660"),
        ("webp", False, (1024, 1024), "23270b80ef32eacd65a59ca43837fca1439330c05a5269123d2794e7c6216f87"),
        ("webp", True, (1536, 1024), "3ec54922352d77cb49315892d65fcd071575bbd031d7204e5e6935535caa8c5b"),
        ("webp", False, (1, 1), "9390e0d034bfa66c47451f8a1bfce452d706d42ea8ad592859ce0c2a59ff9c55"),
        ("jpeg", False, (1024, 1024), "8e50aeca6639c08212856cb6e750747b1ede810b1a94a0ed4d638b6d59e702e0"),
        ("jpeg", False, (100, 75), "c4cca78d6413f387cd643baf25a416d61d7a8ef7f4d8cc2f4caffa7d41b1760f"),
    ],
)
def test_bytes_are_the_same_everywhere(
    output_format: Format, transparent: bool, size: tuple[int, int], digest: str
) -> None:
    width, height = size
    image = draw(FINGERPRINT, width=width, height=height, output_format=output_format, transparent=transparent)
    assert hashlib.sha256(image).hexdigest() == digest
