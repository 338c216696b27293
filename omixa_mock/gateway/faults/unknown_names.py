"""Messages for names that no fault has: the cure first, the catalogue after it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.http import abbreviate

__all__ = ["describe_unknown"]

STATUS = re.compile(r"[1-5][0-9]{2}")
# What people write, and the faults that they mean.
SYNONYMS: Mapping[str, Sequence[str]] = {
    "bad_request": ("invalid_request",),
    "connect_error": ("reset", "no_response"),
    "connection_closed": ("no_response", "truncated"),
    "connection_error": ("reset", "no_response"),
    "connection_reset": ("reset", "reset_after_capture"),
    "content_policy_violation": ("moderation_refused",),
    "disconnect": ("no_response", "reset"),
    "forbidden": ("model_not_allowed",),
    "latency": ("delay",),
    "payment_required": ("insufficient_balance",),
    "quota_exceeded": ("insufficient_balance", "rate_limited"),
    "read_timeout": ("hang", "delay"),
    "server_error": ("internal_error",),
    "service_unavailable": ("no_route",),
    "slow": ("delay", "drip"),
    "timeout": ("hang", "delay"),
    "too_many_requests": ("rate_limited",),
    "unauthorized": ("invalid_key",),
    "unavailable": ("no_route",),
}


def describe_unknown(what: Any, names: Sequence[str]) -> str:
    """Describe an unknown fault: the name that was probably meant, then all of them.

    Args:
        what: The unknown fault, usually text.
        names: The names of all faults.
    """
    # No number resembles a name, though "true" does.
    text = "" if isinstance(what, int) else what[:80] if isinstance(what, str) else abbreviate(what)
    hints = hints_at(text, names)
    return " ".join([f"There is no fault {abbreviate(what)}.", *hints, f"There are: {', '.join(names)}."])


def hints_at(text: str, names: Sequence[str]) -> list[str]:
    """Return the sentences that cure an unknown name; none if nothing is similar."""
    if STATUS.fullmatch(text):
        return [f"Use fail({text}): a status is a number, not text."]
    if text == "respond":
        return ["It needs a response: use mock.respond(...)."]
    meant = SYNONYMS.get(text.lower().replace("-", "_").replace(" ", "_"))
    if meant is None:
        near = nearest(text, names)
        meant = () if near is None else (near,)
    return [f"Did you mean {' or '.join(map(abbreviate, meant))}?"] if meant else []
