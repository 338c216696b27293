"""The whole server application: the control routes, and the gateway behind every other target."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from omixa_mock.gateway import Gateway
from omixa_mock.gateway.version import STAMP

from .asgi import GatewayDoor
from .control import PREFIX, Control
from .guard import ControlPolicy

__all__ = ["build_app"]

EXPOSED = ("X-Omixa-Mock", "X-Omixa-Mock-Fault", "X-Omixa-Mock-Rules", "X-Omixa-Mock-Warn")


def build_app(gateway: Gateway, policy: ControlPolicy, cors_origins: Sequence[str] = ()) -> ASGIApp:
    """The ASGI application of a gateway.

    Args:
        gateway: What answers.
        policy: Who may use the control routes.
        cors_origins: Origins whose pages may call the API (never the control routes); none by default.
    """
    door: ASGIApp = GatewayDoor(gateway)
    if cors_origins:
        door = StampedCors(
            door,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
    control = Starlette(routes=Control(gateway, policy).routes())
    control.router.redirect_slashes = False
    return Junction(control, door)


class Junction:
    """Sends control calls one way, and all else the other.

    No route of Starlette's: matching ten patterns in vain would take longer than the gateway's answer,
    `OPTIONS *` has no path to match, and every target gets the gateway's own answer.
    """

    def __init__(self, control: ASGIApp, door: ASGIApp) -> None:
        self._control = control
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3, HTTP scope)."""
        way = self._control if scope["path"].startswith(PREFIX + "/") else self._door
        await way(scope, receive, send)


class StampedCors(CORSMiddleware):
    """CORS whose answers to preflights name the fake, as every reply does."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight."""
        response = super().preflight_response(request_headers)
        name, value = STAMP
        response.headers[name] = value
        return response
