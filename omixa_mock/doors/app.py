"""The whole server application: the control routes, and the gateway behind every other path."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.types import ASGIApp

from omixa_mock.gateway import Gateway

from .asgi import GatewayDoor
from .control import Control
from .guard import ControlPolicy

__all__ = ["build_app"]

EXPOSED = ("X-Omixa-Mock", "X-Omixa-Mock-Rules", "X-Omixa-Mock-Warn")


def build_app(gateway: Gateway, policy: ControlPolicy, cors_origins: Sequence[str] = ()) -> Starlette:
    """The Starlette application of a gateway.

    Args:
        gateway: What answers.
        policy: Who may use the control routes.
        cors_origins: Origins whose pages may call the API (never the control routes); none by default.
    """
    door: ASGIApp = GatewayDoor(gateway)
    if cors_origins:
        door = CORSMiddleware(
            door,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
    return Starlette(routes=[*Control(gateway, policy).routes(), Mount("", app=door)], middleware=list[Middleware]())
