"""Access control of the control routes.

They are for the person who runs the fake. On loopback they need no token; on any other address they need one.
A web page of another origin is always refused. The route `/health` is open to everyone.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from omixa_mock.gateway import Problem
from omixa_mock.transports.origins import is_own_origin

__all__ = ["PREFIX", "ControlPolicy", "is_loopback", "refuse_access"]

# The path prefix of the control routes.
PREFIX = "/__omixa"
TOKEN_HEADER = "x-omixa-mock-token"  # noqa: S105  # the name of a header, not a secret


class ControlPolicy(Struct, frozen=True):
    """Access policy of the control routes.

    Attributes:
        host: The address that the server listens on.
        token: The required value of `X-Omixa-Mock-Token`; None if no token was set.
        hosts: Names in `Host` that are accepted beside loopback ones.
        inspector: True if the inspector's page is served while the routes are on.
    """

    host: str = "127.0.0.1"
    token: str | None = None
    hosts: Collection[str] = ()
    inspector: bool = True

    @property
    def is_on(self) -> bool:
        """Return True if the routes are on."""
        return bool(self.token) or is_loopback(self.host)

    @property
    def shows_inspector(self) -> bool:
        """Return True if the inspector's page is served."""
        return self.inspector and self.is_on


def is_loopback(host: str) -> bool:
    """Return True if a name or address means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_access(policy: ControlPolicy, headers: Mapping[str, str], scheme: str, *, needs_token: bool = True) -> None:
    """Refuse a control call that breaks the access policy.

    A token proves what a `Host` of loopback would prove, so the name may be any one then.

    Args:
        policy: The policy.
        headers: The header values by name.
        scheme: The scheme of the URL.
        needs_token: False for files without data: a browser that follows a link sends no token.

    Raises:
        Problem: `control_refused`, with the broken rule and how to satisfy it.
    """
    if not policy.token:
        # An empty token counts as none: everybody can send it, so it protects nothing.
        if not is_loopback(policy.host):
            raise refused(
                f"they are off, since the fake listens on {policy.host}. Start it with --control-token TOKEN."
            )
    elif needs_token and not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), policy.token.encode()):
        raise refused("the header X-Omixa-Mock-Token is missing or wrong. Send the value of --control-token.")
    # DNS rebinding: a foreign name that resolves to loopback still shows in Host. Its page does not know the token.
    host = headers.get("host", "")
    name = strip_port(host)
    if not policy.token and not is_loopback(name) and name not in {allowed.lower() for allowed in policy.hosts}:
        allow = f", or start the fake with --allow-host {name[:80]}" if name else ""
        raise refused(f"Host was {host[:80]!r}. Call 127.0.0.1{allow}.")
    # Fetch standard §3.2: every cross-origin request that could change something carries Origin.
    origin = headers.get("origin")
    if origin is not None and not is_own_origin(origin, scheme, host):
        raise refused(
            f"they are not for web pages of another origin ({origin[:80]!r}). Call them from a test or a shell."
        )


# RFC 9110 §7.2: an address of IPv6 stands in brackets; after either form only a port may come.
HOST = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]|(?P<name>[^:\[\]]*))(?::[0-9]*)?")


def strip_port(host: str) -> str:
    """Return the name in a Host header, without port and brackets; empty if it is malformed."""
    found = HOST.fullmatch(host)
    return (found["address"] or found["name"] or "").lower() if found else ""


def refused(reason: str) -> Problem:
    """Return a refusal of the control routes."""
    return Problem("control_refused", f"The control routes were refused: {reason}")
