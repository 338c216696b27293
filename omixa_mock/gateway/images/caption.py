"""Caption of an image: what was requested, in letters that a thumbnail still shows."""

from __future__ import annotations

from binascii import a2b_base64
from functools import lru_cache
from typing import Final, NamedTuple

from omixa_mock.gateway.common import legible

from .glyphs import ADVANCE, BASE64_PADDING, LINE_HEIGHT, row_tables
from .panel import CELL_DOTS, Panel

__all__ = ["MARGIN_ABOVE", "Caption", "count_lines", "draw_caption", "wrap"]

# The least distance of a glyph from the panel's left and right edges, in dots of glyphs.
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
    right = (panel.columns + 1) * CELL_DOTS // panel.scale - _MARGIN
    # The blank dot behind the last glyph may be in the margin.
    width = (right + 1) // ADVANCE - _indent(panel)
    height = count_lines(panel)
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
    size = -(-columns // panel.scale)
    digits = -(-size * CELL_DOTS // ADVANCE)
    text = (b" " * _indent(panel) + line.encode("ascii")).ljust(digits).ljust(-(-size // 3) * 4, BASE64_PADDING)
    rows = [a2b_base64(text.translate(table)) for table in row_tables()]
    if panel.scale > 1:
        rows = [b"".join(map(_wide(panel.scale).__getitem__, row))[:columns] for row in rows]
    return b"".join(rows).ljust(LINE_HEIGHT * columns, b"\0")


def count_lines(panel: Panel) -> int:
    """Return the number of lines for which a panel has room."""
    return (panel.lines_of_dots - MARGIN_ABOVE) // LINE_HEIGHT


def _indent(panel: Panel) -> int:
    """Return the number of characters that are free to the left of a line, the image's first cell included."""
    return -(-(CELL_DOTS // panel.scale + _MARGIN) // ADVANCE)


@lru_cache(maxsize=4)
def _wide(scale: int) -> tuple[bytes, ...]:
    """Return for each byte of eight dots the bytes in which each dot is so many dots wide."""
    wide = ("".join(bit * scale for bit in f"{byte:08b}") for byte in range(256))
    return tuple(int(bits, 2).to_bytes(scale, "big") for bits in wide)


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
