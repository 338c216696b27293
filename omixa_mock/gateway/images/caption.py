"""Caption of an image: what was requested, in letters that a thumbnail still shows."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import lshift
from typing import Final, NamedTuple

from omixa_mock.gateway.common import legible

from .glyphs import ADVANCE, GLYPH_HEIGHT, GLYPH_WIDTH, LINE_HEIGHT, glyphs
from .panel import CELL_DOTS, Panel

__all__ = ["Caption", "draw_caption", "wrap"]

_MARGIN: Final = 4
_TOP: Final = 3
_ELLIPSIS: Final = "..."


class Caption(NamedTuple):
    """Text of an image.

    Attributes:
        prompt: The prompt; what does not fit is cut.
        details: The other facts of the request, each in a few words.
    """

    prompt: str
    details: tuple[str, ...]


def draw_caption(caption: Caption, columns: int, panel: Panel) -> int:
    """Return the dots of a panel's rows as a number, the last dot as the least significant bit: prompt, then details.

    Args:
        caption: The text.
        columns: The width of the whole image, in cells.
        panel: The panel.
    """
    width = (panel.columns * CELL_DOTS // panel.scale - 2 * _MARGIN + 1) // ADVANCE
    height = (panel.lines_of_dots - _TOP) // LINE_HEIGHT
    below = _wrap_details(caption.details, width, height - 1)
    above = wrap(legible(caption.prompt), width, height - len(below))
    dots = _draw(below, height - len(below), columns, panel)
    for number, line in enumerate(above):
        dots |= _draw((line,), number, columns, panel)
    return dots


@lru_cache(maxsize=256)
def _draw(lines: tuple[str, ...], number: int, columns: int, panel: Panel) -> int:
    """Return the dots of lines; `number` is the first one's. Cached: prompts often begin alike."""
    pitch = columns * CELL_DOTS
    shapes = glyphs(pitch, panel.scale)
    advance = ADVANCE * panel.scale
    # The last dot of a line's first glyph: in the last row of the line.
    first = pitch - CELL_DOTS - (_MARGIN + GLYPH_WIDTH) * panel.scale
    dots = 0
    for place, line in enumerate(lines, number):
        below = panel.lines_of_dots - _TOP - place * LINE_HEIGHT - GLYPH_HEIGHT
        dots |= sum(map(lshift, map(shapes.__getitem__, line), range(first, 0, -advance))) << below * pitch
    return dots


@lru_cache(maxsize=256)
def _wrap_details(details: tuple[str, ...], width: int, height: int) -> tuple[str, ...]:
    return tuple(wrap(", ".join(details), width, height))


def wrap(text: str, width: int, height: int) -> list[str]:
    """Return at most `height` lines of at most `width` characters; text that is cut ends with an ellipsis."""
    # More would be looked at in vain.
    end = (width + 1) * (height + 1)
    lines = _line(width).findall(text[:end])
    if lines and (len(lines) > height or len(text) > end):
        last = min(height, len(lines)) - 1
        lines[last:] = [lines[last][: width - len(_ELLIPSIS)] + _ELLIPSIS]
    return lines


@lru_cache(maxsize=8)
def _line(width: int) -> re.Pattern[str]:
    """Return the pattern of a line: whole words, as many as fit, or the beginning of a word that is longer."""
    return re.compile(rf"\S(?:.{{0,{width - 2}}}\S)?(?!\S)|\S{{{width}}}")
