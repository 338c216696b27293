"""Validation of the headers of every response, and of refusals that no probe asked for."""

from __future__ import annotations

from collections.abc import Iterator

from .observation import DOCUMENTED_STATUSES, Observation, expect, validate_envelope, validate_names
from .target import Response

__all__ = ["validate_headers", "validate_transient"]

JSON = "application/json"
# Refusals that a proxy in front of a gateway sends as well, as a page.
OF_A_PROXY = frozenset({403, 503})


def validate_headers(response: Response) -> Iterator[Observation]:
    """Yield the observations about the headers of a success, or of a refusal with a documented status."""
    actual = response.headers.get("content-type", "")
    if not (response.accepted or response.status in DOCUMENTED_STATUSES):
        return
    if response.status in OF_A_PROXY and not is_json(response):
        return
    message = f"{actual[:80]!r} came; expected: {JSON}" if actual else f"it is missing; expected: {JSON}"
    yield expect("gateway.response.media-type", is_json(response), message, "Content-Type")
    yield expect("gateway.response.content-encoding", not response.flaw, response.flaw, "Content-Encoding")


def is_json(response: Response) -> bool:
    """Return True if a response is declared as JSON."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON


def validate_transient(response: Response) -> Iterator[Observation]:
    """Yield the observations about a refusal that no probe asked for. [docs/errors: 402, 503]"""
    if response.status in {402, 503} and is_json(response):
        yield from validate_envelope(response, "gateway.error.envelope")
    if response.status == 402:
        yield from validate_names(response, "insufficient_balance")
