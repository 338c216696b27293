"""Yardsticks: servers that do nothing but send a canned response.

S is a Starlette `Route` whose function returns a `Response` with bytes that are ready. B is a bare ASGI callable with
the same bytes. Both read the request's body, as every server must. The path names the length of the response's body:
`POST /1351`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["B", "S"]


@cache
def canned_body(size: int) -> bytes:
    """Return a JSON text of `size` bytes, made once."""
    return b'{"b64_json":"%s"}' % (b"A" * (size - 15))


async def respond(request: Request) -> Response:
    """Return bytes that are ready."""
    await request.body()
    return Response(canned_body(request.path_params["size"]), media_type="application/json")


S = Starlette(routes=[Route("/{size:int}", respond, methods=["POST"])])


async def B(scope: Any, receive: Any, send: Any) -> None:  # noqa: N802  # as the goal table calls it
    """Send bytes that are ready: a bare ASGI application."""
    while (await receive()).get("more_body"):
        pass
    body = canned_body(int(scope["path"][1:]))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
