"""A page that was copied as text: its tables, drawn with bars or tabs, or gone to pieces, a cell a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from .cells import read_required, read_type
from .markup import Rows
from .words import NO, YES, plain

__all__ = ["NAME", "read_bars", "read_stream"]

TAB: Final = r"\t"
BARS: Final = (r"(?<!\\)\|", TAB)
NAME: Final = re.compile(r"[`*]*[A-Za-z_][\w.\[\]-]*[`*]*")
# A row that goes on for longer than this was never one.
ROW_LINES: Final = 12
TAIL: Final = 5


def read_bars(text: str) -> list[Rows]:
    """The tables whose cells stand between bars or tabs. A cell may hold line ends, as copies from browsers do."""
    return [rows for bar in BARS for rows in tables_between(text, bar)]


def tables_between(text: str, bar: str) -> Iterator[Rows]:
    """Each run of rows whose cells stand between `bar`s."""
    lines = iter(text.splitlines())
    for line in lines:
        if re.search(bar, line):
            yield read_plan_state(line, lines, bar)


def read_plan_state(heading: str, lines: Iterator[str], bar: str) -> Rows:
    """The table with a heading, up to the first line that is not of it. The heading says how many cells a row has."""
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
    """Whether a line holds a name alone, and the bar after it."""
    return re.fullmatch(rf"\s*(?:{bar})?\s*{NAME.pattern}\s*{bar}\s*", line) is not None


def ends_with_bar(line: str, bar: str) -> bool:
    """Whether a line ends with a bar."""
    return re.search(rf"{bar}\s*$", line) is not None


def rows_of(lines: list[str], bar: str) -> Rows:
    """The row that lines hold; none where it is the rule below a heading."""
    cells = split_row("\n".join(lines), bar)
    return [] if all(re.fullmatch(r"[-:=\s]*", cell) for cell in cells) else [cells]


def split_row(text: str, bar: str) -> list[str]:
    """The cells of a row. Bars around the whole row make no cells; tabs do, since they stand between cells only."""
    whole = text if bar == TAB else re.sub(rf"^\s*{bar}|{bar}\s*$", "", text)
    return [cell.strip().replace("\\|", "|") for cell in re.split(bar, whole)]


def read_stream(text: str) -> list[Rows]:
    """The one table of a page where every cell became a line, found by name, type and required word in a row."""
    cells = [cell.strip() for cell in re.split(r"[\n\t|]", text) if cell.strip()]
    sure = [at for at in range(len(cells) - 1) if is_start(cells[at : at + 3])]
    if not sure:
        return []
    likely = (at for at in range(sure[0], len(cells) - 2) if is_likely_start(cells[at : at + 3]))
    starts = sorted({*sure, *likely})
    gaps = Counter(after - before for before, after in pairwise(starts))
    width = gaps.most_common(1)[0][0] if gaps else TAIL
    ends = [*starts[1:], starts[-1] + width]
    rows = [cells[start : min(end, start + width)] for start, end in zip(starts, ends, strict=True)]
    return [[cells[max(0, starts[0] - width) : starts[0]], *rows]]


def is_start(cells: list[str]) -> bool:
    """Whether cells begin a row: a name, and beside it a type, or a required word and then a type."""
    name, beside, after = (*cells, "", "")[:3]
    if not NAME.fullmatch(name) or read_required(name) is not None:
        return False
    return read_type(beside) is not None or (read_required(beside) is not None and read_type(after) is not None)


def is_likely_start(cells: list[str]) -> bool:
    """Whether cells begin a row, if they stand below one: a name, a word that may be a new type, a required word."""
    name, beside, after = cells
    is_row = NAME.fullmatch(name) and re.fullmatch(r"[^\s.]+", beside) and plain(after) in YES | NO
    return bool(is_row) and read_required(name) is None and read_required(beside) is None
