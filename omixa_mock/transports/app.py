"""ASGI application of the whole server: the control routes, and the gateway behind every other target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from starlette.types import ASGIApp, Receive, Scope, Send

from omixa_mock.gateway import Gateway

from .asgi import BufferedRequest, GatewayApp
from .control import PREFIX, ControlPolicy
from .control.inspector import is_front_page
from .origins import refuse_unmatchable

__all__ = ["Dispatcher", "build_app"]


def build_app(gateway: Gateway, policy: ControlPolicy, cors_origins: Sequence[str] = ()) -> ASGIApp:
    """Return the ASGI application of a gateway.

    Args:
        gateway: The gateway that responds.
        policy: The access policy of the control routes.
        cors_origins: Origins whose pages may call the API (never the control routes); none by default.

    Raises:
        SettingError: An origin is none that a browser sends.
    """
    refuse_unmatchable(cors_origins)

    def build_control() -> ASGIApp:
        # Starlette takes as long to import as all of the gateway, and most servers get no control call.
        from .control.routes import build_control_app

        return build_control_app(gateway, policy)

    gateway_app: ASGIApp = GatewayApp(gateway)
    if cors_origins:
        from .cors import allow_origins  # for the same reason

        gateway_app = allow_origins(gateway_app, cors_origins)
    return Dispatcher(build_control, gateway_app, inspector=policy.shows_inspector)


class Dispatcher:
    """ASGI application that passes control calls to one application and all other requests to another.

    It is no Starlette router: matching ten patterns in vain would take longer than the gateway's response,
    `OPTIONS *` has no path to match, and every target must get the gateway's own response.

    Args:
        build_control: Builds the application for control calls, at the first of them.
        gateway_app: The application for all other requests.
        inspector: True if a browser that calls the fake's URL is led to the inspector.
    """

    def __init__(self, build_control: Callable[[], ASGIApp], gateway_app: ASGIApp, *, inspector: bool = False) -> None:
        self._build_control = build_control
        self._gateway_app = gateway_app
        self._inspector = inspector

    @cached_property
    def _control_app(self) -> ASGIApp:
        return self._build_control()

    def _is_control_call(self, scope: Scope) -> bool:
        """Return True if a request is for the control routes."""
        path: str = scope["path"]
        return path.startswith(f"{PREFIX}/") or (self._inspector and is_front_page(scope))

    def begin(self, scope: Scope, request: BufferedRequest) -> ASGIApp | None:
        """Begin a request whose whole body is buffered; return an application for the rest, or None if it is done."""
        if self._is_control_call(scope):
            return self._control_app
        app = self._gateway_app
        return app.begin(scope, request) if isinstance(app, GatewayApp) else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request (ASGI 3, HTTP scope)."""
        app = self._control_app if self._is_control_call(scope) else self._gateway_app
        await app(scope, receive, send)
