"""A request whose body is all there, as uvicorn has it: most are answered without a task."""

from __future__ import annotations

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from omixa_mock.gateway import Request, RequestHead, Response

from .asgi import LONG_RESPONSE
from .connection import Connection
from .wire import write_whole

__all__ = ["UvicornRequest"]


class UvicornRequest:
    """A request whose body is all there.

    Args:
        cycle: What uvicorn has of it.
        connection: What it came by.
    """

    def __init__(self, cycle: RequestResponseCycle, connection: Connection) -> None:
        self._cycle = cycle
        self._connection = connection

    def read_head(self, scope: Scope) -> tuple[Request, RequestHead]:
        """The request's head and what it says."""
        return self._connection.read_head(scope)

    def take_body(self, limit: int) -> bytes | None:
        """The body, or None where it is longer than `limit`."""
        body, self._cycle.body = self._cycle.body, bytearray()
        return bytes(body) if len(body) <= limit else None

    def answer(self, response: Response) -> bool:
        """Send a whole response, if that takes no waiting and the client is there; says whether it was sent."""
        cycle = self._cycle
        if len(response.body) > LONG_RESPONSE or cycle.flow.write_paused or self._connection.is_left():
            return False
        self._connection.write(
            write_whole(response, bodiless=cycle.scope["method"] == "HEAD", closes=not cycle.keep_alive)
        )
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self._connection.close()
        cycle.on_response()
        return True
