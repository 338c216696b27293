"""Stencil: a byte stream precomputed for all marks.

The streams of all images of one size differ only in a bit or two for each cell, and in a
few bytes that contain the mark. The stream is therefore computed once for each size. It
contains few distinct bytes, the letters, and its layout is the index of the letter at
each position. Each digit of the mark adds to a letter independently of the other digits.
To draw an image is to compute the letters, as a sum of 32 numbers, one for each digit of
the mark, and to translate the layout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import getitem
from typing import Final, NamedTuple, TypeAlias

from msgspec import Struct

from .bits import Code, joined
from .mark import MARK_BITS

__all__ = ["Byte", "Choice", "Stencil", "cut_stencil", "plain"]

# A mark's hexadecimal digits to their values.
_DIGITS: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
_DIGIT_BITS: Final = 4
_DIGITS_IN_MARK: Final = MARK_BITS // _DIGIT_BITS
_DIGIT_VALUES: Final = range(1 << _DIGIT_BITS)
# For each bit of a digit, most significant first: the bit of each value.
_HAS: Final = [[value >> place & 1 for value in _DIGIT_VALUES] for place in reversed(range(_DIGIT_BITS))]
_SUM_BYTES: Final = 16
# The size of the table of `bytes.translate`.
_CASE: Final = 256
_NOTHING: Final = (0,) * MARK_BITS

_Changes: TypeAlias = tuple[tuple[int, tuple[int, ...]], ...]
"""The digits of the mark that change a byte, with the increment of each of the 16 values."""


class Byte(NamedTuple):
    """A byte of a stream for a mark of zeros, and the changes by its digits."""

    least: int
    changes: _Changes = ()


class Choice(NamedTuple):
    """A cell of a stream: one of two codes of the same size."""

    cell: int
    paper: Code
    ink: Code


class Stencil(Struct, frozen=True, eq=False):
    """A stream and a sum that depend on a mark.

    Attributes:
        paper: The sum and the letters for a mark of zeros, as one number: 256 bytes for each layout, after the sum.
        inks: For each hexadecimal digit of the mark, the increment of each of its 16 values.
        layouts: The stream in pieces, with each byte as an index into 256 letters.
        size: The size of the stream without its head, in bits.
    """

    paper: int
    inks: tuple[tuple[int, ...], ...]
    layouts: tuple[bytes, ...]
    size: int

    def filled(self, mark: bytes) -> tuple[bytes, int]:
        """Return the stream for a mark, and the sum."""
        # The paper last, as it is the longest number.
        number = sum(map(getitem, self.inks, mark.translate(_DIGITS))) + self.paper
        cast = number.to_bytes(_SUM_BYTES + _CASE * len(self.layouts), "little")
        if len(self.layouts) == 1:  # all but large images
            stream = self.layouts[0].translate(cast[_SUM_BYTES:])
        else:
            begins = range(_SUM_BYTES, len(cast), _CASE)
            pieces = zip(begins, self.layouts, strict=True)
            stream = b"".join([layout.translate(cast[begin : begin + _CASE]) for begin, layout in pieces])
        return stream, int.from_bytes(cast[:_SUM_BYTES], "little")


def plain(text: bytes) -> list[Byte]:
    """Return bytes that do not depend on the mark."""
    return [Byte(value) for value in text]


def cut_stencil(
    stream: Iterable[Code | Choice],
    head: Iterable[Byte] = (),
    sum_paper: int = 0,
    sum_inks: Sequence[int] = _NOTHING,
) -> Stencil:
    """Return the stencil for a stream, least significant bit first.

    Args:
        stream: Codes, and cells that are coloured by one bit of the mark.
        head: The bytes before the stream.
        sum_paper: The sum for a mark of zeros; it has less than 128 bits for any mark.
        sum_inks: The increment of each of the 128 bits.
    """
    papers: list[Code] = []
    changes: defaultdict[int, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    size = 0
    for item in stream:
        code = item.paper if isinstance(item, Choice) else item
        if isinstance(item, Choice):
            for place, added in _changed_bytes(item, size):
                changes[place].append(_by_bit(item.cell % MARK_BITS, added))
        papers.append(code)
        size += code.size
    data = joined(papers).bits.to_bytes(-(-size // 8), "little")
    body = (Byte(byte, tuple(changes[place])) if place in changes else Byte(byte) for place, byte in enumerate(data))
    return _lay_out(chain(head, body), size, sum_paper, sum_inks)


def _by_bit(bit: int, added: int) -> tuple[int, tuple[int, ...]]:
    """Return a bit's digit, and the increment of each value of that digit."""
    digit, place = divmod(bit, _DIGIT_BITS)
    return digit, tuple(added * has for has in _HAS[place])


def _changed_bytes(choice: Choice, position: int) -> Iterator[tuple[int, int]]:
    """Yield the positions of the bytes that the ink of a cell changes, with the increments."""
    first, shift = divmod(position, 8)
    size = -(-(shift + choice.paper.size) // 8)
    paper, ink = ((code.bits << shift).to_bytes(size, "little") for code in (choice.paper, choice.ink))
    added = (there - here for here, there in zip(paper, ink, strict=True))
    return ((place, increment) for place, increment in enumerate(added, first) if increment)


def _lay_out(letters: Iterable[Byte], size: int, paper: int, sum_inks: Sequence[int]) -> Stencil:
    """Return the stencil for a sequence of letters, given the sum."""
    inks = [[0 for _ in _DIGIT_VALUES] for _ in range(_DIGITS_IN_MARK)]

    def add(changes: Iterable[tuple[int, tuple[int, ...]]], shift: int) -> None:
        for digit, values in changes:
            inks[digit] = [ink + (added << shift) for ink, added in zip(inks[digit], values, strict=True)]

    add((_by_bit(bit, added) for bit, added in enumerate(sum_inks)), 0)
    layouts: list[bytes] = []
    for case, layout in _cases(letters):
        begin = 8 * (_SUM_BYTES + _CASE * len(layouts))
        for shift, letter in enumerate(case):
            paper += letter.least << begin + 8 * shift
            add(letter.changes, begin + 8 * shift)
        layouts.append(layout)
    return Stencil(paper, tuple(map(tuple, inks)), tuple(layouts), size)


def _cases(letters: Iterable[Byte]) -> Iterator[tuple[list[Byte], bytes]]:
    """Yield pieces of at most 256 distinct letters: the letters, and the index of each byte."""
    case: dict[Byte, int] = {}
    layout = bytearray()
    for letter in letters:
        if letter not in case and len(case) == _CASE:
            yield _sorted(case, layout)
            case, layout = {}, bytearray()
        layout.append(case.setdefault(letter, len(case)))
    yield _sorted(case, layout)


def _sorted(case: Mapping[Byte, int], layout: bytearray) -> tuple[list[Byte], bytes]:
    """Return the letters with the constant ones last, so that the increments are short numbers."""
    ordered = sorted(case, key=lambda letter: not letter.changes)
    places = bytearray(_CASE)
    for place, letter in enumerate(ordered):
        places[case[letter]] = place
    return ordered, bytes(layout.translate(places))
