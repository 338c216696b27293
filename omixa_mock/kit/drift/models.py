"""Which model a page is about."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator

from .cells import read_accepted
from .page import Page, PageError

__all__ = ["find_model"]


def find_model(page: Page, known: Collection[str]) -> str:
    """The known model that a page is about: by its table and samples, or else by how often the page names it.

    A page about a model that is not known is held against the one with the nearest name: what is new will show.

    Raises:
        PageError: The page names no model.
    """
    votes = Counter(claims(page))
    named = votes or Counter(mentions(page.text, known))
    chosen = next((model for model, _ in named.most_common() if model in known), None)
    if chosen is not None:
        return chosen
    if not votes:
        raise PageError(
            f"it names no model in its table or samples. Looked for: {', '.join(known)}. "
            "Say which one it is about: --model NAME"
        )
    return difflib.get_close_matches(votes.most_common(1)[0][0], known, 1, cutoff=0.0)[0]


def claims(page: Page) -> Iterator[str]:
    """The models that rows called model accept, and that samples ask for."""
    for table in page.tables:
        for field in table:
            if field.name == "model":
                yield from read_accepted(field.accepted or "").values
    for sample in page.samples:
        if isinstance(sample.get("model"), str):
            yield sample["model"]


def mentions(text: str, known: Collection[str]) -> Iterator[str]:
    """Every known model that the text names, as often as it does."""
    for model in known:
        yield from re.findall(rf"(?<![\w.-]){re.escape(model)}(?![a-z0-9-])", text)
