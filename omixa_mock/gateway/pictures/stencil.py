"""Bit streams that are ready but for the colours of the cells.

All pictures of one size are one stream but for a bit or two in each cell. So
the stream is laid out once for each size, as an integer; what a bit of the
mark changes is an integer too, and drawing a picture is a sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from .bits import Code, joined
from .mark import MARK_BITS

__all__ = ["Choice", "Stencil", "cut_stencil"]


class Choice(NamedTuple):
    """A cell in a stream: one of two codes of the same size."""

    cell: int
    paper: Code
    ink: Code


@dataclass(frozen=True, slots=True)
class Stencil:
    """A number that depends on the bits of a mark.

    Attributes:
        paper: the number if no bit is set.
        inks: what each of the 128 bits adds when it is set.
    """

    paper: int
    inks: tuple[int, ...]

    def filled(self, bits: bytes) -> int:
        """The number for the 128 bits of a mark."""
        return sum(compress(self.inks, bits), self.paper)


def cut_stencil(stream: Iterable[Code | Choice]) -> tuple[Stencil, int]:
    """The stencil for a stream, least significant bit first, and the stream's size in bits."""
    papers: list[Code] = []
    inks = [0] * MARK_BITS
    size = 0
    for item in stream:
        code = item.paper if isinstance(item, Choice) else item
        if isinstance(item, Choice):
            inks[item.cell % MARK_BITS] += item.ink.bits - code.bits << size
        papers.append(code)
        size += code.size
    return Stencil(joined(papers).bits, tuple(inks)), size
