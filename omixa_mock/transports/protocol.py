"""HTTP/1.1 protocol of the server: uvicorn's httptools protocol, changed for the needs of a fake."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from omixa_mock.gateway import Problem, Response, Terms, envelope

from .app import Dispatcher
from .connection import CONNECTION, Connection
from .request_rules import describe_malformed, find_head_problem, origin_form
from .uvicorn_request import UvicornRequest
from .wire import encode_response
from .write_batcher import WriteBatcher

__all__ = ["HEAD_MAX", "GatewayProtocol"]

# uvicorn logs events that a fake causes on purpose (cut connections, refused bytes); the gateway has a log of its own.
# The logger is not registered, so that no user's logging is changed.
SILENT = logging.Logger("omixa_mock.uvicorn", logging.CRITICAL + 1)  # noqa: LOG001  # for that reason
HEAD_MAX = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# Pipelined requests that may wait behind the current one; beyond that, the server stops reading.
PIPELINE_MAX = 16
CONNECT_REFUSED = Problem(
    "malformed_http", "The fake is no proxy: CONNECT is not accepted. Call it by its own base URL."
)
TOO_LONG = Problem(
    "malformed_http",
    f"Request line and header lines are longer than {HEAD_MAX:,} bytes. Send shorter ones; images go into the body.",
)


class GatewayProtocol(HttpToolsProtocol):
    """Server side of one connection: malformed HTTP gets the documented envelope, and upgrades are ignored.

    A request whose whole body has arrived is begun at once, without a task: most are done before a task would run.
    """

    terms: Terms
    batcher: WriteBatcher
    on_refusal: Callable[[Problem, Response | None], None]
    connect_refusal = CONNECT_REFUSED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.access_logger = SILENT
        self.access_log = False
        self._in_head, self._head_size = False, 0
        self._may_be_long = self._head_began_in_block = False
        self._refusal: Problem | None = None
        self._broken_rule: Problem | None = None
        self._open_cycles: deque[RequestResponseCycle] = deque()
        self._busy = False
        self._ready_cycle: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Handle a new connection."""
        super().connection_made(transport)
        self._connection = Connection(transport, self.batcher)
        self._extensions: Any = {CONNECTION: self._connection}
        self._wait_for_next()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn keeps no half-closed connection
        """Handle the end of the client's bytes; keep the connection if a whole request waits for its response."""
        self.batcher.flush()
        cycle = self.cycle
        waits = cycle is not None and not cycle.more_body and not cycle.response_complete
        if not waits or not self._connection.half_closes or cycle.scope["http_version"] == "1.0":
            return False
        cycle.keep_alive = False
        self._connection.write_last(self._probe())  # now: a response may begin before the task does
        task = self.loop.create_task(self._connection.watch_half_closed(self._probe))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return True

    def _probe(self) -> bytes:
        """Return an interim response, which RFC 9110 §15.2 lets every client ignore; nothing within a response."""
        return b"" if any(one.response_started and not one.response_complete for one in self._open_cycles) else CONTINUE

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection: notify every request on it, while uvicorn notifies only the newest."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        for cycle in self._open_cycles:
            cycle.disconnected = True
            cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Handle bytes from the connection; discard those after a refusal."""
        if self._refusal is not None:
            return
        self._unset_keepalive_if_required()
        resumed = self._in_head
        # In its usual spelling, a head within these bytes is longer only by omitted spaces: at most one byte in five.
        self._may_be_long = resumed or len(data) > HEAD_MAX // 5 * 4
        self._head_began_in_block = False
        self._busy = True
        try:
            self._feed(data)
        except HttpParserError:
            too_long = TOO_LONG if self._measure_head() > HEAD_MAX else None
            self._refuse(self._broken_rule or too_long or describe_malformed(data))
        else:
            if resumed and self._in_head and not self._head_began_in_block:
                # The whole block was part of a head; an endless head must not fill the memory.
                self._head_size += len(data)
                if self._head_size > HEAD_MAX:
                    self._refuse(TOO_LONG)
        self._busy = False
        self._begin_ready()

    def _begin_ready(self) -> None:
        """Begin the ready request and those pipelined behind it, one after another: each may be done at once."""
        self._busy = True
        try:
            while self._ready_cycle is not None:
                cycle, self._ready_cycle = self._ready_cycle, None
                self._begin(cycle)
        finally:
            self._busy = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin a request, unless bytes are being parsed or another request is being begun."""
        del app
        self._ready_cycle = cycle
        if not self._busy:
            self._begin_ready()

    def _begin(self, cycle: RequestResponseCycle) -> None:
        """Respond to a request at once if possible, otherwise start a task for it."""
        app: Any = self.app
        buffered = not cycle.more_body and self._connection.detects_disconnect and not self.transport.is_closing()
        if buffered and isinstance(self.app, Dispatcher):
            scope: Any = cycle.scope
            app = self.app.begin(scope, UvicornRequest(cycle, self._connection))
        if app is not None:
            super()._start_asgi_task(cycle, app)

    def _feed(self, data: bytes) -> None:
        """Parse `data`; parse a request with an upgrade again without its upgrade field (RFC 9110 §7.8).

        Java's HttpClient requests h2c on every new connection, and httptools would drop that request's body.
        """
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                method = self.parser.get_method()
                if method == b"CONNECT":
                    self._refuse(self.connect_refusal)
                    return
                fields = b"".join(b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade")
                head = b"%s %s HTTP/1.1\r\n%s\r\n" % (method, self.url, fields)
                self.parser = HttpRequestParser(self)
                data = head + data[upgrade.args[0] :]
            else:
                return

    def _measure_head(self) -> int:
        """Return the length of the head read so far, in its usual spelling."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) if self._in_head else 0

    def on_message_begin(self) -> None:
        """Handle the beginning of a request head."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions
        self._in_head, self._head_size, self._head_began_in_block = True, 0, True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Handle a header field; trailers are discarded, since they are not to be merged (RFC 9110 §6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Handle the end of a request head: begin the request, unless it must be parsed again."""
        if self._may_be_long and self._measure_head() > HEAD_MAX:
            raise ValueError  # httptools turns it into an HttpParserError
        self._broken_rule = find_head_problem(self.headers, self.parser.get_http_version())
        if self._broken_rule is not None:
            raise ValueError
        self.url = origin_form(self.url, self.parser.get_method())
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            while self._open_cycles and self._open_cycles[0].response_complete:
                self._open_cycles.popleft()
            self._open_cycles.append(self.cycle)
            if len(self.pipeline) < PIPELINE_MAX:
                # uvicorn stops reading during a request, and so would not see its client disconnect.
                self.flow.resume_reading()
        self._in_head = False

    def on_message_complete(self) -> None:
        """Handle the end of a request body."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _refuse(self, problem: Problem) -> None:
        """Refuse bytes that are not HTTP, after the pending responses, and close.

        The beginning of the next request is unknown.
        """
        self._refusal = problem
        self.on_refusal(problem, self.build_refusal(problem))
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            # The newest request is the malformed one: end its body here, or never begin it.
            cycle.disconnected = True
            cycle.message_event.set()
            pending = bool(self.pipeline)
            if pending:
                self.pipeline.popleft()
        else:
            pending = cycle is not None and not cycle.response_complete
        if not pending:
            self._close_with(problem)

    def on_response_complete(self) -> None:
        """Handle the end of a response: begin the next request, or send the refusal."""
        last = not self.pipeline
        super().on_response_complete()
        if last and self._refusal is not None and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._close_with(self._refusal)

    def build_refusal(self, problem: Problem) -> Response:
        """Return the response for bytes that are refused."""
        return envelope(problem, self.terms.errors)

    def _close_with(self, problem: Problem) -> None:
        """Send a refusal as the last response, and close."""
        self._connection.write_last(encode_response(self.build_refusal(problem), bodiless=False, closes=True))
        if self.transport.can_write_eof():
            # Closing with unread bytes resets the connection, and the refusal may be lost (RFC 9112 §9.6).
            self.transport.write_eof()
            self._wait_for_next()
        else:
            self.transport.close()

    def _wait_for_next(self) -> None:
        """Close the connection if nothing is received in time."""
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
