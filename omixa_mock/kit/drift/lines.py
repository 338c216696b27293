"""A page that was copied as text: its tables, drawn with bars or tabs, or gone to pieces, a cell a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from .cells import read_required, read_type
from .markup import Rows

__all__ = ["read_bars", "read_stream"]

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
    lines = [*text.splitlines(), ""]
    while lines:
        start = next((at for at, line in enumerate(lines) if re.search(bar, line)), len(lines))
        rows, lines = read_run(lines[start:], bar)
        yield rows


def read_run(lines: list[str], bar: str) -> tuple[Rows, list[str]]:
    """The table that begins with the first line, and the lines after it. Its heading says how many cells a row has."""
    heading, rows, unended = lines[:1], [split_row(line, bar) for line in lines[:1]], list[str]()
    closed = bool(heading) and ends_with_bar(heading[0], bar)
    for at, line in enumerate(lines[1:], 1):
        if not unended and not re.search(bar, line):
            return rows, lines[at:]
        if unended and (begins_row(line, bar) or len(unended) > ROW_LINES):
            rows, unended = keep(rows, unended, bar), []
        unended.append(line)
        cells = split_row("\n".join(unended), bar)
        if len(cells) >= len(rows[0]) and (ends_with_bar(line, bar) or not closed):
            rows, unended = keep(rows, unended, bar), []
    return rows, []


def begins_row(line: str, bar: str) -> bool:
    """Whether a line holds a name alone, and the bar after it."""
    return re.fullmatch(rf"\s*(?:{bar})?\s*{NAME.pattern}\s*{bar}\s*", line) is not None


def ends_with_bar(line: str, bar: str) -> bool:
    """Whether a line ends with a bar."""
    return re.search(rf"{bar}\s*$", line) is not None


def keep(rows: Rows, lines: list[str], bar: str) -> Rows:
    """Rows with one more, unless it is the rule below a heading."""
    cells = split_row("\n".join(lines), bar)
    return rows if all(re.fullmatch(r"[-:=\s]*", cell) for cell in cells) else [*rows, cells]


def split_row(text: str, bar: str) -> list[str]:
    """The cells of a row. Bars around the whole row make no cells; tabs do, since they stand between cells only."""
    whole = text if bar == TAB else re.sub(rf"^\s*{bar}|{bar}\s*$", "", text)
    return [cell.strip().replace("\\|", "|") for cell in re.split(bar, whole)]


def read_stream(text: str) -> list[Rows]:
    """The one table of a page where every cell became a line, found by name, type and required word in a row."""
    cells = [cell.strip() for cell in re.split(r"[\n\t|]", text) if cell.strip()]
    starts = [at for at in range(len(cells) - 1) if is_start(cells[at : at + 3])]
    if not starts:
        return []
    gaps = Counter(after - before for before, after in pairwise(starts))
    width = gaps.most_common(1)[0][0] if gaps else TAIL
    ends = [*starts[1:], starts[-1] + width]
    rows = [cells[start : min(end, start + width)] for start, end in zip(starts, ends, strict=True)]
    return [[cells[max(0, starts[0] - width) : starts[0]], *rows]]


def is_start(cells: list[str]) -> bool:
    """Whether cells begin a row: a name, and beside it a type, or a required word and then a type."""
    name, beside, after = (*cells, "", "")[:3]
    if not NAME.fullmatch(name) or (read_required(name) is not None and len(name) > 1):
        return False
    return read_type(beside) is not None or (read_required(beside) is not None and read_type(after) is not None)
