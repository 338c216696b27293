"""Text that may be shown: without API keys."""

from __future__ import annotations

from omixa_mock.gateway.http import redact

__all__ = ["hide_secrets"]


def hide_secrets(text: str, *secrets: str) -> str:
    """`text` without the secrets that are given, and without anything else that has the form of an API key."""
    for secret in secrets:
        # Also a key of another form than the documented one is somebody's.
        text = text.replace(secret, "<the key>") if secret else text
    return redact(text)
