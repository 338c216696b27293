"""Images of all formats, decoded with Pillow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from omixa_mock.gateway.images import Caption, draw, find_mark

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

JPEG_TOLERANCE = 2


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
    painted = expected(fingerprint, width, height, transparent=False).convert("RGB")
    assert max(ImageChops.difference(shown, painted).tobytes()) <= JPEG_TOLERANCE


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


@pytest.mark.parametrize(("output_format", "limit"), [("png", 2400), ("webp", 1200), ("jpeg", 16 * 1024)])
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
        ("png", False, (1024, 1024), "9b9589e1a38934c1401321c7ef8b157fc06704b5de99a16f5504d36e9e15664e"),
        ("png", True, (1024, 1536), "9fea9eea79006df6ff8db1179671b7220978ee91810d5e8ed6fd0ccd38947c34"),
        ("png", False, (1, 1), "e655744324bb4c4e25d048903d394596f5c34e9441e7da6ec15f22f4eba37ef7"),
        ("webp", False, (1024, 1024), "7f9b7e1859da81ce530079fb848d452282ff05b58a5cc5ed6e4a71c5a88ef5a4"),
        ("webp", True, (1536, 1024), "e4da4b35ea3993a117f7c37e0111ced816cfd8e127c27f8f9be155da7d15b6e8"),
        ("webp", False, (1, 1), "5acf9a1ce7688a7a283e279891916c8167bfbf40eaf3e4685ea065e13e859a33"),
        ("jpeg", False, (1024, 1024), "5ce73b1b589e1d8479ec0b507480c8877ddfa01e8a09a0c0ea8512deae5d2240"),
        ("jpeg", False, (100, 75), "3e74a5b28bcfda752093a9fb807b08edac3f29dcc08597691751675692a38a35"),
    ],
)
def test_bytes_are_the_same_everywhere(
    output_format: Format, transparent: bool, size: tuple[int, int], digest: str
) -> None:
    width, height = size
    caption = Caption("a cat on a skateboard, à 猫", ("edit of 1 image", "1024x1024", "high", "png"))
    image = draw(
        FINGERPRINT, width=width, height=height, output_format=output_format, transparent=transparent, caption=caption
    )
    assert hashlib.sha256(image).hexdigest() == digest
