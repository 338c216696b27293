"""First responses by Idempotency-Key, for the setting `idempotency_key`."""

from __future__ import annotations

from omixa_mock.gateway.common import BoundedCache
from omixa_mock.gateway.contract import ImageRequest
from omixa_mock.gateway.http import Request, Response

__all__ = ["Replays", "replay_key"]

# A request whose response was dropped is answered, and charged, again.
RESPONSES_MAX, RESPONSE_BYTES_MAX = 1000, 64 * 1024 * 1024


class Replays:
    """The first response to each request with an Idempotency-Key, bounded in number and bytes."""

    def __init__(self) -> None:
        self._responses: BoundedCache[str, Response] = BoundedCache(RESPONSES_MAX, RESPONSE_BYTES_MAX)

    def recall(self, key: str) -> Response | None:
        """Return the first response under a replay key; None if there is none."""
        return self._responses.get(key) if key else None

    def keep_first(self, key: str, response: Response) -> Response | None:
        """Keep the response of a request about to be charged.

        Returns:
            The response of an equal request that was charged meanwhile: this one must not be. None if there is none.
        """
        return self._responses.put_first(key, response, len(response.body)) if key else None


def replay_key(request: Request, image_request: ImageRequest) -> str:
    """Return the key of a response, of Idempotency-Key and request; empty without an Idempotency-Key."""
    key = request.headers.get("idempotency-key")
    return f"{key}:{image_request.n}:{image_request.digest}" if key else ""
