"""CORS middleware, for web pages that call the API."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from omixa_mock.gateway.common import STAMP

__all__ = ["allow_origins"]

EXPOSED = ("X-Omixa-Mock", "X-Omixa-Mock-Fault", "X-Omixa-Mock-Rules", "X-Omixa-Mock-Warn")


def allow_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Return an application that lets pages of these origins call `app`."""
    return StampedCors(
        app, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"], expose_headers=EXPOSED
    )


class StampedCors(CORSMiddleware):
    """CORS middleware whose preflight responses name the fake, as every response does."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the response to a preflight request."""
        response = super().preflight_response(request_headers)
        name, value = STAMP
        response.headers[name] = value
        return response
