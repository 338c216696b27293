"""One call of aiohttp: a gateway's flow at the other end of its transport.

The flow runs in callbacks of the event loop. There is no task: a client that leaves ends the flow at once, even if its
loop never runs again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from httptools import HttpParserUpgrade

from omixa_mock.gateway import ClientDisconnected, Cut, Flow, Hang, Offload, ReadBody, Send, Step, Wait
from omixa_mock.transports.flow_driver import drive
from omixa_mock.transports.wire import encode_broken, encode_response

from .aiohttp_limits import TimeLimits
from .byte_stream import RequestReader
from .exchange import UNBOUNDED_WAIT, ClientHasNoTimeout, visible_body
from .loop_timer import call_later
from .memory_transport import MemoryTransport
from .registry import flow_of

__all__ = ["GatewayCall"]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class HeadReader(RequestReader):
    """Parser of a request.

    Attributes:
        head_complete: True once the whole head has been written.
    """

    head_complete = False

    def feed(self, data: bytes) -> None:
        """Parse the next bytes; a request to upgrade the protocol is ignored (RFC 9110 §7.8).

        Raises:
            ValueError: They are not HTTP/1.1.
        """
        with suppress(HttpParserUpgrade):
            super().feed(data)

    def on_headers_complete(self) -> None:
        """Mark the head as complete."""
        self.head_complete = True


class GatewayCall:
    """The gateway's end of one connection, for one call.

    Args:
        loop: The event loop of the client.
        transport: The transport of the connection.
        limits: The client's time limits.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: MemoryTransport, limits: TimeLimits) -> None:
        self._loop = loop
        self._transport = transport
        self._limits = limits
        self._reader = HeadReader()
        self._flow: Flow | None = None
        self._step: Step | None = None
        self._waits: Iterator[float] | None = None
        self._method = ""
        # The seconds waited in the current step before the current wait, and when that began.
        self._waited = self._began = 0.0
        self._cancel_wait: Callable[[], None] | None = None

    # The request

    def receive(self, data: bytes) -> None:
        """Receive a part of the request.

        Raises:
            ValueError: The client wrote no HTTP/1.1.
        """
        if self._waits is not None:
            return  # The response has begun: a server discards the rest.
        self._reader.feed(data)
        if not self._reader.head_complete:
            return
        try:
            self._read()
        except Exception as error:  # noqa: BLE001  # the gateway's own: the call raises it
            self._loop.call_soon(self._transport.fail, error)

    def _read(self) -> None:
        """Begin the flow, and give it the body as soon as it is complete or too long."""
        if self._flow is None:
            self._begin()
        if isinstance(self._step, ReadBody):
            too_long = len(self._reader.body) > self._step.limit
            if not too_long and not self._reader.complete:
                return
            self._next(None if too_long else self._reader.body)
        self._waits = self._perform()
        self._loop.call_soon(self._run)

    def _begin(self) -> None:
        request = self._reader.request()
        self._method = request.method
        self._flow = flow_of(request)
        if self._flow is None:
            raise ConnectionAbortedError("omixa-mock: the interception ended before the request was written")
        self._step = next(self._flow)
        continues = request.headers.get("expect", "").lower() == "100-continue"
        if continues and isinstance(self._step, ReadBody) and not self._reader.complete:
            self._transport.send(CONTINUE)

    # The response

    def _next(self, outcome: Any = None) -> None:
        """Continue the flow to its next step; None after the last."""
        self._waited = 0.0
        try:
            self._step = self._flow.send(outcome) if self._flow else None
        except StopIteration:
            self._step = self._flow = None

    def _perform(self) -> Iterator[float]:
        """Perform the steps of the flow, and yield the seconds of each wait."""
        while self._step is not None:
            match self._step:
                case Wait(seconds):
                    yield seconds
                case Hang(limit):
                    yield limit if self._limits.remaining() == math.inf else math.inf
                    self._leave(UNBOUNDED_WAIT)
                    self._transport.fail(ClientHasNoTimeout(limit))
                    return
                case Send():
                    yield from self._send(self._step)
                case Cut():
                    data, resets = encode_broken(self._step)
                    self._transport.send(data)
                    self._transport.end(resets=resets)
            self._next()

    def _send(self, step: Send) -> Iterator[float]:
        """Send a response, in pieces if it has some."""
        data = encode_response(step.response, bodiless=True, closes=False)
        body = visible_body(step.response, self._method)
        length = -(-len(body) // step.pieces)
        for number in range(step.pieces):
            if number:
                yield step.pause
            self._transport.send(data + body[number * length : (number + 1) * length])
            self._limits.restart()
            data = b""

    def _run(self) -> None:
        """Perform the flow up to its next wait."""
        try:
            for seconds in self._waits or ():
                if seconds > self._limits.remaining():
                    self._time_out()
                    return
                if seconds:
                    self._limits.stop_clock()
                    self._began = self._loop.time()
                    self._cancel_wait = call_later(self._loop, seconds, partial(self._resume, seconds))
                    return
        except Exception as error:  # noqa: BLE001  # the gateway's own: the call raises it
            self._transport.fail(error)

    def _resume(self, seconds: float) -> None:
        """Continue after a wait."""
        if self._flow is not None:
            self._cancel_wait = None
            self._waited += seconds
            self._limits.spend(seconds)
            self._run()

    # The client leaves

    def _time_out(self) -> None:
        """End the flow as if the client's time limit had passed; no time passes."""
        self._leave(self._waited + self._limits.remaining())
        self._transport.after_delivery(self._limits.expire)

    def disconnect(self) -> None:
        """End the flow: the client has closed its connection."""
        if self._cancel_wait is not None:
            self._cancel_wait()
            self._waited += self._loop.time() - self._began
        self._leave(self._waited)

    def _leave(self, waited: float) -> None:
        """Throw the client's disconnect into the flow, and run the flow to its end."""
        flow, step = self._flow, self._step
        self._flow = self._step = None
        self._waits = iter(())
        if flow is None or step is None:
            return
        seconds = iter((waited,))

        def perform(step: Step) -> None:
            if not isinstance(step, Offload):
                raise ClientDisconnected(next(seconds, 0.0))

        drive(flow, perform, step)
