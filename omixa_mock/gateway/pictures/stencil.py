"""Bit streams that are ready but for the colours of the cells.

All pictures of one size are one stream but for a bit or two in each cell. So
the stream is laid out once for each size, as an integer; what a digit of the
mark changes is an integer too, and drawing a picture is a sum of 32. The mark
comes again after 128 cells. Where that is a number of whole rows, as in
1024x1024, it comes in the same pattern, which is summed once and put in all its places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


class Pattern(Struct, frozen=True, eq=False):
    """What a mark adds to a number, in one place or in several.

    Attributes:
        inks: for each hexadecimal digit of the mark, what each of its 16 values adds.
        places: how many bits lie below it, in each place.
    """

    inks: tuple[tuple[int, ...], ...]
    places: tuple[int, ...]


class Stencil(Struct, frozen=True, eq=False):
    """A number that depends on the bits of a mark.

    Attributes:
        paper: the number if no bit is set.
        patterns: what the mark adds to it.
    """

    paper: int
    patterns: tuple[Pattern, ...]

    def filled(self, mark: bytes) -> int:
        """The number for a mark."""
        number, digits = self.paper, mark.hex().encode().translate(_DIGITS)
        for pattern in self.patterns:
            drawn = sum(map(getitem, pattern.inks, digits))
            for place in pattern.places:
                number += drawn << place
        return number


def make_stencil(paper: int, inks: Mapping[int, Sequence[int]]) -> Stencil:
    """A stencil, given for each place what each of the 128 bits adds there when it is set."""
    places: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, added in inks.items():
        places[tuple(added)].append(place)
    return Stencil(paper, tuple(Pattern(_by_digit(added), tuple(found)) for added, found in places.items()))


def _by_digit(inks: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """What each value of each digit adds, given what each bit adds."""
    digits = (inks[first : first + 4] for first in range(0, MARK_BITS, 4))
    return tuple(tuple(map(sum, product(*((0, ink) for ink in digit)))) for digit in digits)


def cut_stencil(stream: Iterable[Code | Choice]) -> tuple[Stencil, int]:
    """The stencil for a stream, least significant bit first, and the stream's size in bits."""
    papers: list[Code] = []
    inks: dict[int, list[int]] = {}
    rounds: dict[int, int] = {}
    size = 0
    for item in stream:
        code = item.paper if isinstance(item, Choice) else item
        if isinstance(item, Choice):
            place = rounds.setdefault(item.cell // MARK_BITS, size)
            added = item.ink.bits - code.bits << size - place
            inks.setdefault(place, [0] * MARK_BITS)[item.cell % MARK_BITS] += added
        papers.append(code)
        size += code.size
    return make_stencil(joined(papers).bits, inks), size
