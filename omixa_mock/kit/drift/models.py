"""Detection of the model that a page documents."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator

from .owners import models_of, pattern_of
from .page import Page, PageError

__all__ = ["find_model"]


def find_model(page: Page, known: Collection[str]) -> str:
    """Return the known model that a page documents: by its table and samples, or else by its text.

    A page of an unknown model is compared with the model of the nearest name, so that the differences show.

    Raises:
        PageError: The page names no model.
    """
    votes = Counter(models_in(page))
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


def models_in(page: Page) -> Iterator[str]:
    """Yield the accepted values of each field `model`, and the models of the samples."""
    for table in page.tables:
        for field in table:
            yield from models_of(field)
    for sample in page.samples:
        if isinstance(sample.get("model"), str):
            yield sample["model"]


def mentions(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield every known model in the text, once for each occurrence."""
    for model in known:
        yield from pattern_of(model).findall(text)
