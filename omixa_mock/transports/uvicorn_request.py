"""Buffered request of uvicorn: one whose whole body has arrived. Most get their response without a task."""

from __future__ import annotations

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from omixa_mock.gateway import Request, RequestHead, Response

from .asgi import LONG_RESPONSE
from .connection import Connection
from .wire import encode_response

__all__ = ["UvicornRequest"]


class UvicornRequest:
    """Request of uvicorn whose whole body is buffered.

    Args:
        cycle: Its request-response cycle.
        connection: Its connection.
    """

    def __init__(self, cycle: RequestResponseCycle, connection: Connection) -> None:
        self._cycle = cycle
        self._connection = connection

    def parse_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """Return the request and its parsed head."""
        return self._connection.parse_head(scope)

    def read_body(self, limit: int) -> bytes | None:
        """Return the body, or None if it is longer than `limit`."""
        body, self._cycle.body = self._cycle.body, bytearray()
        return bytes(body) if len(body) <= limit else None

    def try_send(self, response: Response) -> bool:
        """Send a whole response if the client is connected and nothing has to wait; return True if it was sent."""
        cycle = self._cycle
        if len(response.body) > LONG_RESPONSE or cycle.flow.write_paused or self._connection.is_disconnected():
            return False
        self._connection.write(
            encode_response(
                response, bodiless=cycle.scope["method"] == "HEAD", closes=not cycle.keep_alive, is_server=True
            )
        )
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self._connection.close()
        cycle.on_response()
        return True
