"""Bodies that were read: clients send the same one again and again, and what it says does not change."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from msgspec import Struct

from omixa_mock.gateway.common import BoundedCache, Redacted
from omixa_mock.gateway.http import Advisory, Body

from .contract import Terms
from .image_request import ImageRequest

__all__ = ["ParsedBody", "ParsedBodyCache"]

ENTRIES_MAX, BYTES_MAX, SEEN_MAX = 256, 8 * 1024 * 1024, 4096
SAMPLE = 1024


class ParsedBody(Redacted, Struct, eq=False):
    """A body that was read.

    Attributes:
        body: As it came.
        payload: The object that it holds.
        order: What it asks for; None while nobody has judged it, or where it was refused.
        advisories: What is allowed but doubtful about it.
        kept: Whether it is kept for equal bodies to come.
    """

    body: Body
    document: dict[str, Any]
    image_request: ImageRequest | None = None
    advisories: tuple[Advisory, ...] = ()
    kept: bool = False

    def __repr__(self) -> str:
        return f"<sheet of {len(self.body):,} bytes>"


class ParsedBodyCache:
    """The sheets that were accepted lately and came more than once, so that they need not be read and judged again."""

    def __init__(self) -> None:
        self._recent: BoundedCache[tuple[Terms, Hashable], ParsedBody] = BoundedCache(ENTRIES_MAX, BYTES_MAX)
        # Bodies by their hashes: most come once, and keeping those would cost more than it saves.
        self._seen: set[int] = set()

    def recall(self, body: Body | None, terms: Terms) -> ParsedBody | None:
        """The sheet of an equal body that was accepted under the same terms, if there was one lately."""
        parsed = self._recent.recall((terms, sample(body))) if body is not None else None
        return parsed if parsed is not None and parsed.body == body else None

    def keep(self, parsed: ParsedBody, terms: Terms) -> None:
        """Keep a sheet that was accepted, if it seems not to be the first of its kind."""
        asked = terms, sample(parsed.body)
        seen = hash(asked)
        if seen in self._seen:
            images = parsed.image_request.all_images if parsed.image_request else ()
            self._recent.keep(asked, parsed, 2 * len(parsed.body) + sum(image.length for image in images))
            parsed.kept = self.recall(parsed.body, terms) is parsed
        elif len(self._seen) < SEEN_MAX:
            self._seen.add(seen)
        else:
            self._seen = {seen}


def sample(body: Body) -> Hashable:
    """What a body is looked up by: hashing megabytes takes longer than comparing them with the one that is found."""
    if len(body) <= 4 * SAMPLE:
        return bytes(body)
    middle = len(body) // 2
    return len(body), bytes(body[:SAMPLE] + body[middle : middle + SAMPLE] + body[-SAMPLE:])
