"""Bit streams that are ready but for the colours of the cells.

All pictures of one size are one stream but for a bit or two in each cell. So the
stream is laid out once for each size, as if it were to be printed: few different
bytes occur in it, the letters, and the layout says which of them stands where. A
letter in which a cell's bit lies depends on the mark. Drawing a picture is to cast
the letters, a sum of 32 numbers, one for each digit of the mark, and to put them in their places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from operator import getitem
from typing import Final, NamedTuple, TypeAlias

from msgspec import Struct

from .bits import Code, joined
from .mark import MARK_BITS

__all__ = ["Choice", "Stencil", "cut_stencil"]

# A mark's hexadecimal digits to their values.
_DIGITS: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
_DIGIT_BITS: Final = 4
_SUM_BYTES: Final = 16
# As many as `bytes.translate` tells apart.
_CASE: Final = 256
_NOTHING: Final = (0,) * MARK_BITS

_Changes: TypeAlias = tuple[tuple[int, int], ...]
"""Which bits of the mark change a byte, and what each of them adds to it."""
_Letter: TypeAlias = tuple[int, _Changes]
"""A byte if no bit of the mark is set, and what changes it."""


class Choice(NamedTuple):
    """A cell in a stream: one of two codes of the same size."""

    cell: int
    paper: Code
    ink: Code


class Stencil(Struct, frozen=True, eq=False):
    """A bit stream that depends on a mark, and a number that does.

    Attributes:
        paper: the letters if no bit is set, as one number: 256 bytes for each layout, after those of the sum.
        inks: for each hexadecimal digit of the mark, what each of its 16 values adds to it.
        layouts: the stream, piece by piece, with each byte's place in its 256 letters.
        size: of the stream, in bits.
    """

    paper: int
    inks: tuple[tuple[int, ...], ...]
    layouts: tuple[bytes, ...]
    size: int

    def filled(self, mark: bytes) -> tuple[bytes, int]:
        """The stream for a mark, least significant bit first, and the sum."""
        # The paper at the end: it is the longest.
        number = sum(map(getitem, self.inks, mark.translate(_DIGITS))) + self.paper
        cast = number.to_bytes(_SUM_BYTES + _CASE * len(self.layouts), "little")
        if len(self.layouts) == 1:  # as all but large pictures have
            stream = self.layouts[0].translate(cast[_SUM_BYTES:])
        else:
            begins = range(_SUM_BYTES, len(cast), _CASE)
            pieces = zip(begins, self.layouts, strict=True)
            stream = b"".join([layout.translate(cast[begin : begin + _CASE]) for begin, layout in pieces])
        return stream, int.from_bytes(cast[:_SUM_BYTES], "little")


def cut_stencil(stream: Iterable[Code | Choice], sum_paper: int = 0, sum_inks: Sequence[int] = _NOTHING) -> Stencil:
    """The stencil for a stream, least significant bit first.

    Args:
        stream: codes, and cells that one bit of the mark colours.
        sum_paper: the sum if no bit of the mark is set; it has less than 128 bits, whatever the mark.
        sum_inks: what each of the 128 bits adds to it.
    """
    papers: list[Code] = []
    changes: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    size = 0
    for item in stream:
        code = item.paper if isinstance(item, Choice) else item
        if isinstance(item, Choice):
            for place, added in _changed_bytes(item, size):
                changes[place].append((item.cell % MARK_BITS, added))
        papers.append(code)
        size += code.size
    data = joined(papers).bits.to_bytes(-(-size // 8), "little")
    letters = [(byte, tuple(changes[place]) if place in changes else ()) for place, byte in enumerate(data)]
    return _lay_out(letters, size, sum_paper, sum_inks)


def _changed_bytes(choice: Choice, position: int) -> Iterator[tuple[int, int]]:
    """Which bytes of a stream the ink of a cell changes, and what it adds to each of them."""
    first, shift = divmod(position, 8)
    size = -(-(shift + choice.paper.size) // 8)
    paper, ink = ((code.bits << shift).to_bytes(size, "little") for code in (choice.paper, choice.ink))
    added = (there - here for here, there in zip(paper, ink, strict=True))
    return ((place, each) for place, each in enumerate(added, first) if each)


def _lay_out(letters: Iterable[_Letter], size: int, paper: int, inks: Sequence[int]) -> Stencil:
    """The stencil for letters one after another, given the sum."""
    inks = list(inks)
    layouts: list[bytes] = []
    for case, layout in _cases(letters):
        begin = 8 * (_SUM_BYTES + _CASE * len(layouts))
        for place, (byte, changes) in enumerate(case):
            paper += byte << begin + 8 * place
            for bit, added in changes:
                inks[bit] += added << begin + 8 * place
        layouts.append(layout)
    digits = (inks[first : first + _DIGIT_BITS] for first in range(0, MARK_BITS, _DIGIT_BITS))
    return Stencil(paper, tuple(map(_by_value, digits)), tuple(layouts), size)


def _cases(letters: Iterable[_Letter]) -> Iterator[tuple[list[_Letter], bytes]]:
    """Letters in pieces of no more than 256 different ones: which these are, and the place of each among them."""
    case: dict[_Letter, int] = {}
    layout = bytearray()
    for letter in letters:
        if letter not in case and len(case) == _CASE:
            yield _sorted(case, layout)
            case, layout = {}, bytearray()
        layout.append(case.setdefault(letter, len(case)))
    yield _sorted(case, layout)


def _sorted(case: Mapping[_Letter, int], layout: bytearray) -> tuple[list[_Letter], bytes]:
    """The same with what no bit changes behind all else, so that what the bits add is short."""
    ordered = sorted(case, key=lambda letter: not letter[1])
    places = bytearray(_CASE)
    for place, letter in enumerate(ordered):
        places[case[letter]] = place
    return ordered, bytes(layout.translate(places))


def _by_value(inks: Sequence[int]) -> tuple[int, ...]:
    """What each value of a digit adds, given what each of its bits adds."""
    return tuple(map(sum, product(*((0, ink) for ink in inks))))
