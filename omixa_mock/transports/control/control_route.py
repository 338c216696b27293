"""ASGI application of one control path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from omixa_mock.gateway import Problem, Response
from omixa_mock.gateway.common import STAMP
from omixa_mock.gateway.http import JSON_TYPE
from omixa_mock.transports.asgi import INTERNAL_ERROR, log, send_response

from .unknown_route import refuse_unknown_route

__all__ = ["ControlRoute", "Methods"]

# A handler returns JSON, or a whole response.
Methods = Mapping[str, Callable[[Request], Awaitable[Any]]]


class ControlRoute:
    """ASGI application of one control path: it selects by method, and responds in JSON or with a file.

    Args:
        methods: The handlers by method; empty for an unknown path.
        check_access: Raises a `Problem` for a call that breaks the access policy.
        refuse: Returns the response for a `Problem`.
        known: The patterns of all routes, for the refusal of an unknown path.
    """

    def __init__(
        self,
        methods: Methods,
        check_access: Callable[[Request], None],
        refuse: Callable[[Problem], Response],
        known: Collection[str] = (),
    ) -> None:
        self._known = known
        self._methods = methods
        self._check_access = check_access
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one control call (ASGI 3, HTTP scope)."""
        request = Request(scope, receive)
        try:
            self._check_access(request)
            result = await self._select(request)(request)
            response = result if isinstance(result, Response) else write_json(result)
        except ClientDisconnect:
            return
        except Problem as problem:
            response = self._refuse(problem)
        except Exception:  # noqa: BLE001  # whatever it is, the client gets the envelope
            log.exception("omixa-mock failed on %s %s; please report this", scope["method"], scope["path"])
            response = self._refuse(INTERNAL_ERROR)
        await send_response(send, response)

    def _select(self, request: Request) -> Callable[[Request], Awaitable[Any]]:
        path, method = request.scope["path"], request.method
        if not self._methods:
            raise refuse_unknown_route(path, self._known)
        # RFC 9110 §9.1: a server must support HEAD wherever it supports GET.
        methods = {**self._methods, "HEAD": self._methods["GET"]} if "GET" in self._methods else self._methods
        if method not in methods:
            allowed = ", ".join(methods)
            raise Problem(
                "method_not_allowed",
                f"{path} does not take {method}; accepted: {allowed}.",
                headers=(("allow", allowed),),
            )
        return methods[method]


def write_json(value: Any) -> Response:
    """Return a response with a JSON value."""
    return Response(200, (JSON_TYPE, STAMP), orjson.dumps(value, option=orjson.OPT_INDENT_2))
