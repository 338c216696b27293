"""Identification of images after loss of metadata, recompression or resizing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image

from omixa_mock.gateway.images import Caption, draw, find_mark
from omixa_mock.kit.identify import identify

pytestmark = pytest.mark.acceptance  # hundreds of images through Pillow's codecs

Format = Literal["png", "jpeg", "webp"]

FINGERPRINT = bytes.fromhex("c0ffee00112233445566dead")
SIZES = [(1024, 1024), (1024, 1536), (1536, 1024), (2048, 1152)]
CAPTION = Caption("every letter covers some of the cells, " * 9, ("merge of 3 images", "1024x1024", "high", "jpeg"))
UNEVEN_SIZES = [(1000, 1100), (1025, 1030)]


def drawn(
    size: tuple[int, int] = (1024, 1024),
    output_format: Format = "png",
    *,
    transparent: bool = False,
    caption: Caption | None = CAPTION,
) -> Image.Image:
    """Draw an image, and return it decoded."""
    width, height = size
    data = draw(
        FINGERPRINT, width=width, height=height, output_format=output_format, transparent=transparent, caption=caption
    )
    return Image.open(BytesIO(data))


def saved(image: Image.Image, output_format: str = "PNG", quality: int = 100) -> bytes:
    """Save an image without its metadata, and return the file."""
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    buffer = BytesIO()
    plain.save(buffer, output_format, quality=quality)
    return buffer.getvalue()


def resized(image: Image.Image, shorter: int) -> Image.Image:
    """Return the image, scaled to a length of its shorter side."""
    scale = shorter / min(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def flattened(image: Image.Image, colour: str) -> Image.Image:
    """Return the image on a page of one colour."""
    page = Image.new("RGBA", image.size, colour)
    return Image.alpha_composite(page, image.convert("RGBA")).convert("RGB")


LOSSES: dict[str, Callable[[Image.Image], bytes]] = {
    "metadata": saved,
    "JPEG, quality 60": partial(saved, output_format="JPEG", quality=60),
    "WebP, quality 50": partial(saved, output_format="WEBP", quality=50),
}
SCALES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half": lambda image: resized(image, min(image.size) // 2),
    "256": lambda image: resized(image, 256),
    "700": lambda image: resized(image, 700),
}


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_identify_takes_bytes(kind: Callable[[bytes], bytes]) -> None:
    assert identify(kind(draw(FINGERPRINT, width=1, height=1, output_format="webp"))) == FINGERPRINT.hex()


@pytest.mark.parametrize("kind", [str, Path])
def test_identify_takes_a_path(kind: Callable[[Path], Path], tmp_path: Path) -> None:
    path = tmp_path / "image.jpeg"
    path.write_bytes(draw(FINGERPRINT, width=1, height=1, output_format="jpeg"))
    assert identify(kind(path)) == FINGERPRINT.hex()


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        identify(tmp_path / "none.png")


@pytest.mark.parametrize("data", [b"", b"no image", draw(FINGERPRINT, width=64, height=64, output_format="png")[:40]])
def test_bytes_that_are_no_image_have_no_fingerprint(data: bytes) -> None:
    assert identify(data) is None


@pytest.mark.parametrize("image", [Image.new("RGB", (512, 512), "red"), Image.linear_gradient("L")])
def test_foreign_image_has_no_fingerprint(image: Image.Image) -> None:
    assert identify(saved(image)) is None


def test_fewer_than_128_cells_have_no_fingerprint() -> None:
    assert identify(saved(drawn((576, 576)).convert("RGB"))) is None


def test_saving_anew_strips_the_metadata() -> None:
    assert find_mark(saved(drawn().convert("RGB"))) is None


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", SIZES + UNEVEN_SIZES)
@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_opaque_image_survives(loss: str, size: tuple[int, int], output_format: Format) -> None:
    assert identify(LOSSES[loss](drawn(size, output_format).convert("RGB"))) == FINGERPRINT.hex()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", SIZES + UNEVEN_SIZES)
def test_image_without_caption_survives(loss: str, size: tuple[int, int]) -> None:
    assert identify(LOSSES[loss](drawn(size, caption=None).convert("RGB"))) == FINGERPRINT.hex()


def test_half_the_size_as_jpeg_of_quality_80_survives() -> None:
    half = SCALES["half"](drawn().convert("RGB"))
    assert identify(saved(half, "JPEG", quality=80)) == FINGERPRINT.hex()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("colour", ["white", "black"])
@pytest.mark.parametrize("size", SIZES + UNEVEN_SIZES)
def test_transparent_image_survives_flattening(loss: str, colour: str, size: tuple[int, int]) -> None:
    assert identify(LOSSES[loss](flattened(drawn(size, transparent=True), colour))) == FINGERPRINT.hex()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", SIZES)
def test_image_survives_resizing(loss: str, scale: str, size: tuple[int, int]) -> None:
    assert identify(LOSSES[loss](SCALES[scale](drawn(size).convert("RGB")))) == FINGERPRINT.hex()


@pytest.mark.parametrize("output_format", ["PNG", "WEBP"])
def test_transparent_image_survives_a_new_file(output_format: str) -> None:
    image = saved(drawn(transparent=True).convert("RGBA"), output_format, quality=50)
    assert identify(image) == FINGERPRINT.hex()


def test_transparent_image_survives_resizing_with_its_alpha() -> None:
    assert identify(saved(resized(drawn(transparent=True).convert("RGBA"), 256))) == FINGERPRINT.hex()


def test_metadata_is_read_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert identify(draw(FINGERPRINT, width=1, height=1, output_format="png")) == FINGERPRINT.hex()


def test_missing_pillow_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    image = saved(drawn().convert("RGB"))
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install 'omixa-mock\[pillow\]'"):
        identify(image)


def test_bytes_that_are_no_image_are_none_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert identify(b"no image") is None
