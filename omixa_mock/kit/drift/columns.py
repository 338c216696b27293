"""Columns of a table of fields, named by the caller or recognised by their cells."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from omixa_mock.gateway.common import hint_at

from .cells import NAME, is_name, is_nothing, is_required_word, read_accepted, read_type
from .markup import Rows
from .vocabulary import ANY, DEFAULT, VALUES, plain

__all__ = ["COLUMNS", "EXAMPLE", "Columns", "find_columns", "find_headings", "parse_columns", "refuse_absent_headings"]

COLUMNS: Final = ("name", "type", "required", "values", "default")
EXAMPLE: Final = "name=Nom,type=Type,required=Requis"
# The minimum share of cells that a column is recognised by.
MOST: Final = 0.5


@dataclass(frozen=True, slots=True)
class Columns:
    """Index of each column; None if the table has no such column.

    Attributes:
        name: The fields' names.
        type: Their types.
        required: Whether they are required.
        values: Their accepted values.
        default: Their defaults.
        unread: Columns that the caller named, and whose words are not in the vocabulary.
    """

    name: int
    type: int | None
    required: int | None
    values: int | None
    default: int | None
    unread: frozenset[int] = frozenset()

    @property
    def known(self) -> frozenset[int | None]:
        """Return the columns that are not prose."""
        return frozenset({self.name, self.type, self.required, self.values, self.default, *self.unread})

    def cell(self, row: Sequence[str], column: int | None) -> str | None:
        """Return a row's cell in a column; None if there is no such column, empty if the row is too short."""
        return None if column is None else row[column] if column < len(row) else ""


def parse_columns(text: str) -> dict[str, str]:
    """Parse the headings of columns, for instance `name=Nom,type=Type`.

    Raises:
        ValueError: A part is not COLUMN=HEADING, or a column or heading is unknown or occurs twice.
    """
    parts = [part.strip() for part in text.split(",")]
    headings: dict[str, str] = {}
    for part in parts:
        column, equals, heading = (piece.strip() for piece in part.partition("="))
        if not equals or not plain(heading):
            raise ValueError(f"{part!r} is not COLUMN=HEADING. Columns: {', '.join(COLUMNS)}. For instance: {EXAMPLE}")
        if column not in COLUMNS:
            raise ValueError(f"there is no column {column!r}. {hint_at(column, COLUMNS)} For instance: {EXAMPLE}")
        if column in headings or plain(heading) in map(plain, headings.values()):
            raise ValueError(f"{part!r} repeats a column or a heading. For instance: {EXAMPLE}")
        headings[column] = heading
    return headings


def refuse_absent_headings(headings: Mapping[str, str], tables: Sequence[Rows]) -> None:
    """Raise if no table has a column of a named heading.

    Raises:
        ValueError: The heading is in no table.
    """
    present = {plain(cell) for rows in tables for row in rows for cell in row}
    for heading in headings.values():
        if tables and plain(heading) not in present:
            rows = max(tables, key=len)
            shown = [" ".join(cell.split()) for cell in rows[0] if cell]
            option = shlex.quote(f"name={' '.join(name_heading(rows).split())}")
            raise ValueError(
                f"no table has a column {heading!r}. {hint_at(heading, shown)} For instance: --columns {option}"
            )


def name_heading(rows: Rows) -> str:
    """Return the heading of the column whose cells look most like names of fields."""
    cells = cells_by_column(rows)
    return rows[0][max(range(len(rows[0])), key=lambda at: share(cells[at][1:], is_identifier))]


def find_headings(rows: Rows, headings: Mapping[str, str]) -> tuple[int, dict[str, int]]:
    """Return the row with the most named headings, and the index of each column that it names."""
    found = [dict(indices(row, headings)) for row in rows]
    row = max(range(len(found)), key=lambda at: len(found[at]), default=0)
    return row, found[row] if found else {}


def indices(row: Sequence[str], headings: Mapping[str, str]) -> Iterable[tuple[str, int]]:
    """Yield each named column that a row has the heading of, with its index."""
    cells = list(map(plain, row))
    for column, heading in headings.items():
        if plain(heading) in cells:
            yield column, cells.index(plain(heading))


def find_columns(rows: Rows, named: Mapping[str, int]) -> Columns | None:
    """Return the columns of a table of fields; None if the table is none.

    Columns that are not named are recognised by their cells, and by their headings only if the cells do not suffice.

    Args:
        rows: The table, heading first if it has one.
        named: The indices of the columns that the caller named.
    """
    cells = cells_by_column(rows)
    taken = named.values()
    kind = named.get("type", best(cells, is_type, without(cells, *taken)))
    required = named.get("required", best(cells, is_required_word, without(cells, kind, *taken)))
    free = without(cells, kind, required, *taken)
    name = named.get("name", next((at for at in free if share(cells[at], is_name) >= MOST), None))
    if name is None or (kind is None and required is None and "name" not in named):
        return None
    free = without(cells, kind, required, name, *taken)
    default = named.get("default", next((at for at in free if plain(cells[at][0]) in DEFAULT), None))
    values = named.get("values", find_values(cells, without(cells, kind, required, name, default, *taken)))
    tests = {"type": is_type, "required": is_required_word}
    unread = frozenset(named[column] for column, test in tests.items() if is_unread(cells, named.get(column), test))
    return Columns(
        name,
        kind if kind not in unread else None,
        required if required not in unread else None,
        values,
        default,
        unread,
    )


def is_unread(cells: Sequence[Sequence[str]], named: int | None, test: Callable[[str], bool]) -> bool:
    """Return True if most entries of a named column are not in the vocabulary."""
    return named is not None and share([cell for cell in cells[named] if not is_nothing(cell)], test) < MOST


def find_values(cells: Sequence[Sequence[str]], free: Sequence[int]) -> int | None:
    """Return the column of accepted values: by its heading, or else by its lists and limits."""
    for at in free:
        if plain(cells[at][0]) in VALUES:
            return at
    scores = {at: sum(map(weight, cells[at][1:])) for at in free}
    top = max(scores, key=lambda at: scores[at], default=None)
    return top if top is not None and scores[top] > 0 else None


def weight(cell: str) -> int:
    """Return how much a cell looks like accepted values: 0 to 2. Prose counts 0 even if it has a number."""
    accepted = read_accepted(cell)
    if len(cell) > 40 and not accepted.values:
        return 0
    return 2 if len(accepted.values) > 1 else int(not accepted.is_any or plain(cell) in ANY)


def cells_by_column(rows: Rows) -> list[list[str]]:
    """Return the cells of each column; a short row has none in the last ones."""
    return [[row[at] for row in rows if at < len(row)] for at in range(max(map(len, rows), default=0))]


def without(cells: Sequence[Sequence[str]], *taken: int | None) -> list[int]:
    """Return the columns that are not taken yet."""
    return [at for at in range(len(cells)) if at not in taken]


def best(cells: Sequence[Sequence[str]], test: Callable[[str], bool], among: Iterable[int]) -> int | None:
    """Return the column with the greatest share of cells that pass a test; None if fewer than half of them pass."""
    shares = {at: share(cells[at], test) for at in among}
    top = max(shares, key=lambda at: shares[at], default=None)
    return top if top is not None and shares[top] >= MOST else None


def share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    """Return the share of cells that pass a test; one heading is not counted against them."""
    return sum(map(test, cells)) / max(1, len(cells) - 1)


def is_identifier(cell: str) -> bool:
    """Return True if a cell is a single word that may be a field's name."""
    return NAME.fullmatch(cell) is not None


def is_type(cell: str) -> bool:
    """Return True if a cell names a type."""
    return read_type(cell) is not None
