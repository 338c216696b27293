"""HTML parsing: the visible text of a page, and its tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

__all__ = ["Found", "Rows", "clean", "is_markup", "read_markup"]

Rows = list[list[str]]

HIDDEN: Final = frozenset({"head", "math", "noscript", "object", "script", "style", "svg", "template", "textarea"})
BLOCKS: Final = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body br button caption dd details dialog div dl dt figcaption figure footer "
        "form h1 h2 h3 h4 h5 h6 header hr html li main nav ol option p pre section summary table tbody tfoot thead tr "
        "ul",
    )
)
CELLS: Final = frozenset({"td", "th"})
CODE: Final = frozenset({"code", "kbd", "samp", "tt"})
VOID: Final = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})


@dataclass(frozen=True, slots=True)
class Found:
    """Table of a page.

    Attributes:
        rows: Its rows.
        above: The text above it, up to the table before.
    """

    rows: Rows
    above: str = ""


def clean(text: str) -> str:
    """Return a text without invisible characters, and with plain spaces."""
    return re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", re.sub("[\u00a0\u2007\u202f]", " ", text))


def is_markup(text: str) -> bool:
    """Return True if a text is HTML. A sample's placeholder such as <base64-image> is no evidence of that."""
    start = re.match(r"\s*<(?:!doctype|!--|\?xml|[a-z][a-z0-9]*[\s>])", text, re.IGNORECASE)
    return bool(start) or re.search(r"</(?:html|body|table|div)\s*>", text, re.IGNORECASE) is not None


def read_markup(text: str) -> tuple[str, list[Found]]:
    """Return the visible text and the tables of an HTML page. A nested table precedes the table around it."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    reader.end_tables()
    return "".join(reader.text), reader.tables


@dataclass
class Table:
    """Table under construction."""

    above: str = ""
    rows: Rows = field(default_factory=list)
    cell: list[str] | None = None

    def end_cell(self) -> None:
        """Close the open cell if there is one."""
        if self.cell is not None:
            lines = (" ".join(line.split()) for line in "".join(self.cell).split("\n"))
            self.rows[-1].append("\n".join(filter(None, lines)))
        self.cell = None

    def start_cell(self) -> None:
        """Open a cell, and a row if the page has begun none."""
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        self.cell = []


class Reader(HTMLParser):
    """Parser that collects visible text and tables. Optional end tags may be missing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tables: list[Found] = []
        self._open: list[Table] = []
        self._hidden: list[str] = []
        self._preformatted = 0
        self._ended = ""
        # The length of `text` at the begin or end of the last table.
        self._from = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a cell or a table."""
        if tag in HIDDEN or self._hidden:
            self._hidden += [tag] if tag in HIDDEN else []
            return
        if self._preformatted and "-" in tag and not attrs:
            # A placeholder that the page does not escape.
            self.show(self.get_starttag_text() or "")
        self._preformatted += tag == "pre"
        self.begin(tag)
        self._ended = ""

    def begin(self, tag: str) -> None:
        """Begin the line, cell or table of a visible tag."""
        if tag == "table":
            self._open.append(Table(self.text_between_tables()))
        elif tag == "tr" and self._open:
            self._open[-1].end_cell()
            self._open[-1].rows.append([])
        elif tag in CELLS and self._open:
            self._open[-1].start_cell()
        elif tag in {self._ended, "br"}:
            # Adjacent elements are separate values even if no text separates them.
            self.add_to_cell("\n")
        self.show("\n" if tag in BLOCKS else "\t" if tag in CELLS else "")
        self.add_to_cell("`" if tag in CODE and not self._preformatted else "\n" if tag in BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        """End a line, a cell or a table."""
        if self._hidden:
            del self._hidden[self._hidden.index(tag) if tag in self._hidden else len(self._hidden) :]
            return
        if tag == "table" and self._open:
            self.end_table()
        elif tag in CELLS and self._open:
            self._open[-1].end_cell()
        self.add_to_cell("`" if tag in CODE and not self._preformatted else "")
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        self.show("\n" if tag in BLOCKS else "")
        self._ended = tag if tag not in VOID else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle an empty-element tag."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        """Add text; line ends count only in preformatted text."""
        if self._hidden:
            return
        text = clean(data if self._preformatted else re.sub(r"[ \t\r\n\f]+", " ", data))
        self.show(text)
        self.add_to_cell(text)
        self._ended = ""

    def show(self, text: str) -> None:
        """Add to the visible text."""
        self.text.append(text)

    def add_to_cell(self, text: str) -> None:
        """Add to the innermost open cell."""
        if self._open and self._open[-1].cell is not None:
            self._open[-1].cell.append(text)

    def end_table(self) -> None:
        """Close the innermost open table."""
        table = self._open.pop()
        table.end_cell()
        self.tables.append(Found(table.rows, table.above))
        self._from = len(self.text)

    def text_between_tables(self) -> str:
        """Return the visible text since the begin or end of the last table."""
        begin, self._from = self._from, len(self.text)
        return "".join(self.text[begin:])

    def end_tables(self) -> None:
        """Close the tables without an end tag."""
        while self._open:
            self.end_table()
