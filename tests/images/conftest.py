"""Fixtures of the image tests: decoding with Pillow, and the expected image."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from omixa_mock.gateway.images.mosaic import CELL, mosaic_of


def _decoded(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def _expected(fingerprint: bytes, width: int, height: int, *, transparent: bool) -> Image.Image:
    mosaic = mosaic_of(fingerprint, width, height, transparent=transparent)
    cells = Image.new("RGBA", (mosaic.columns, mosaic.rows))
    for row in range(mosaic.rows):
        for column, is_ink in enumerate(mosaic.row(row)):
            cells.putpixel((column, row), tuple(mosaic.ink if is_ink else mosaic.paper))
    whole = cells.resize((mosaic.columns * CELL, mosaic.rows * CELL), Image.Resampling.NEAREST)
    return whole.crop((0, 0, width, height))


@pytest.fixture(scope="session")
def decoded() -> Callable[[bytes], Image.Image]:
    """Return a function that decodes the bytes of an image file."""
    return _decoded


@pytest.fixture(scope="session")
def expected() -> Callable[..., Image.Image]:
    """Return a function that paints a mosaic cell by cell, as RGBA."""
    return _expected
