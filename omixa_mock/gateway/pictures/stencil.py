"""Bit streams that are ready but for the colours of the cells.

All pictures of one size are one stream but for a bit or two in each cell. So
the stream is laid out once for each size, as an integer; what a digit of the
mark changes is an integer too, and drawing a picture is a sum of 32.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from operator import getitem
from typing import Final, NamedTuple

from msgspec import Struct

from .bits import Code, joined
from .mark import MARK_BITS

__all__ = ["Choice", "Stencil", "cut_stencil", "make_stencil"]


class Choice(NamedTuple):
    """A cell in a stream: one of two codes of the same size."""

    cell: int
    paper: Code
    ink: Code


# A mark's hexadecimal digits, as ASCII, to their values.
_DIGITS: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class Stencil(Struct, frozen=True):
    """A number that depends on the bits of a mark.

    Attributes:
        paper: the number if no bit is set.
        inks: for each hexadecimal digit of a mark, what each of its 16 values adds.
    """

    paper: int
    inks: tuple[tuple[int, ...], ...]

    def filled(self, mark: bytes) -> int:
        """The number for a mark."""
        return sum(map(getitem, self.inks, mark.hex().encode().translate(_DIGITS)), self.paper)

    def below(self, other: Stencil, size: int) -> Stencil:
        """Both numbers as one: this one takes the lowest `size` bits."""
        inks = (
            tuple(low + (high << size) for low, high in zip(*digits, strict=True))
            for digits in zip(self.inks, other.inks, strict=True)
        )
        return Stencil(self.paper + (other.paper << size), tuple(inks))


def make_stencil(paper: int, inks: Sequence[int]) -> Stencil:
    """A stencil, given what each of the 128 bits adds when it is set."""
    digits = (inks[first : first + 4] for first in range(0, MARK_BITS, 4))
    return Stencil(paper, tuple(tuple(map(sum, product(*((0, ink) for ink in digit)))) for digit in digits))


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
    return make_stencil(joined(papers).bits, inks), size
