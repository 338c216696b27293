"""Streams that are ready but for what depends on the mark.

All images of one size are one stream but for a bit or two in each cell, and a few
bytes that show the mark in another way. So the stream is laid out once for each size,
as if it were to be printed: few different bytes occur in it, the letters, and the layout
says which of them stands where. What a letter owes to the mark, it owes to each of its
digits by itself. So drawing an image is to cast the letters, a sum of 32 numbers, one for
each digit of the mark, and to put them in their places.
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
# For each bit of a digit, the first one the most significant: whether a value has it.
_HAS: Final = [[value >> place & 1 for value in _DIGIT_VALUES] for place in reversed(range(_DIGIT_BITS))]
_SUM_BYTES: Final = 16
# As many as `bytes.translate` tells apart.
_CASE: Final = 256
_NOTHING: Final = (0,) * MARK_BITS

_Changes: TypeAlias = tuple[tuple[int, tuple[int, ...]], ...]
"""Which digits of the mark change a byte, and what each of the 16 values adds to it."""


class Byte(NamedTuple):
    """A byte of a stream if all digits of the mark are zero, and what changes it."""

    least: int
    changes: _Changes = ()


class Choice(NamedTuple):
    """A cell in a stream: one of two codes of the same size."""

    cell: int
    paper: Code
    ink: Code


class Stencil(Struct, frozen=True, eq=False):
    """A stream that depends on a mark, and a number that does.

    Attributes:
        paper: the letters if all digits are zero, as one number: 256 bytes for each layout, after those of the sum.
        inks: for each hexadecimal digit of the mark, what each of its 16 values adds to it.
        layouts: the stream, piece by piece, with each byte's place in its 256 letters.
        size: of the stream without its head, in bits.
    """

    paper: int
    inks: tuple[tuple[int, ...], ...]
    layouts: tuple[bytes, ...]
    size: int

    def filled(self, mark: bytes) -> tuple[bytes, int]:
        """The stream for a mark, and the sum."""
        # The paper at the end: it is the longest.
        number = sum(map(getitem, self.inks, mark.translate(_DIGITS))) + self.paper
        cast = number.to_bytes(_SUM_BYTES + _CASE * len(self.layouts), "little")
        if len(self.layouts) == 1:  # as all but large images have
            stream = self.layouts[0].translate(cast[_SUM_BYTES:])
        else:
            begins = range(_SUM_BYTES, len(cast), _CASE)
            pieces = zip(begins, self.layouts, strict=True)
            stream = b"".join([layout.translate(cast[begin : begin + _CASE]) for begin, layout in pieces])
        return stream, int.from_bytes(cast[:_SUM_BYTES], "little")


def plain(text: bytes) -> list[Byte]:
    """Bytes that do not depend on the mark."""
    return [Byte(value) for value in text]


def cut_stencil(
    stream: Iterable[Code | Choice],
    head: Iterable[Byte] = (),
    sum_paper: int = 0,
    sum_inks: Sequence[int] = _NOTHING,
) -> Stencil:
    """The stencil for a stream, least significant bit first.

    Args:
        stream: codes, and cells that one bit of the mark colours.
        head: what stands before them.
        sum_paper: the sum if no bit of the mark is set; it has less than 128 bits, whatever the mark.
        sum_inks: what each of the 128 bits adds to it.
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
    """What a bit of the mark adds, as what its digit does."""
    digit, place = divmod(bit, _DIGIT_BITS)
    return digit, tuple(added * has for has in _HAS[place])


def _changed_bytes(choice: Choice, position: int) -> Iterator[tuple[int, int]]:
    """Which bytes of a stream the ink of a cell changes, and what it adds to each of them."""
    first, shift = divmod(position, 8)
    size = -(-(shift + choice.paper.size) // 8)
    paper, ink = ((code.bits << shift).to_bytes(size, "little") for code in (choice.paper, choice.ink))
    added = (there - here for here, there in zip(paper, ink, strict=True))
    return ((place, each) for place, each in enumerate(added, first) if each)


def _lay_out(letters: Iterable[Byte], size: int, paper: int, sum_inks: Sequence[int]) -> Stencil:
    """The stencil for letters one after another, given the sum."""
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
    """Letters in pieces of no more than 256 different ones: which these are, and the place of each among them."""
    case: dict[Byte, int] = {}
    layout = bytearray()
    for letter in letters:
        if letter not in case and len(case) == _CASE:
            yield _sorted(case, layout)
            case, layout = {}, bytearray()
        layout.append(case.setdefault(letter, len(case)))
    yield _sorted(case, layout)


def _sorted(case: Mapping[Byte, int], layout: bytearray) -> tuple[list[Byte], bytes]:
    """The same with what no digit changes behind all else, so that what the digits add is short."""
    ordered = sorted(case, key=lambda letter: not letter.changes)
    places = bytearray(_CASE)
    for place, letter in enumerate(ordered):
        places[case[letter]] = place
    return ordered, bytes(layout.translate(places))
