"""TLS handshake that reports clients without TLS; the event loop ends their connections and reports nothing."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from omixa_mock.gateway import Problem

__all__ = ["report_bytes_without_tls"]

NOT_TLS = Problem(
    "malformed_http",
    "The bytes received are not TLS, for instance plain HTTP, and this server speaks HTTPS. Begin the base URL with "
    "https://, or start the server without --tls-cert and --tls-key.",
)
# OpenSSL's reasons for a first record that is none: GET, HEAD, POST and PUT; CONNECT; all other bytes.
REASONS = frozenset({"HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER"})


def report_bytes_without_tls(context: ssl.SSLContext, report: Callable[[Problem], None]) -> None:
    """Report each connection of a TLS server whose first bytes OpenSSL takes for no TLS. It gets no response."""

    class Connection(ssl.SSLObject):
        """TLS state of one connection."""

        def do_handshake(self) -> None:
            """Continue the handshake."""
            try:
                super().do_handshake()
            except ssl.SSLError as error:
                if error.reason in REASONS:
                    report(NOT_TLS)
                raise

    context.sslobject_class = Connection
