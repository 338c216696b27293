"""CORS, for web pages that call the API."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from omixa_mock.gateway.common import STAMP

__all__ = ["allow_origins"]

EXPOSED = ("X-Omixa-Mock", "X-Omixa-Mock-Fault", "X-Omixa-Mock-Rules", "X-Omixa-Mock-Warn")


def allow_origins(http_client: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application `door`, which pages of these origins may call."""
    return StampedCors(
        http_client, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"], expose_headers=EXPOSED
    )


class StampedCors(CORSMiddleware):
    """CORS whose answers to preflights name the fake, as every response does."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight."""
        response = super().preflight_response(request_headers)
        name, value = STAMP
        response.headers[name] = value
        return response
