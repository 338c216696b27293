"""What the fake is measured against: servers and a transport that do nothing but answer.

S is a Starlette `Route` whose function returns a `Response` with bytes that are ready; B is a
bare ASGI callable with the same bytes. Both read the request's body, as every server must.
They answer as many bytes as the path says: `POST /1351`.
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
def ready(size: int) -> bytes:
    """A JSON text of `size` bytes, made once."""
    return b'{"b64_json":"%s"}' % (b"A" * (size - 15))


async def answer(request: Request) -> Response:
    """Answer with bytes that are ready."""
    await request.body()
    return Response(ready(request.path_params["size"]), media_type="application/json")


S = Starlette(routes=[Route("/{size:int}", answer, methods=["POST"])])


async def B(scope: Any, receive: Any, send: Any) -> None:  # noqa: N802  # as the goal table calls it
    """A bare ASGI application."""
    while (await receive()).get("more_body"):
        pass
    body = ready(int(scope["path"][1:]))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
