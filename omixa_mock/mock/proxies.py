"""Environment variables that keep a client's calls to the mock's server away from a proxy."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

__all__ = ["bypass_proxies", "has_proxy"]

PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def bypass_proxies(url: str) -> dict[str, str]:
    """Return the variables that exclude a server from the proxy of the environment, or of a test."""
    host = urlsplit(url).hostname or ""
    before = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    value = before if host in before.split(",") else ",".join(filter(None, (before, host)))
    # Some clients read one name, some the other.
    return {"NO_PROXY": value, "no_proxy": value}


def has_proxy() -> bool:
    """Return True if the environment sends clients to a proxy."""
    return any(value and name.lower() in PROXIES for name, value in os.environ.items())
