"""Checks of the request headers Content-Type and Content-Encoding."""

from __future__ import annotations

from collections.abc import Mapping

from omixa_mock.gateway.contract import Settings
from omixa_mock.gateway.http import Problem, redact

__all__ = ["refuse_content_encoding", "refuse_content_headers", "refuse_content_type"]


def refuse_content_headers(headers: Mapping[str, str], settings: Settings) -> None:
    """Refuse a body that is not declared as plain JSON."""
    refuse_content_type(headers, settings)
    if "content-encoding" in headers:
        refuse_content_encoding(headers, settings)


def refuse_content_encoding(headers: Mapping[str, str], settings: Settings) -> None:
    """Refuse a body that is declared as encoded, whatever its bytes are (415 is assumed)."""
    coding = headers.get("content-encoding", "").strip()
    if coding.lower() in UNENCODED or settings.content_type == "ignore":
        return
    raise Problem(
        "unsupported_media_type",
        f"The body must be plain JSON: Content-Encoding was {redact(coding)[:80]!r}. "
        "Send the body as it is, without the header Content-Encoding.",
        rules=("gateway.body.media-type",),
        # RFC 9110 §15.5.16: a 415 for its coding should carry Accept-Encoding.
        headers=(("accept-encoding", "identity"),),
    )


# RFC 9110 §12.5.3: identity means no encoding.
UNENCODED = frozenset({"", "identity"})


def refuse_content_type(headers: Mapping[str, str], settings: Settings) -> None:
    """Refuse a body that is not declared as JSON, as every documented sample declares it (415 is assumed)."""
    content_type = headers.get("content-type", "")
    if content_type == "application/json" or settings.content_type == "ignore":
        return
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json":
        return
    reason = f"Content-Type was {redact(content_type)[:80]!r}" if content_type else "there was no Content-Type"
    repair = FORM_REPAIR if media_type == "multipart/form-data" else 'Send the header "Content-Type: application/json".'
    raise Problem(
        "unsupported_media_type",
        f"The body must be declared as JSON: {reason}. {repair}",
        rules=("gateway.body.media-type",),
        # RFC 9110 §15.5.16: a 415 may carry Accept with the media types that would have been accepted.
        headers=(("accept", "application/json"),),
    )


# The documented sample of an edit.
FORM_REPAIR = (
    "There are no uploads by form: images go into the JSON, for instance "
    '"input_images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}].'
)
