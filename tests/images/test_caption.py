"""Captions: wrapped, folded to ASCII, and legible in the pixels of every format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from omixa_mock.gateway.common import legible
from omixa_mock.gateway.images import Caption, draw
from omixa_mock.gateway.images.caption import wrap
from omixa_mock.gateway.images.glyphs import ADVANCE, GLYPH_HEIGHT, GLYPH_WIDTH, LINE_HEIGHT, glyph
from omixa_mock.gateway.images.panel import CELL, DOT, panel_of

Format = Literal["png", "jpeg", "webp"]
Decode = Callable[[bytes], Image.Image]

FINGERPRINT = bytes.fromhex("00112233445566778899aabb")
LOOKS: list[tuple[Format, bool]] = [("png", False), ("png", True), ("webp", False), ("webp", True), ("jpeg", False)]
SIZES = [(1024, 1024), (1024, 1536), (1536, 1024), (1000, 1100), (4096, 2304), (4096, 4096)]
CAT = Caption("a cat on a skateboard", ("edit of 1 image", "1024x1024", "high", "png", "2 of 3"))
ASCII = "".join(map(chr, range(ord("!"), ord("~") + 1)))
TOP = 3

printable = st.text(st.characters(min_codepoint=ord(" "), max_codepoint=ord("~")), max_size=200)
words = printable.map(lambda text: " ".join(text.split()))


def is_ink(image: Image.Image) -> Callable[[int, int], bool]:
    """Return a function that tells the ink of pixels, which is opaque and darker than the paper."""
    alpha, luma = image.convert("RGBA").getchannel("A"), image.convert("RGB").convert("L")
    return lambda x, y: alpha.getpixel((x, y)) == 0xFF and float(luma.getpixel((x, y))) < 170  # type: ignore[arg-type]


def read_caption(image: Image.Image) -> list[str]:
    """Read the lines of text in the pixels of an image, glyph by glyph."""
    panel = panel_of(-(-image.width // CELL), -(-image.height // CELL))
    assert panel
    ink, dot = is_ink(image), DOT * panel.scale
    # 0 and O are alike: 0 is what is read.
    names = {"".join(glyph(character)): character for character in reversed(" " + ASCII)}

    def read_glyph(x: int, y: int) -> str:
        rows = range(y, y + GLYPH_HEIGHT)
        bits = [
            ink(CELL + (x + column) * dot + dot // 2, panel.top * CELL + row * dot + dot // 2)
            for row in rows
            for column in range(GLYPH_WIDTH)
        ]
        return names["".join(".#"[bit] for bit in bits)]

    # The text begins with a whole number of characters from the image's edge, four dots or more from the panel's.
    edge = CELL // dot
    left = -(-(edge + 4) // ADVANCE) * ADVANCE - edge
    columns = range(left, panel.columns * CELL // dot - GLYPH_WIDTH, ADVANCE)
    lines = range(TOP, panel.lines_of_dots - GLYPH_HEIGHT, LINE_HEIGHT)
    return ["".join(read_glyph(x, y) for x in columns).rstrip() for y in lines]


@pytest.mark.parametrize(("output_format", "transparent"), LOOKS)
def test_caption_is_in_the_pixels(output_format: Format, transparent: bool, decoded: Decode) -> None:
    image = draw(
        FINGERPRINT, width=1024, height=1024, output_format=output_format, transparent=transparent, caption=CAT
    )
    assert read_caption(decoded(image)) == [
        "a cat on a", "skateboard", "", "edit of 1 image,", "1024x1024, high,", "png, 2 of 3"
    ]  # fmt: skip


@pytest.mark.parametrize("output_format", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("size", SIZES)
def test_caption_is_in_every_size(output_format: Format, size: tuple[int, int], decoded: Decode) -> None:
    width, height = size
    image = draw(FINGERPRINT, width=width, height=height, output_format=output_format, caption=CAT)
    text = " ".join(filter(None, read_caption(decoded(image))))
    assert text == "a cat on a skateboard edit of 1 image, 1024x1024, high, png, 2 of 3"


@pytest.mark.parametrize("size", ["1024x1024", "1024x1536", "1536x1024"])
def test_longest_details_fit_beside_a_prompt(size: str, decoded: Decode) -> None:
    width, height = map(int, size.split("x"))
    details = ("merge of 16 images", size, "medium", "webp", "10 of 10")
    image = draw(FINGERPRINT, width=width, height=height, output_format="png", caption=Caption("word " * 99, details))
    text = " ".join(read_caption(decoded(image)))
    assert text.startswith("word word ")
    assert text.endswith(f"... {', '.join(details)}")


def test_every_glyph_is_different() -> None:
    shapes = [glyph(character) for character in ASCII]
    assert {character for character in ASCII if shapes.count(glyph(character)) > 1} == {"0", "O"}


@pytest.mark.parametrize("begin", range(0, len(ASCII), 48))
def test_every_character_is_drawn(begin: int, decoded: Decode) -> None:
    shown = ASCII[begin : begin + 48]
    image = draw(FINGERPRINT, width=1536, height=1024, output_format="png", caption=Caption(shown, ("png",)))
    assert "".join(read_caption(decoded(image))) == shown.replace("O", "0") + "png"


@pytest.mark.parametrize("size", [(512, 512), (576, 1000), (704, 704), (64, 2048), (1, 1)])
@pytest.mark.parametrize(("output_format", "transparent"), LOOKS)
def test_image_without_room_has_no_caption(output_format: Format, transparent: bool, size: tuple[int, int]) -> None:
    width, height = size
    plain, captioned = (
        draw(
            FINGERPRINT,
            width=width,
            height=height,
            output_format=output_format,
            transparent=transparent,
            caption=caption,
        )
        for caption in (None, CAT)
    )
    assert plain == captioned


@pytest.mark.parametrize(("output_format", "limit"), [("png", 6 * 1024), ("webp", 6 * 1024), ("jpeg", 24 * 1024)])
@pytest.mark.parametrize("size", [(1024, 1024), (1024, 1536), (1536, 1024)])
@settings(deadline=None)  # a busy machine needs longer than Hypothesis allows
@given(prompt=printable)
def test_captioned_file_is_small(output_format: Format, limit: int, size: tuple[int, int], prompt: str) -> None:
    width, height = size
    caption = Caption(prompt, CAT.details)
    image = draw(FINGERPRINT, width=width, height=height, output_format=output_format, caption=caption)
    assert len(image) <= limit


@pytest.mark.parametrize(
    ("text", "width", "height", "lines"),
    [
        ("", 10, 3, []),
        ("a cat", 10, 3, ["a cat"]),
        ("a cat on a mat", 6, 3, ["a cat", "on a", "mat"]),
        ("a cat on a mat", 6, 2, ["a cat", "on ..."]),
        ("skateboard", 4, 3, ["skat", "eboa", "rd"]),
        ("a skateboard", 4, 3, ["a", "skat", "e..."]),
        ("a cat on a mat on the floor", 6, 1, ["a c..."]),
    ],
)
def test_text_is_wrapped(text: str, width: int, height: int, lines: list[str]) -> None:
    assert wrap(text, width, height) == lines


@given(text=words, width=st.integers(4, 30), height=st.integers(1, 6))
def test_lines_fit(text: str, width: int, height: int) -> None:
    lines = wrap(text, width, height)
    assert len(lines) <= height
    assert all(0 < len(line) <= width for line in lines)


@given(text=words, width=st.integers(4, 30))
def test_wrapping_loses_only_spaces(text: str, width: int) -> None:
    assert "".join(wrap(text, width, 1000)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\n\tlines ", "two lines"),
        ("Crème brûlée à Łódź", "Creme brulee a Lodz"),
        ("Straße, Æsir, œuvre", "Strasse, AEsir, oeuvre"),
        ("“quoted” – it’s…", '"quoted" - it\'s...'),
        ("e\N{COMBINING ACUTE ACCENT}", "e"),
        ("猫", "[U+732B]"),
        ("a 猫がいる here", "a [U+732B and 3 more] here"),
        ("🐈", "[U+1F408]"),
        ("\ud800", "[U+D800]"),
        ("a\x00b", "a[U+0000]b"),
    ],
)
def test_text_is_shown_in_ascii(text: str, shown: str) -> None:
    assert legible(text) == shown


@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_printable_ascii(text: str) -> None:
    shown = legible(text)
    assert shown.isascii()
    assert shown.isprintable() or not shown
