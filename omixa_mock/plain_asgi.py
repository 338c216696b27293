"""ASGI application of a gateway for any server: Starlette, uvicorn, hypercorn, `httpx.ASGITransport`.

ASGI has no message for a broken connection. The faults that break one are refused when they are planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial

import anyio
import anyio.to_thread
from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from omixa_mock.gateway import CATALOGUE, Body, ClientDisconnected, Contract, Flow, Gateway, Hang, Step
from omixa_mock.gateway.faults import ABORTED, BROKEN
from omixa_mock.interceptors.waiting import sleep_async
from omixa_mock.mock import OmixaMock
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import Dispatcher
from omixa_mock.transports.asgi import AsgiClient, GatewayApp
from omixa_mock.transports.control import ControlPolicy

__all__ = ["HangWithoutTimeout", "MockApp", "plain_contract"]

# Modules whose clients call the application without a connection: they have no timeouts.
CONNECTIONLESS = {
    "httpx._transports.asgi": "httpx.ASGITransport",
    "httpx2._transports.asgi": "httpx2.ASGITransport",
    "starlette.testclient": "Starlette's TestClient",
}


@cache
def plain_contract() -> Contract:
    """Return the shipped contract, with the faults that ASGI cannot perform."""
    breaking = {*ABORTED, *BROKEN}
    others = ", ".join(name for name in CATALOGUE if name not in breaking)
    reason = (
        "breaks the connection, for which ASGI has no message. Use omixa_mock.serve(), whose own server can. "
        f"An ASGI application can perform: {others}."
    )
    # Compiled contracts refer to their own documents.
    return replace(shipped_contract(), refused_faults=dict.fromkeys(breaking, reason), _compiled={})


class HangWithoutTimeout(BaseException):
    """A client without a connection met a hang; it would wait for ever.

    It is no `Exception`, so that no retry of the client swallows it.
    """

    def __init__(self, client: str, limit: float) -> None:
        super().__init__(
            f"omixa-mock: a planned hang met {client}, which ignores timeouts: the call would hang for ever. Put a "
            f"deadline around it that is shorter than the setting hang_limit ({limit:g} s), for instance "
            "anyio.fail_after(1), or use httpx.MockTransport(mock.httpx_handler), which obeys the client's own timeout."
        )


class PlainAsgiClient(AsgiClient):
    """The client of one request on any server, under asyncio or trio.

    Args:
        flow: The request's flow.
        receive: Returns the server's next message.
        send: Sends a message to the server.
    """

    def __init__(self, flow: Flow, receive: Receive, send: Send) -> None:
        super().__init__(receive, send)
        self._flow = flow
        self._connectionless = CONNECTIONLESS.get(getattr(receive, "__module__", ""))

    async def perform(self, step: Step) -> Body | None:
        """Perform one step of a flow.

        Raises:
            ClientDisconnected: The client closed its connection meanwhile.
            HangWithoutTimeout: The client cannot leave, and the flow hangs.
        """
        if isinstance(step, Hang) and self._connectionless:
            await self.wait(step.limit)
            self._leave(step.limit)
            raise HangWithoutTimeout(self._connectionless, step.limit)
        return await super().perform(step)

    async def wait(self, seconds: float | None, before: float = 0.0) -> None:
        """Wait while the client stays connected.

        Args:
            seconds: The duration; None for as long as the client stays.
            before: Seconds waited before, which count in the exception.

        Raises:
            ClientDisconnected: The client disconnected; with the seconds waited.
        """
        begin, left = anyio.current_time(), False

        async def watch() -> None:
            nonlocal left
            await self.drain_until_disconnect()
            left = True
            group.cancel_scope.cancel()

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(watch)
                await (anyio.sleep_forever() if seconds is None else sleep_async(seconds))
                group.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():  # a deadline around the call, which counts as the client's own
            self._leave(before + anyio.current_time() - begin)
            raise
        if left:
            raise ClientDisconnected(before + anyio.current_time() - begin)

    def _leave(self, waited: float) -> None:
        """End the flow: its client has left."""
        with suppress(StopIteration):
            self._flow.throw(ClientDisconnected(waited))


class MockApp:
    """ASGI 3 application that answers as the gateway does.

    Attributes:
        mock: The mock: its calls, faults, assertions.
    """

    def __init__(self, mock: OmixaMock, policy: ControlPolicy | None, cors_origins: Sequence[str] = ()) -> None:
        self.mock = mock
        self._app = build_plain_app(mock.gateway, policy, cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request, or take part in the server's start and stop (ASGI 3).

        Raises:
            ValueError: The scope has an unknown type.
        """
        match scope["type"]:
            case "http":
                await self._app(relative(scope), receive, send)
            case "lifespan":
                await run_lifespan(receive, send)
            case "websocket":
                # Before it is accepted: the server answers 403.
                await send({"type": "websocket.close"})
            case unknown:
                raise ValueError(f"omixa-mock does not take the ASGI scope {unknown!r}; it takes http")


def build_plain_app(gateway: Gateway, policy: ControlPolicy | None, cors_origins: Sequence[str]) -> ASGIApp:
    """Return the ASGI application of a gateway for any server.

    Args:
        gateway: The gateway that responds.
        policy: The access policy of the control routes; None if there are none.
        cors_origins: Origins whose pages may call the API.
    """
    app: ASGIApp = GatewayApp(gateway, connect, partial(offload, anyio.CapacityLimiter(1)))
    if cors_origins:
        from omixa_mock.transports.cors import allow_origins  # few need Starlette's middleware

        app = allow_origins(app, cors_origins)
    if policy is None:
        return app
    from omixa_mock.transports.control.routes import build_control_app  # for the same reason

    control_app = build_control_app(gateway, policy)
    return Dispatcher(lambda: control_app, app, inspector=policy.shows_inspector)


def connect(flow: Flow, _: Scope, receive: Receive, send: Send) -> PlainAsgiClient:
    """Return the client of a request."""
    return PlainAsgiClient(flow, receive, send)


async def offload(limiter: anyio.CapacityLimiter, flow: Flow) -> Step | None:
    """Compute the next step of a flow in a thread, one at a time: large bodies must not fill the memory."""
    return await anyio.to_thread.run_sync(next, flow, None, limiter=limiter)


def relative(scope: Scope) -> Scope:
    """Return an HTTP scope whose path begins at this application, which may be mounted below a `root_path`."""
    root, path = scope.get("root_path", "").rstrip("/"), scope["path"]
    # A path that does not begin with it is relative already: servers and mounts differ.
    if not root or not (path.startswith(f"{root}/") or path == root):
        return scope
    raw = scope.get("raw_path") or b""
    inner = {"raw_path": raw[len(root) :] or b"/"} if raw.startswith(root.encode()) else {}
    return {**scope, **inner, "path": path[len(root) :] or "/", "root_path": ""}


async def run_lifespan(receive: Receive, send: Send) -> None:
    """Take part in a server's start and stop: there is nothing to do for either."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
