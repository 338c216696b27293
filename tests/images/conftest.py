"""Fixtures of the image tests: decoding with Pillow, and the expected image."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from omixa_mock.gateway.images.bitmap import bitmap_of
from omixa_mock.gateway.images.mark import mark_bits
from omixa_mock.gateway.images.panel import CELL


def _decoded(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def _expected(fingerprint: bytes, width: int, height: int, *, transparent: bool) -> Image.Image:
    bitmap = bitmap_of(fingerprint, width, height, transparent=transparent)
    ink = (*bitmap.ink.rgb, 0xFF)
    paper = (0, 0, 0, 0) if transparent else (*bitmap.paper.rgb, 0xFF)
    columns, rows = -(-width // CELL), -(-height // CELL)
    bits = mark_bits(bitmap.mark)
    cells = Image.new("RGBA", (columns, rows))
    cells.putdata([ink if bits[cell % len(bits)] else paper for cell in range(columns * rows)])
    whole = cells.resize((columns * CELL, rows * CELL), Image.Resampling.NEAREST)
    return whole.crop((0, 0, width, height))


@pytest.fixture(scope="session")
def decoded() -> Callable[[bytes], Image.Image]:
    """Return a function that decodes the bytes of an image file."""
    return _decoded


@pytest.fixture(scope="session")
def expected() -> Callable[..., Image.Image]:
    """Return a function that paints a mosaic cell by cell, as RGBA."""
    return _expected
