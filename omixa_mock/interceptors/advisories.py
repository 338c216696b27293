"""Advisories about calls that omixa-mock answered, or that it was bypassed by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urlsplit

from .registry import advise

__all__ = [
    "PASSAGE",
    "Passage",
    "advise_of_bypass",
    "advise_of_route",
    "advise_of_url",
    "note_leaf",
    "pass_through",
    "reach_leaf",
]


class Passage:
    """Passage of one call through what its client has above the leaf.

    Attributes:
        reached_leaf: True once the call has reached the leaf, and an interception has accepted it.
    """

    reached_leaf = False


# The passage of the call that this task makes.
PASSAGE: ContextVar[Passage | None] = ContextVar("omixa_mock_passage", default=None)


@contextmanager
def pass_through() -> Iterator[Passage]:
    """Yield the passage of a call that the block makes."""
    passage = Passage()
    token = PASSAGE.set(passage)
    try:
        yield passage
    finally:
        PASSAGE.reset(token)


def note_leaf() -> None:
    """Note that a call has reached its leaf."""
    passage = PASSAGE.get()
    if passage is not None:
        passage.reached_leaf = True


def reach_leaf(method: str, url: str) -> None:
    """Note that a call has reached its leaf, and advise of a URL that the real gateway would not answer as it is."""
    note_leaf()
    if not url.startswith("https://www."):
        advise_of_url(method, url)


def advise_of_url(method: str, url: str) -> None:
    """Advise of a URL that is not the documented one; a spelling in upper case is."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        reason = "over plain http the key travels in the clear, and the real gateway may redirect or refuse the call"
    elif not (parts.hostname or "").startswith("www."):
        reason = "no page documents the host without www, and the real gateway may redirect or refuse the call"
    else:
        return
    cure = f"Call https://www.omixa.cloud{parts.path}"
    advise(f"{cure}: {method} {printable(url)} was answered, but {reason}")


def advise_of_bypass(method: str, url: str, kind: type[object], cure: str) -> None:
    """Advise of a call that something of the client's own answered."""
    own = f"{kind.__module__}.{kind.__name__}"
    advise(f"omixa_mock was bypassed: the client's own {own} handled {method} {printable(url)}. {cure}")


def advise_of_route(method: str, url: str, library: str) -> None:
    """Advise of a call for which a mock of the user's has a route: the interception takes precedence."""
    advise(
        f"omixa_mock answered {method} {printable(url)}, for which {library} has a route. "
        "Remove the route, or leave out the fixture omixa_mock"
    )


def printable(url: str) -> str:
    """Return a URL without its user information and query, either of which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
