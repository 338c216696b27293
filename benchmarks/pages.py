"""Writes what was measured into the page about performance, so that nobody types it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["fill", "write"]

PAGE = "performance.md"


def fill(text: str, name: str, lines: Sequence[str]) -> str:
    """A page with the lines between its marker of that name and the next end.

    Raises:
        ValueError: The page has no such marker.
    """
    begin = f"<!-- benchmark: {name} -->\n"
    pattern = re.compile(f"({re.escape(begin)}).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the page has no place for this: it needs the line {begin.strip()}, and <!-- end --> below")
    return pattern.sub(lambda found: "\n".join([found[1].rstrip(), *lines, found[2]]), text)


def write(folder: Path, name: str, lines: Sequence[str]) -> None:
    """Fill the page in a folder."""
    page = folder / PAGE
    page.write_text(fill(page.read_text("utf-8"), name, lines), "utf-8")
