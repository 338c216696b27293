"""The table of fields among a page's tables, known by its shape: names, types, and words for required."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .cells import is_nothing, read_accepted, read_type
from .markup import Rows
from .words import ANY, DEFAULT, NO, VALUES, YES, plain

__all__ = ["Field", "read_fields"]

NAME: Final = re.compile(r"[`*\s]*([A-Za-z_$][\w$.\[\]-]*)[`*\s]*")
# What makes a column one of its kind, as a share of its cells.
MOST: Final = 0.5


@dataclass(frozen=True, slots=True)
class Field:
    """A row of the table, as the page has it. What the table has no column for is None.

    Attributes:
        name: The field's name.
        type: The word for its type.
        required: The word for whether it has to be there.
        accepted: Its list of values, or limits.
        default: What the column of defaults says.
        prose: What else the row says.
    """

    name: str
    type: str | None = None
    required: str | None = None
    accepted: str | None = None
    default: str | None = None
    prose: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what."""

    name: int
    type: int | None
    required: int | None
    accepted: int | None
    default: int | None

    def cell(self, row: Sequence[str], column: int | None) -> str | None:
        """A row's cell in a column; None where there is no such column, empty where the row is too short."""
        return None if column is None else row[column] if column < len(row) else ""


def read_fields(rows: Rows) -> tuple[Field, ...]:
    """The fields of a table; none if it is no table of fields."""
    full = [row for row in rows if sum(bool(cell) for cell in row) > 1]
    columns = find_columns(full) if len(full) > 1 else None
    if columns is None:
        return ()
    heading = full[0] if read_type(columns.cell(full[0], columns.type) or "") is None else None
    found = [read_field(row, columns) for row in full if row != heading and is_field(row, columns)]
    return tuple(found)


def find_columns(rows: Rows) -> Columns | None:
    """Which column is what: by what stands in it, and only where that is not enough, by its heading."""
    width = max(map(len, rows), default=0)
    cells = [[row[at] for row in rows if at < len(row)] for at in range(width)]
    kind = best(cells, lambda cell: read_type(cell) is not None, range(width))
    needed = best(cells, is_required_word, without(width, kind))
    name = next((at for at in without(width, kind, needed) if share(cells[at], is_name) >= MOST), None)
    if name is None or (kind is None and needed is None):
        return None
    rest = without(width, kind, needed, name)
    default = next((at for at in rest if plain(cells[at][0]) in DEFAULT), None)
    return Columns(name, kind, needed, find_accepted(cells, without(width, kind, needed, name, default)), default)


def find_accepted(cells: Sequence[Sequence[str]], rest: Sequence[int]) -> int | None:
    """The column of accepted values: by its heading, or else the one with the most lists and limits."""
    for at in rest:
        if plain(cells[at][0]) in VALUES:
            return at
    scores = {at: sum(map(weight, cells[at])) for at in rest}
    top = max(scores, key=lambda at: scores[at], default=None)
    return top if top is not None and scores[top] > 0 else None


def weight(cell: str) -> int:
    """How much a cell looks as if it said what is accepted; prose never does, though there be a number in it."""
    accepted = read_accepted(cell)
    if len(cell) > 40 and not accepted.values:
        return 0
    return 2 if len(accepted.values) > 1 else int(not accepted.is_any or plain(cell) in ANY)


def without(width: int, *taken: int | None) -> list[int]:
    """The columns that are not taken yet."""
    return [at for at in range(width) if at not in taken]


def best(cells: Sequence[Sequence[str]], test: Callable[[str], bool], among: Iterable[int]) -> int | None:
    """The column with the greatest share of cells that pass, if that is most of them."""
    shares = {at: share(cells[at], test) for at in among}
    top = max(shares, key=lambda at: shares[at], default=None)
    return top if top is not None and shares[top] >= MOST else None


def share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    """The share of cells that pass; a heading does not count against them."""
    return sum(map(test, cells)) / max(1, len(cells) - 1)


def is_required_word(cell: str) -> bool:
    """Whether a cell says yes or no in words; a dash could mean anything."""
    return plain(cell) in YES | NO


def is_name(cell: str) -> bool:
    """Whether a cell could be a field's name, perhaps with a mark beside it."""
    return bool(cell) and NAME.match(cell) is not None and len(cell.split()) <= 3


def is_field(row: Sequence[str], columns: Columns) -> bool:
    """Whether a row is about a field: it has a name, and a type or a required word."""
    kind, needed = columns.cell(row, columns.type), columns.cell(row, columns.required)
    said = read_type(kind or "") is not None or (needed is not None and is_required_word(needed))
    return said and not is_nothing(columns.cell(row, columns.name) or "")


def read_field(row: Sequence[str], columns: Columns) -> Field:
    """A row's field. A required word beside the name or the type counts where no column has it."""
    label = (columns.cell(row, columns.name) or "").replace("\n", " ")
    match = NAME.match(label)
    name, beside = (match[1], label[match.end() :]) if match and not NAME.match(label[match.end() :]) else (label, "")
    if match and plain(label[match.end() :]) in YES | NO:
        name, beside = match[1], label[match.end() :]
    needed = columns.cell(row, columns.required)
    taken = {columns.name, columns.type, columns.required, columns.accepted, columns.default}
    prose = "\n".join(cell for at, cell in enumerate(row) if at not in taken)
    return Field(
        name=name.strip("`* "),
        type=columns.cell(row, columns.type),
        required=needed if needed is not None else plain(beside) if plain(beside) in YES | NO else None,
        accepted=columns.cell(row, columns.accepted),
        default=columns.cell(row, columns.default),
        prose=prose,
    )
