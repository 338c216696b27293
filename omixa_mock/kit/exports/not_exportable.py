"""Refusal to export a call whose request the journal does not have."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import LIGHT
from omixa_mock.gateway.http import ENDPOINTS, redact_json

__all__ = ["NotExportable", "body_of"]


class NotExportable(LookupError):  # noqa: N818  # named after the state of the record
    """A call cannot be exported; the message has the reason."""


def body_of(call: Call) -> dict[str, Any] | None:
    """Return the JSON object in the body of a call, with API keys in its texts redacted; None if it had none.

    Raises:
        NotExportable: The journal has not kept the body, or has dropped it.
    """
    if call.shed and call.received > LIGHT:
        raise NotExportable(
            f"The body of call #{call.number} was dropped: the journals keep a limited number of bytes. Export calls "
            "sooner, or raise the limit: --journal-bytes 256MB"
        )
    if call.document is None and ENDPOINTS.get(call.endpoint) == call.method == "POST":
        raise NotExportable(
            f"The body of call #{call.number} was not read as a JSON object, and such a body is not kept. Take it from "
            "your client; the reason of the refusal stands in the call's message."
        )
    return redact_json(call.document)  # type: ignore[no-any-return]  # of an object, an object
