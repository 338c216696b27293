"""Parsed request bodies, and a cache of them.

Clients often send the same body repeatedly, and the result of parsing does not change.
"""

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
    """Parsed request body.

    Attributes:
        body: The raw body.
        document: The parsed JSON object.
        image_request: The image request; None if it is not validated yet, or was refused.
        advisories: The advisories that apply to it.
        cached: True if it is in the cache.
    """

    body: Body
    document: dict[str, Any]
    image_request: ImageRequest | None = None
    advisories: tuple[Advisory, ...] = ()
    cached: bool = False

    def __repr__(self) -> str:
        return f"<parsed body of {len(self.body):,} bytes>"


class ParsedBodyCache:
    """Cache of accepted bodies that occurred more than once, so that they are not parsed and validated again."""

    def __init__(self) -> None:
        self._cache: BoundedCache[tuple[Terms, Hashable], ParsedBody] = BoundedCache(ENTRIES_MAX, BYTES_MAX)
        # Hashes of bodies: most bodies occur once, and caching those would cost more than it saves.
        self._seen: set[int] = set()

    def get(self, body: Body | None, terms: Terms) -> ParsedBody | None:
        """Return the cached result for an equal body under the same terms; None if there is none."""
        parsed = self._cache.get((terms, sample_bytes(body))) if body is not None else None
        return parsed if parsed is not None and parsed.body == body else None

    def put(self, parsed: ParsedBody, terms: Terms) -> None:
        """Cache an accepted body if an equal one probably occurred before."""
        key = terms, sample_bytes(parsed.body)
        key_hash = hash(key)
        if key_hash in self._seen:
            images = parsed.image_request.all_images if parsed.image_request else ()
            self._cache.put(key, parsed, 2 * len(parsed.body) + sum(image.length for image in images))
            parsed.cached = self.get(parsed.body, terms) is parsed
        elif len(self._seen) < SEEN_MAX:
            self._seen.add(key_hash)
        else:
            self._seen = {key_hash}


def sample_bytes(body: Body) -> Hashable:
    """Return the cache key of a body: a sample, because hashing megabytes is slower than one comparison."""
    if len(body) <= 4 * SAMPLE:
        return bytes(body)
    middle = len(body) // 2
    return len(body), bytes(body[:SAMPLE] + body[middle : middle + SAMPLE] + body[-SAMPLE:])
