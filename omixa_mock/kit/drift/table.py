"""Tables of fields: name, type, required, accepted values, default and prose of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .cells import NAME, is_name, is_nothing, is_required_word, read_type
from .columns import Columns, find_columns, find_headings
from .markup import Rows
from .vocabulary import NO, YES, plain

__all__ = ["Field", "read_fields"]


@dataclass(frozen=True, slots=True)
class Field:
    """Row of a table, with the texts of the page. None stands for a column that the table does not have.

    Attributes:
        name: The field's name.
        type: The word for its type.
        required: The word for required or optional.
        accepted: Its list of values, or limits.
        default: Its default.
        prose: The cells of all other columns.
    """

    name: str
    type: str | None = None
    required: str | None = None
    accepted: str | None = None
    default: str | None = None
    prose: str = ""


def read_fields(rows: Rows, headings: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields of a table; none if it is no table of fields.

    Args:
        rows: The table.
        headings: The headings that the caller named, by column.
    """
    full = [row for row in rows if sum(bool(cell) for cell in row) > 1]
    start, named = find_headings(full, headings)
    full = full[start:]
    columns = find_columns(full, named) if len(full) > 1 else None
    if columns is None:
        return ()
    has_heading = bool(named) or read_type(columns.cell(full[0], columns.type) or "") is None
    heading = full[0] if has_heading else None
    is_field = is_named_field if "name" in named else is_recognised_field
    return tuple(read_field(row, columns) for row in full if row != heading and is_field(row, columns))


def is_named_field(row: Sequence[str], columns: Columns) -> bool:
    """Return True if a row has a field's name."""
    name = columns.cell(row, columns.name) or ""
    return not is_nothing(name) and is_name(name)


def is_recognised_field(row: Sequence[str], columns: Columns) -> bool:
    """Return True if a row has a name, and a known word for its type or for required."""
    kind, required = columns.cell(row, columns.type), columns.cell(row, columns.required)
    is_known = read_type(kind or "") is not None or (required is not None and is_required_word(required))
    return is_known and not is_nothing(columns.cell(row, columns.name) or "")


def read_field(row: Sequence[str], columns: Columns) -> Field:
    """Parse a row. Without a column for required, a required word beside the name counts."""
    label = (columns.cell(row, columns.name) or "").replace("\n", " ")
    match = NAME.match(label)
    name, beside = (match[1], label[match.end() :]) if match and not NAME.match(label[match.end() :]) else (label, "")
    if match and plain(label[match.end() :]) in YES | NO:
        name, beside = match[1], label[match.end() :]
    required = columns.cell(row, columns.required)
    return Field(
        name=name.strip("`* "),
        type=columns.cell(row, columns.type),
        required=required if required is not None else plain(beside) if plain(beside) in YES | NO else None,
        accepted=columns.cell(row, columns.values),
        default=columns.cell(row, columns.default),
        prose="\n".join(cell for at, cell in enumerate(row) if at not in columns.known),
    )
