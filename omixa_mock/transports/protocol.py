"""uvicorn's httptools protocol, with the things that a fake needs otherwise."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from omixa_mock.gateway import Problem, Terms, envelope

from .app import Junction
from .connection import CONNECTION, Connection
from .uvicorn_request import UvicornRequest
from .wire import write_whole
from .write_batcher import WriteBatcher

__all__ = ["HEAD_MAX", "GatewayProtocol"]

# uvicorn logs what a fake does on purpose (cut connections, refused bytes); the
# gateway has a log of its own. Unregistered, so that no user's logging is touched.
QUIET = logging.Logger("omixa_mock.uvicorn", logging.CRITICAL + 1)  # noqa: LOG001  # for that reason
HEAD_MAX = 64 * 1024
# Requests that wait behind the one under way before no more are read.
PIPELINE_MAX = 16
MALFORMED = Problem(
    "malformed_http",
    "What came is not HTTP/1.1. Send a request line, header lines, an empty line, and a body of the announced length.",
)
NO_PROXY = Problem("malformed_http", "The fake is no proxy: CONNECT is not accepted. Call it by its own base URL.")
TOO_LONG = Problem(
    "malformed_http",
    f"Request line and header lines are longer than {HEAD_MAX:,} bytes. Send shorter ones; images go into the body.",
)


class GatewayProtocol(HttpToolsProtocol):
    """One connection; malformed HTTP is refused in the documented envelope, and no upgrade is made.

    A request that came whole is begun at once, without a task: most are answered before one would run.
    """

    terms: Terms
    batcher: WriteBatcher

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.access_logger = QUIET
        self.access_log = False
        self._in_head = False
        self._head_size = 0
        self._may_be_long = self._begun_here = False
        self._refusal: Problem | None = None
        self._unanswered: deque[RequestResponseCycle] = deque()
        self._occupied = False
        self._arrived: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client has connected."""
        super().connection_made(transport)
        self._connection = Connection(transport, self.batcher)
        self._extensions: Any = {CONNECTION: self._connection}

    def eof_received(self) -> None:
        """The client will send nothing more; over TLS its connection is closed thereupon."""
        self.batcher.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended: every request on it learns so, where uvicorn tells the newest alone."""
        super().connection_lost(exc)
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the connection; what comes after a refusal is discarded."""
        if self._refusal is not None:
            return
        self._unset_keepalive_if_required()
        resumed = self._in_head
        # A head within these bytes is no longer than they are, but for the spaces that it leaves out: one in five.
        self._may_be_long = resumed or len(data) > HEAD_MAX // 5 * 4
        self._begun_here = False
        self._occupied = True
        try:
            self._feed(data)
        except HttpParserError:
            self._refuse(TOO_LONG if self._measure_head() > HEAD_MAX else MALFORMED)
        else:
            if resumed and self._in_head and not self._begun_here:
                # The whole block was head: one that never ends must not fill the memory.
                self._head_size += len(data)
                if self._head_size > HEAD_MAX:
                    self._refuse(TOO_LONG)
        self._occupied = False
        self._begin_arrived()

    def _begin_arrived(self) -> None:
        """Begin the request that arrived, and those that wait behind it, one after another: one may end at once."""
        self._occupied = True
        try:
            while self._arrived is not None:
                cycle, self._arrived = self._arrived, None
                self._begin(cycle)
        finally:
            self._occupied = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin a request, but neither amid the bytes that it came with nor amid the answering of another."""
        del app
        self._arrived = cycle
        if not self._occupied:
            self._begin_arrived()

    def _begin(self, cycle: RequestResponseCycle) -> None:
        """Answer a request at once if that can be, or have a task do it."""
        left: Any = self.app
        at_once = not cycle.more_body and self._connection.sees_ahead and not self.transport.is_closing()
        if at_once and isinstance(self.app, Junction):
            scope: Any = cycle.scope
            left = self.app.begin(scope, UvicornRequest(cycle, self._connection))
        if left is not None:
            super()._start_asgi_task(cycle, left)

    def _feed(self, data: bytes) -> None:
        """Parse `data`. A request that asks for another protocol is read again as if it had not (RFC 9110 §7.8).

        Java's HttpClient asks for h2c in every first request; httptools would drop its body.
        """
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                method = self.parser.get_method()
                if method == b"CONNECT":
                    self._refuse(NO_PROXY)
                    return
                fields = b"".join(b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade")
                head = b"%s %s HTTP/1.1\r\n%s\r\n" % (method, self.url, fields)
                self.parser = HttpRequestParser(self)
                data = head + data[upgrade.args[0] :]
            else:
                return

    def _measure_head(self) -> int:
        """The length of the head as it is usually written, as far as it was read."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) if self._in_head else 0

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions
        self._in_head, self._head_size, self._begun_here = True, 0, True

    def on_headers_complete(self) -> None:
        """A head has ended: its request begins, unless it is to be read again."""
        if self._may_be_long and self._measure_head() > HEAD_MAX:
            raise ValueError  # httptools makes an HttpParserError of it
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            while self._unanswered and self._unanswered[0].response_complete:
                self._unanswered.popleft()
            self._unanswered.append(self.cycle)
            if len(self.pipeline) < PIPELINE_MAX:
                # uvicorn stops reading behind a request under way, and would not see its client leave.
                self.flow.resume_reading()
        self._in_head = False

    def on_message_complete(self) -> None:
        """A body has ended."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _refuse(self, problem: Problem) -> None:
        """Refuse bytes that are not HTTP, after the responses that are still owed, and close.

        Where the next request begins is unknown.
        """
        self._refusal = problem
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete:
            # The newest request is the broken one: it either learns that its body ends here, or never begins.
            cycle.disconnected = True
            cycle.message_event.set()
            owed = bool(self.pipeline)
            if owed:
                self.pipeline.popleft()
        else:
            owed = cycle is not None and not cycle.response_complete
        if not owed:
            self._close_with(problem)

    def on_response_complete(self) -> None:
        """A response was sent: the next request's turn, or the refusal's."""
        last = not self.pipeline
        super().on_response_complete()
        if last and self._refusal is not None and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._close_with(self._refusal)

    def _close_with(self, problem: Problem) -> None:
        """Send a refusal as the connection's last words."""
        self._connection.write_last(write_whole(envelope(problem, self.terms.errors), bodiless=False, closes=True))
        if self.transport.can_write_eof():
            # A close with bytes unread resets the connection, and the refusal may be lost (RFC 9112 §9.6).
            self.transport.write_eof()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            self.transport.close()
