"""An HTML page as its reader sees it: lines of text, and tables of cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

__all__ = ["Rows", "clean", "is_markup", "read_markup"]

Rows = list[list[str]]

UNSEEN: Final = frozenset({"head", "math", "noscript", "object", "script", "style", "svg", "template", "textarea"})
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


def clean(text: str) -> str:
    """A text without marks that nobody sees, and with plain spaces."""
    return re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", re.sub("[\u00a0\u2007\u202f]", " ", text))


def is_markup(text: str) -> bool:
    """Whether a text is HTML. A sample's placeholder, as in <base64-image>, does not make it so."""
    start = re.match(r"\s*<(?:!doctype|!--|\?xml|[a-z][a-z0-9]*[\s>])", text, re.IGNORECASE)
    return bool(start) or re.search(r"</(?:html|body|table|div)\s*>", text, re.IGNORECASE) is not None


def read_markup(text: str) -> tuple[str, list[Rows]]:
    """The text of an HTML page, and its tables in the order of their ends: one within a cell comes before its own."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    reader.end_tables()
    return "".join(reader.seen), reader.tables


@dataclass
class Table:
    """A table that is being read."""

    rows: Rows = field(default_factory=list)
    cell: list[str] | None = None

    def end_cell(self) -> None:
        """Keep the open cell, if there is one."""
        if self.cell is not None:
            lines = (" ".join(line.split()) for line in "".join(self.cell).split("\n"))
            self.rows[-1].append("\n".join(filter(None, lines)))
        self.cell = None

    def start_cell(self) -> None:
        """Open a cell, in a row of its own where the page forgot to begin one."""
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        self.cell = []


class Reader(HTMLParser):
    """Collects what a page shows. End tags that HTML lets authors leave out are no trouble."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.tables: list[Rows] = []
        self._open: list[Table] = []
        self._unseen: list[str] = []
        self._preformatted = 0
        self._ended = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a cell or a table."""
        if tag in UNSEEN or self._unseen:
            self._unseen += [tag] if tag in UNSEEN else []
            return
        if self._preformatted and "-" in tag and not attrs:
            # A placeholder that the page's author forgot to escape.
            self.show(self.get_starttag_text() or "")
        self._preformatted += tag == "pre"
        self.begin(tag)
        self._ended = ""

    def begin(self, tag: str) -> None:
        """What a tag that is seen begins."""
        if tag == "table":
            self._open.append(Table())
        elif tag == "tr" and self._open:
            self._open[-1].end_cell()
            self._open[-1].rows.append([])
        elif tag in CELLS and self._open:
            self._open[-1].start_cell()
        elif tag in {self._ended, "br"}:
            # Two marks side by side are two things, though nothing stands between them.
            self.note("\n")
        self.show("\n" if tag in BLOCKS else "\t" if tag in CELLS else "")
        self.note("`" if tag in CODE and not self._preformatted else "\n" if tag in BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        """End a line, a cell or a table."""
        if self._unseen:
            del self._unseen[self._unseen.index(tag) if tag in self._unseen else len(self._unseen) :]
            return
        if tag == "table" and self._open:
            self.end_table()
        elif tag in CELLS and self._open:
            self._open[-1].end_cell()
        self.note("`" if tag in CODE and not self._preformatted else "")
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        self.show("\n" if tag in BLOCKS else "")
        self._ended = tag if tag not in VOID else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that is its own end."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        """Text; its line ends count in code only."""
        if self._unseen:
            return
        text = clean(data if self._preformatted else re.sub(r"[ \t\r\n\f]+", " ", data))
        self.show(text)
        self.note(text)
        self._ended = ""

    def show(self, text: str) -> None:
        """Add to what the page shows."""
        self.seen.append(text)

    def note(self, text: str) -> None:
        """Add to the innermost open cell."""
        if self._open and self._open[-1].cell is not None:
            self._open[-1].cell.append(text)

    def end_table(self) -> None:
        """Keep the innermost open table."""
        table = self._open.pop()
        table.end_cell()
        self.tables.append(table.rows)

    def end_tables(self) -> None:
        """Keep the tables that the page did not end."""
        while self._open:
            self.end_table()
