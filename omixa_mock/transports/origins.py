"""Origins of web pages, as browsers write them in `Origin` (RFC 6454 §6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from omixa_mock.gateway import SettingError
from omixa_mock.gateway.http import abbreviate

__all__ = ["is_own_origin", "refuse_unmatchable"]

# `null` is the origin of a page from a file, or in a sandbox.
ANY = frozenset({"*", "null"})
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:\[[0-9a-f:.]+\]|[^\s/?#@:*\[\]]+)(?::[0-9]{1,5})?")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def refuse_unmatchable(origins: Iterable[str]) -> None:
    """Refuse an origin that no browser sends, so that no page would ever be allowed.

    Raises:
        SettingError: The message has the origin that was probably meant.
    """
    for origin in origins:
        meant = normalize(origin)
        if origin not in ANY and (not meant or origin != meant):
            raise SettingError(
                f"cors_origin = {abbreviate(origin)} is not accepted, since no browser sends it; accepted: scheme, "
                f"host and port as in the browser's address, for instance {meant or 'http://localhost:3000'}, or *"
            )


def is_own_origin(origin: str, scheme: str, host: str) -> bool:
    """Return True if a page of this origin was loaded from the server that it calls.

    Args:
        origin: The value of `Origin`.
        scheme: The scheme by which the call arrived.
        host: The value of `Host`.
    """
    # Behind a proxy that ends TLS, the page has https and the call arrives by http: https counts for both. No page of
    # another host gains by it, since the browser writes `Host`; one on port 443 of this host may call port 80.
    # http never counts for https: whoever is on the way can forge a page of http.
    own = (f"{known}://{host.lower()}".removesuffix(DEFAULT_PORTS.get(known, "/")) for known in (scheme, "https"))
    return origin in own


def normalize(origin: str) -> str:
    """Return an origin as a browser writes it; empty if the text has none."""
    text = origin if "://" in origin else f"http://{origin}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    written = f"{parts.scheme}://{parts.netloc.lower()}".removesuffix(DEFAULT_PORTS.get(parts.scheme, "/"))
    return written if ORIGIN.fullmatch(written) else ""
