"""Padding of files to a weight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from PIL import Image

from omixa_mock.gateway.images import draw, find_mark

Format = Literal["png", "jpeg", "webp"]

FINGERPRINT = b"fingerprint!"
FORMATS: list[Format] = ["png", "jpeg", "webp"]
NATURAL = {
    output_format: len(draw(FINGERPRINT, width=256, height=192, output_format=output_format))
    for output_format in FORMATS
}


def drawn(output_format: Format, weight: int) -> bytes:
    """Draw an image of a weight."""
    return draw(FINGERPRINT, width=256, height=192, output_format=output_format, weight=weight)


@pytest.mark.parametrize("weight", [5_000, 65_536, 131_074, 131_076, 200_000, 1_500_000])
@pytest.mark.parametrize("output_format", FORMATS)
def test_weight_is_exact(output_format: Format, weight: int) -> None:
    assert len(drawn(output_format, weight)) == weight


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("excess", [0, 1, 50])
def test_weight_of_no_more_than_the_natural_size_adds_nothing(output_format: Format, excess: int) -> None:
    natural = NATURAL[output_format]
    assert len(drawn(output_format, natural - excess)) == natural


@pytest.mark.parametrize(
    ("output_format", "missing", "added"),
    [
        ("png", 1, 12),
        ("png", 12, 12),
        ("png", 13, 13),
        ("jpeg", 1, 4),
        ("jpeg", 4, 4),
        ("jpeg", 5, 5),
        ("jpeg", 65_537, 65_537),
        ("jpeg", 65_538, 65_538),
        ("webp", 1, 2),
        ("webp", 2, 2),
        ("webp", 3, 4),
    ],
)
def test_weight_is_rounded_up_by_the_least_possible(output_format: Format, missing: int, added: int) -> None:
    natural = NATURAL[output_format]
    assert len(drawn(output_format, natural + missing)) == natural + added


@pytest.mark.parametrize("weight", [2_000, 70_000, 1_000_000])
@pytest.mark.parametrize("output_format", FORMATS)
def test_weight_does_not_change_the_pixels(
    output_format: Format, weight: int, decoded: Callable[[bytes], Image.Image]
) -> None:
    padded, unpadded = (decoded(drawn(output_format, size)).convert("RGB") for size in (weight, 0))
    assert padded.tobytes() == unpadded.tobytes()


@pytest.mark.parametrize("output_format", FORMATS)
def test_weight_does_not_change_the_mark(output_format: Format) -> None:
    assert find_mark(drawn(output_format, 70_000)) == FINGERPRINT.hex()
