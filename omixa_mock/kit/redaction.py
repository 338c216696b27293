"""Redaction of secrets and API keys in text."""

from __future__ import annotations

from omixa_mock.gateway.http import redact

__all__ = ["redact_secrets"]


def redact_secrets(text: str, *secrets: str) -> str:
    """Return `text` without the given secrets, and without anything in the form of an API key."""
    for secret in secrets:
        # A key may have another form than the documented one.
        text = text.replace(secret, "<the key>") if secret else text
    return redact(text)
