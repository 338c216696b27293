"""CORS middleware, for web pages that call the API."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from omixa_mock.gateway.common import STAMP

__all__ = ["allow_origins"]

EXPOSED = ("X-Omixa-Mock", "X-Omixa-Mock-Fault", "X-Omixa-Mock-Rules", "X-Omixa-Mock-Warn", "Retry-After")


def allow_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Return an application that lets pages of these origins call `app`."""
    # Of every method: the page can read the refusal of a wrong one.
    return StampedCors(app, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED)


PRIVATE_NETWORK = b"access-control-request-private-network"


class StampedCors(CORSMiddleware):
    """CORS middleware whose preflight responses name the fake, as every response does.

    The preflight of another origin goes to the application, which refuses it in the envelope and records it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request (ASGI 3, HTTP scope)."""
        headers = Headers(scope=scope)
        if is_preflight(scope, headers) and not self.is_allowed_origin(headers["origin"]):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the response to a preflight request."""
        # Starlette refuses the field of Private Network Access unless it is told to allow it, which old ones cannot be.
        known = [(name, value) for name, value in request_headers.raw if name != PRIVATE_NETWORK]
        response = super().preflight_response(Headers(raw=known))
        name, value = STAMP
        response.headers[name] = value
        # Private Network Access: a public page calls a server on this machine.
        if request_headers.get("access-control-request-private-network") == "true":
            response.headers["access-control-allow-private-network"] = "true"
        return response


def is_preflight(scope: Scope, headers: Headers) -> bool:
    """Return True if a request is a preflight (Fetch standard §3.2.2)."""
    return scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
