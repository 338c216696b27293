"""Writer of the measured tables in docs/performance.md, so that nobody types them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["fill", "write"]

PAGE = "performance.md"


def fill(text: str, name: str, lines: Sequence[str]) -> str:
    """Return a page with the lines between the marker of that name and the next end marker.

    Raises:
        ValueError: The page has no such marker.
    """
    begin = f"<!-- benchmark: {name} -->\n"
    pattern = re.compile(f"({re.escape(begin)}).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the page has no marker for this: it needs the line {begin.strip()}, and <!-- end --> below")
    return pattern.sub(lambda found: "\n".join([found[1].rstrip(), *lines, found[2]]), text)


def write(folder: Path, name: str, lines: Sequence[str]) -> None:
    """Fill the page in a folder."""
    page = folder / PAGE
    page.write_text(fill(page.read_text("utf-8"), name, lines), "utf-8")
