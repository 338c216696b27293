"""Tables in plain text: cells between bars or tabs, or one cell a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from operator import length_hint
from typing import Final

from .cells import read_required, read_type
from .markup import Found, Rows
from .vocabulary import NO, YES, plain

__all__ = ["NAME", "read_bars", "read_stream"]

TAB: Final = r"\t"
BARS: Final = (r"(?<!\\)\|", TAB)
NAME: Final = re.compile(r"[`*]*[A-Za-z_][\w.\[\]-]*[`*]*")
# More lines than this are no row.
ROW_LINES: Final = 12
# The cells of a row if a table has only one row.
WIDTH: Final = 5


def read_bars(text: str) -> list[Found]:
    """Return the tables with bars or tabs between cells. A cell may hold line ends, as copies from browsers do."""
    return [found for bar in BARS for found in tables_between(text, bar)]


def tables_between(text: str, bar: str) -> Iterator[Found]:
    """Yield each run of rows with `bar` between cells."""
    all_lines = text.splitlines()
    lines = iter(all_lines)
    end = 0
    for line in lines:
        if re.search(bar, line):
            above = all_lines[end : len(all_lines) - length_hint(lines) - 1]
            yield Found(read_table(line, lines, bar), "\n".join(above))
            # The line that ended the table stands above the next.
            end = len(all_lines) - length_hint(lines) - 1


def read_table(heading: str, lines: Iterator[str], bar: str) -> Rows:
    """Return the table below a heading, up to the first other line. The heading determines the number of cells."""
    if begins_row(heading, bar):
        # There is no heading, and a name has a line of its own.
        heading = "\n".join([heading, next(lines, "")])
    rows, unended = [split_row(heading, bar)], list[str]()
    closed = ends_with_bar(heading, bar)
    for line in lines:
        if not unended and not re.search(bar, line):
            break
        if unended and (begins_row(line, bar) or len(unended) > ROW_LINES):
            rows += rows_of(unended, bar)
            unended = []
        unended.append(line)
        cells = split_row("\n".join(unended), bar)
        if len(cells) >= len(rows[0]) and (ends_with_bar(line, bar) or not closed):
            rows += rows_of(unended, bar)
            unended = []
    return rows


def begins_row(line: str, bar: str) -> bool:
    """Return True if a line holds only a name and the bar after it."""
    return re.fullmatch(rf"\s*(?:{bar})?\s*{NAME.pattern}\s*{bar}\s*", line) is not None


def ends_with_bar(line: str, bar: str) -> bool:
    """Return True if a line ends with a bar."""
    return re.search(rf"{bar}\s*$", line) is not None


def rows_of(lines: list[str], bar: str) -> Rows:
    """Return the row on these lines; none if it is the rule below a heading."""
    cells = split_row("\n".join(lines), bar)
    return [] if all(re.fullmatch(r"[-:=\s]*", cell) for cell in cells) else [cells]


def split_row(text: str, bar: str) -> list[str]:
    """Return the cells of a row. Outer bars are borders; outer tabs are not, since tabs only separate cells."""
    whole = text if bar == TAB else re.sub(rf"^\s*{bar}|{bar}\s*$", "", text)
    return [cell.strip().replace("\\|", "|") for cell in re.split(bar, whole)]


def read_stream(text: str) -> list[Found]:
    """Return the table of a page with one cell a line, recognised by name, type and required word in sequence."""
    cells = [cell.strip() for cell in re.split(r"[\n\t|]", text) if cell.strip()]
    sure = [at for at in range(len(cells) - 1) if is_start(cells[at : at + 3])]
    if not sure:
        return []
    likely = (at for at in range(sure[0], len(cells) - 2) if is_likely_start(cells[at : at + 3]))
    starts = sorted({*sure, *likely})
    gaps = Counter(after - before for before, after in pairwise(starts))
    width = gaps.most_common(1)[0][0] if gaps else WIDTH
    ends = [*starts[1:], starts[-1] + width]
    rows = [cells[start : min(end, start + width)] for start, end in zip(starts, ends, strict=True)]
    return [Found([cells[max(0, starts[0] - width) : starts[0]], *rows])]


def is_start(cells: list[str]) -> bool:
    """Return True if cells begin a row: a name, then a type, or a required word and a type."""
    name, second, third = (*cells, "", "")[:3]
    if not NAME.fullmatch(name) or read_required(name) is not None:
        return False
    return read_type(second) is not None or (read_required(second) is not None and read_type(third) is not None)


def is_likely_start(cells: list[str]) -> bool:
    """Return True if cells below a row begin another: a name, a word that may be a new type, a required word."""
    name, second, third = cells
    is_row = NAME.fullmatch(name) and re.fullmatch(r"[^\s.]+", second) and plain(third) in YES | NO
    return bool(is_row) and read_required(name) is None and read_required(second) is None
