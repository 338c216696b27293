"""uvicorn's httptools protocol, with the two things that a fake needs otherwise."""

from __future__ import annotations

import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from omixa_mock.gateway import Problem, Terms, envelope

__all__ = ["GatewayProtocol"]

# uvicorn logs what a fake does on purpose (cut connections, refused bytes); the
# gateway has a log of its own. Unregistered, so that no user's logging is touched.
QUIET = logging.Logger("omixa_mock.uvicorn", logging.CRITICAL + 1)  # noqa: LOG001  # for that reason
MALFORMED = Problem(
    "malformed_http",
    "What came is not HTTP/1.1. Send a request line, header lines, an empty line, and a body of the announced length.",
)


class GatewayProtocol(HttpToolsProtocol):
    """One connection; malformed HTTP is refused in the documented envelope."""

    terms: Terms

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.access_logger = QUIET
        self.access_log = False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's own words are for its log
        """Refuse bytes that are not HTTP, and close: where the next request begins is unknown."""
        reply = envelope(MALFORMED, self.terms.errors)
        fields = (*reply.headers, ("content-length", str(len(reply.body))), ("connection", "close"))
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in fields)
        self.transport.write(STATUS_LINE[reply.status] + head + b"\r\n" + reply.body)
        self.transport.close()
