"""The whole server application: the control routes, and the gateway behind every other target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from starlette.types import ASGIApp, Receive, Scope, Send

from omixa_mock.gateway import Gateway

from .asgi import BufferedRequest, GatewayApp
from .control.access import PREFIX, ControlPolicy

__all__ = ["build_app"]


def build_app(gateway: Gateway, policy: ControlPolicy, cors_origins: Sequence[str] = ()) -> ASGIApp:
    """The ASGI application of a gateway.

    Args:
        gateway: What answers.
        policy: Who may use the control routes.
        cors_origins: Origins whose pages may call the API (never the control routes); none by default.
    """

    def build_control() -> ASGIApp:
        # Starlette takes as long to import as all of the gateway, and most servers get no control call.
        from .control.routes import build_control_app

        return build_control_app(gateway, policy)

    http_client: ASGIApp = GatewayApp(gateway)
    if cors_origins:
        from .cors import allow_origins  # for the same reason

        http_client = allow_origins(http_client, cors_origins)
    return Junction(build_control, http_client)


def is_control(scope: Scope) -> bool:
    """Whether a request is for the control routes."""
    path: str = scope["path"]
    return path.startswith(f"{PREFIX}/")


class Junction:
    """Sends control calls one way, and all else the other.

    No route of Starlette's: matching ten patterns in vain would take longer than the gateway's answer,
    `OPTIONS *` has no path to match, and every target gets the gateway's own answer.

    Args:
        build_control: Makes the application for the control calls, when the first of them comes.
        door: The application for all others.
    """

    def __init__(self, build_control: Callable[[], ASGIApp], http_client: ASGIApp) -> None:
        self._build_control = build_control
        self._app = http_client

    @cached_property
    def _control(self) -> ASGIApp:
        return self._build_control()

    def begin(self, scope: Scope, line: BufferedRequest) -> ASGIApp | None:
        """Begin a request whose body is all there; gives what is left to do, if anything is."""
        if is_control(scope):
            return self._control
        return self._app.begin(scope, line) if isinstance(self._app, GatewayApp) else self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3, HTTP scope)."""
        way = self._control if is_control(scope) else self._app
        await way(scope, receive, send)
