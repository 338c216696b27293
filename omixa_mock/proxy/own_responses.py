"""Responses of the proxy itself, in the documented envelope, marked by `X-Omixa-Mock: proxy`."""

from __future__ import annotations

from msgspec.structs import replace

from omixa_mock.gateway import Problem, Response, Terms, envelope
from omixa_mock.gateway.common import STAMP
from omixa_mock.kit.validation import ValidationResult

__all__ = ["ENDING", "OWN_STAMP", "TOO_LARGE", "build_own_response", "mark", "refuse_request"]

OWN_STAMP = ("X-Omixa-Mock", "proxy")
ENDING = Problem("no_route", "The proxy is ending, and sends nothing more. Start it again, and repeat the request.")
TOO_LARGE = "The body is longer than {limit:,} bytes, and the proxy cannot read it before it is sent. Send fewer bytes."
# The rows of the error table for violations outside the body.
NAMES = {
    "Authorization": "invalid_key",
    "Content-Encoding": "unsupported_media_type",
    "Content-Type": "unsupported_media_type",
    "method": "method_not_allowed",
    "path": "not_found",
}
SHOWN = 5


def build_own_response(problem: Problem, terms: Terms) -> Response:
    """Return the proxy's response for a problem."""
    return mark(envelope(problem, terms.errors))


def mark(response: Response) -> Response:
    """Return a response with the proxy's mark in place of the fake's."""
    return replace(response, headers=tuple(OWN_STAMP if field == STAMP else field for field in response.headers))


def refuse_request(result: ValidationResult) -> Problem:
    """Return the refusal of a request that breaks the contract."""
    first = result.violations[0]
    count = len(result.violations)
    shown = " ".join(f"{found.pointer}: {found.message}" for found in result.violations[:SHOWN])
    more = f" And {count - SHOWN} more." if count > SHOWN else ""
    message = f"{shown}{more} The proxy refused this request before it was sent, so nothing was spent."
    rules = tuple(dict.fromkeys(found.rule for found in result.violations))
    return Problem(NAMES.get(first.pointer, "invalid_request"), message, rules=rules)
