"""Caption of an image: what was requested, in letters that a thumbnail still shows."""

from __future__ import annotations

from functools import lru_cache
from operator import lshift
from typing import Final, NamedTuple

from omixa_mock.gateway.common import legible

from .glyphs import ADVANCE, GLYPH_WIDTH, LINE_HEIGHT, glyphs
from .panel import CELL_DOTS, Panel

__all__ = ["MARGIN_ABOVE", "Caption", "draw_caption", "wrap"]

_MARGIN: Final = 4
MARGIN_ABOVE: Final = 3
"""Blank rows of dots above the first line of a panel."""

_ELLIPSIS: Final = "..."


class Caption(NamedTuple):
    """Text of an image.

    Attributes:
        prompt: The prompt; what does not fit is cut.
        details: The other facts of the request, each in a few words.
    """

    prompt: str
    details: tuple[str, ...]


def draw_caption(caption: Caption, columns: int, panel: Panel) -> tuple[bytes, ...]:
    """Return the rows of dots of each line in a panel, one bit for each dot: prompt, blank lines, details.

    Args:
        caption: The text.
        columns: The width of the whole image in cells, and of a row in bytes. The first and the last byte are blank.
        panel: The panel.
    """
    width = (panel.columns * CELL_DOTS // panel.scale - 2 * _MARGIN + 1) // ADVANCE
    height = (panel.lines_of_dots - MARGIN_ABOVE) // LINE_HEIGHT
    below = _draw_details(caption.details, width, height - 1, columns, panel)
    above = wrap(legible(caption.prompt), width, height - len(below))
    between = height - len(above) - len(below)
    return (*[_draw(line, columns, panel) for line in above], *[bytes(LINE_HEIGHT * columns)] * between, *below)


@lru_cache(maxsize=256)
def _draw_details(details: tuple[str, ...], width: int, height: int, columns: int, panel: Panel) -> tuple[bytes, ...]:
    return tuple(_draw(line, columns, panel) for line in wrap(", ".join(details), width, height))


@lru_cache(maxsize=256)
def _draw(line: str, columns: int, panel: Panel) -> bytes:
    """Return the rows of dots of a line. Cached: prompts often begin alike, and details are mostly the same."""
    pitch = columns * CELL_DOTS
    shapes = glyphs(pitch, panel.scale)
    # The last dot of the first glyph: in the last row of glyphs, above the blank row between two lines.
    first = 2 * pitch - CELL_DOTS - (_MARGIN + GLYPH_WIDTH) * panel.scale
    dots: int = sum(map(lshift, map(shapes.__getitem__, line), range(first, 0, -ADVANCE * panel.scale)))
    return dots.to_bytes(LINE_HEIGHT * columns, "big")


def wrap(text: str, width: int, height: int) -> list[str]:
    """Return at most `height` lines of at most `width` characters; text that is cut ends with an ellipsis.

    Args:
        text: Words with one space between two of them. A word that is longer than a line is divided.
        width: The maximum length of a line.
        height: The maximum number of lines.
    """
    lines: list[str] = []
    begin, size = 0, len(text)
    while begin < size and len(lines) < height:
        end = begin + width
        space = text.rfind(" ", begin, end + 1) if end < size else -1
        lines.append(text[begin : end if space < 0 else space])
        begin = end if space < 0 else space + 1
    if lines and begin < size:
        lines[-1] = lines[-1][: width - len(_ELLIPSIS)] + _ELLIPSIS
    return lines
