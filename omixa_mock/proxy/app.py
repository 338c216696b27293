"""ASGI application of the proxy."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from omixa_mock.gateway import Problem
from omixa_mock.transports.control import PREFIX, ControlPolicy

from .call import Call, Rules
from .client_side import ClientSide
from .control import answer_control_call
from .exchange import Exchange
from .observer import Observer
from .own_responses import ENDING, build_own_response
from .protocol import CLOSERS, FIELDS
from .upstream import Origin, Upstream

__all__ = ["ProxyApp"]

UPSTREAM = "omixa_mock.upstream"
log = logging.getLogger("omixa_mock")


class ProxyApp:
    """ASGI application that passes each request to a gateway; it needs `ProxyProtocol` in front.

    Args:
        origin: The origin of the gateway.
        context: The TLS context.
        rules: The rules for every call.
        observer: The observer of finished exchanges.
        policy: The access policy of the control routes.
    """

    def __init__(
        self, origin: Origin, context: ssl.SSLContext, rules: Rules, observer: Observer, policy: ControlPolicy
    ) -> None:
        self._origin = origin
        self._context = context
        self._rules = rules
        self._observer = observer
        self._policy = policy
        self._count = 0
        self._ending = False
        self._open: set[asyncio.Task[None]] = set()
        self._upstreams: dict[int, Upstream] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request (ASGI 3, HTTP scope)."""
        del send  # the client's side writes by itself
        client = ClientSide(scope, receive)
        if scope["path"].startswith(f"{PREFIX}/"):
            await self._answer_control_call(scope, client)
        elif self._ending:
            await client.respond(build_own_response(ENDING, self._rules.terms))
        else:
            await self._pass_on(scope, client)

    async def drain(self, grace: float, at_once: asyncio.Event | None = None) -> None:
        """Let open calls end, for at most `grace` seconds or until `at_once`; then cut them. All are recorded."""
        self._ending = True
        if self._open:
            ended = asyncio.gather(*self._open, return_exceptions=True)
            cutting = asyncio.create_task((at_once or asyncio.Event()).wait())
            await asyncio.wait((ended, cutting), timeout=grace, return_when=asyncio.FIRST_COMPLETED)
            cutting.cancel()
        while self._open:
            for task in tuple(self._open):
                task.cancel()
            await asyncio.wait(tuple(self._open))
        await self._observer.catch_up()

    async def _answer_control_call(self, scope: Scope, client: ClientSide) -> None:
        try:
            response = await answer_control_call(self._observer, self._policy, scope)
        except Problem as problem:
            response = build_own_response(problem, self._rules.terms)
        await client.respond(response)

    async def _pass_on(self, scope: Scope, client: ClientSide) -> None:
        """Perform a call, until it is done or its client has left."""
        self._count += 1
        exchange = build_exchange(scope, self._count)
        self._observer.learn_secrets(exchange)
        call = Call(exchange, client, self._upstream_of(scope), self._rules, self._observer.purse)
        task = asyncio.create_task(self._perform(call, exchange, client))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        leaving = asyncio.create_task(client.wait_for_disconnect())
        try:
            await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                exchange.outcome = "client left"
        finally:
            leaving.cancel()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _perform(self, call: Call, exchange: Exchange, client: ClientSide) -> None:
        """Perform a call, and give it to the observer however it ends."""
        try:
            await call.run()
        except asyncio.CancelledError:
            if exchange.outcome == "complete":
                exchange.outcome = "proxy ended"
            client.end(reset=True)
        except Exception:  # the client's connection ends, as for a gateway that is gone
            log.exception("omixa-mock proxy failed on a call; please report this")
            exchange.outcome = "closed"
            client.end()
        finally:
            self._observer.take(exchange, call.hold)

    def _upstream_of(self, scope: Scope) -> Upstream:
        """Return the connection to the gateway that belongs to a client's connection."""
        closers: list[Any] = scope["extensions"][CLOSERS]
        key = id(closers)
        if key not in self._upstreams:
            self._upstreams[key] = Upstream(self._origin, self._context)
            closers.append(lambda: self._close(key))
        return self._upstreams[key]

    def _close(self, key: int) -> None:
        task = asyncio.get_running_loop().create_task(self._upstreams.pop(key).aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def build_exchange(scope: Scope, number: int) -> Exchange:
    """Return the record of a request, without its body."""
    query = scope["query_string"]
    return Exchange(
        number=number,
        started_at=datetime.now(UTC),
        method=scope["method"],
        target=scope["raw_path"] + (b"?" + query if query else b""),
        path=scope["path"],
        version=scope["http_version"],
        fields=scope["extensions"][FIELDS],
    )
