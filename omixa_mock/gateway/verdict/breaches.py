"""Breaches of the contract: the calls that were refused for an error of the client."""

from __future__ import annotations

from omixa_mock.gateway.calls import Call

__all__ = ["breaks_contract", "is_about_key"]

# A request that the contract does not allow: 400, 404, 405, 413, 415, 422.
BREACHES = frozenset(
    {
        "invalid_request",
        "malformed_http",
        "method_not_allowed",
        "not_found",
        "payload_too_large",
        "unsupported_media_type",
    }
)
# A key that is missing or malformed; an unknown one may be what the test is about.
KEY_RULES = frozenset({"gateway.key.bearer", "gateway.key.grammar"})


def breaks_contract(call: Call) -> bool:
    """Return True if a call was refused for an error of the client."""
    error = call.error
    if error is None or error.planned or error.late:
        return False
    return error.name in BREACHES or is_about_key(call)


def is_about_key(call: Call) -> bool:
    """Return True if a call was refused because its key is missing or malformed."""
    return call.error is not None and bool(KEY_RULES & set(call.error.rules))
