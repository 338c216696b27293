"""Remedies for a refused live call: the advice at the end of its message."""

from __future__ import annotations

import os
from types import FrameType

from .call_stack import client_libraries
from .host_names import canonical_host
from .install import MODULES
from .registry import ACTIVE

__all__ = ["remedy_for"]

LIVE = "; @pytest.mark.omixa_mock(live=True) lets a test through"


def remedy_for(host: str, domain: str, frame: FrameType | None, *, forked: bool) -> str:
    """Return the advice about a refused call, in one or two sentences.

    Args:
        host: The host, in the caller's spelling.
        domain: The gateway's domain.
        frame: The innermost frame of the call.
        forked: True if this process was forked after the tripwire was armed.
    """
    here = [interception for interception in ACTIVE if interception.pid == os.getpid()]
    in_use = any(interception.everywhere for interception in here)
    libraries = client_libraries(frame)
    client = libraries[0] if libraries else "this client"
    documented = mention_documented_host(host, domain)
    # Each remedy with its condition; the first that applies is given.
    remedies = (
        (
            forked and not here,
            "omixa_mock answers only in the process that started it; in a forked child, use omixa_mock_server.",
        ),
        (
            MODULES.keys().isdisjoint(libraries) and bool(libraries or in_use),
            f"omixa_mock does not intercept {client}: use omixa_mock_server{'' if in_use else LIVE}.",
        ),
        (in_use and bool(documented), ""),
        (True, f"Use the fixture omixa_mock, or omixa_mock_server for clients that it does not intercept{LIVE}."),
    )
    remedy = next(text for applies, text in remedies if applies)
    return f"{documented} {remedy}".strip()


def mention_documented_host(host: str, domain: str) -> str:
    """Return a sentence about the documented host; empty if `host` is the documented one, in plain spelling."""
    documented = f"www.{domain}"
    if host.isascii() and canonical_host(host) in {domain, documented}:
        return ""
    # Escaped: another spelling may look the same.
    return f"Omixa's documented host, which the fake answers, is {documented}; not {ascii(host)[1:-1]}."
