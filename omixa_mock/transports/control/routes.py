"""Control routes below `/__omixa`, by which tests in any language control the fake.

A call that concerns a workspace carries that workspace's key in `Authorization`, like any other call.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from omixa_mock.gateway import VERSION, Gateway, Problem, Response, SettingError, Workspace, envelope
from omixa_mock.gateway.common import STAMP
from omixa_mock.gateway.contract import describe_api
from omixa_mock.gateway.faults import describe_plan_state
from omixa_mock.gateway.http import JSON_TYPE, redact
from omixa_mock.transports.asgi import INTERNAL_ERROR, log, send_response
from omixa_mock.transports.header_fields import parse_headers

from .access import PREFIX, ControlPolicy, refuse_access
from .journal import describe_journal
from .json import describe_entry, describe_workspace, read_body, read_key, read_object, shorten
from .query import CLOSING, JOURNAL, VERDICT, WAIT, read_query
from .verdict import describe_maker, describe_verdict

__all__ = ["Control", "build_control_app"]

Json = Any
Methods = Mapping[str, Callable[[Request], Awaitable[Json]]]


def build_control_app(gateway: Gateway, policy: ControlPolicy) -> Starlette:
    """Return the Starlette application of the control routes."""
    app = Starlette(routes=Control(gateway, policy).routes())
    app.router.redirect_slashes = False
    return app


class Control:
    """Control routes of one gateway.

    Args:
        gateway: The gateway that they show and change.
        policy: Their access policy.
    """

    def __init__(self, gateway: Gateway, policy: ControlPolicy) -> None:
        self._gateway = gateway
        self._policy = policy
        # Decoding an image takes a lot of memory.
        self._decoding = anyio.CapacityLimiter(1)
        # Random: in containers every process has the same process id.
        self._instance = secrets.token_hex(8)

    def routes(self) -> list[Route]:
        """Return the Starlette routes."""
        table: dict[str, Methods] = {
            "/workspace": {"GET": self.show, "PUT": self.configure, "DELETE": self.close},
            "/requests": {"GET": self.journal},
            "/ledger": {"GET": self.ledger},
            "/verdict": {"GET": self.verdict},
            "/identify": {"POST": self.identify},
            "/faults": {"GET": self.plans, "POST": self.plan, "DELETE": self.forget_plans},
            "/reset": {"POST": self.reset},
            "/health": {"GET": self.health},
            "/schemas": {"GET": self.schemas},
            "/schemas/{name:path}": {"GET": self.schema},
            "/openapi.json": {"GET": self.openapi},
            "/{rest:path}": {},
        }
        return [Route(PREFIX + path, ControlRoute(self, methods)) for path, methods in table.items()]

    def check_access(self, request: Request) -> None:
        """Refuse a call that breaks the access policy."""
        refuse_access(self._policy, parse_headers(request.scope), request.scope["scheme"])

    def refuse(self, problem: Problem) -> Response:
        """Return a refusal in the documented envelope, shortened and with keys redacted."""
        problem.message = shorten(redact(problem.message))
        return envelope(problem, self._gateway.workspaces.terms.errors)

    async def health(self, _: Request) -> Json:
        """Return the name, version and status of the fake, and the id of its instance."""
        counts = self._gateway.workspaces.count()
        return {"name": "omixa-mock", "version": VERSION, "status": "ok", "instance": self._instance, **counts}

    async def show(self, request: Request) -> Json:
        """Return the workspace of the key: balance, models, routes, settings."""
        return describe_workspace(self._workspace(request))

    async def configure(self, request: Request) -> Json:
        """Open the workspace of the key if necessary, and apply the changes in the body."""
        key, workspaces = read_key(request), self._gateway.workspaces
        changes = await read_object(request)
        workspace = workspaces.owner(parse_headers(request.scope))
        try:
            if workspace is None:
                # A dry run: a refused change must not open a workspace, least of all one that was closed.
                Workspace("", workspaces.terms).configure(changes)
            workspace = workspaces.open(key)
            workspace.configure(changes)
        except SettingError as error:
            raise Problem("invalid_request", str(error)) from None
        return describe_workspace(workspace)

    async def close(self, request: Request) -> Json:
        """Close the workspace of the key, and return the verdict on its calls; later calls get 401 under `?name=`."""
        key, query = read_key(request), read_query(request, CLOSING)
        # As for every other route: a mistyped key must not get a verdict on nothing.
        verdict = await describe_verdict(self._workspace(request), query.get("wait", WAIT))
        self._gateway.workspaces.close(key, query.get("name", ""))
        return {"closed": True, "verdict": verdict}

    async def verdict(self, request: Request) -> Json:
        """Return the verdict on the calls of the key's workspace, as the pytest plugin and the assertions reach it."""
        query = read_query(request, VERDICT)
        return await describe_verdict(self._workspace(request), query.get("wait", WAIT))

    async def identify(self, request: Request) -> Json:
        """Return the calls of the key's workspace that made the image in the body."""
        workspace = self._workspace(request)
        data = await read_body(request, workspace.settings.body_max)
        return await describe_maker(data, workspace, self._decoding)

    async def journal(self, request: Request) -> Json:
        """Return the calls of the key's workspace, or, with `?unmatched=1`, those that match no workspace.

        With `?full=1` they are complete, images in base64 included. The other parameters choose calls.
        """
        query = read_query(request, JOURNAL)
        unmatched = query.get("unmatched", False)
        return describe_journal(self._gateway.unmatched if unmatched else self._workspace(request).journal, query)

    async def ledger(self, request: Request) -> Json:
        """Return the wallet of the key's workspace, with its ledger."""
        wallet = self._workspace(request).wallet
        return {
            "balance": f"{wallet.balance:.6f}",
            "held": f"{wallet.held:.6f}",
            "captured": f"{wallet.captured:.6f}",
            "evicted": wallet.ledger.evicted,
            "entries": [describe_entry(entry) for entry in wallet.ledger],
        }

    async def plans(self, request: Request) -> Json:
        """Return the fault plans of the key, in order, with their state."""
        return {"plans": [describe_plan_state(state) for state in self._workspace(request).plan_states]}

    async def plan(self, request: Request) -> Json:
        """Plan faults for the key's next valid calls: `{"fail": "no_route", "times": 2}`."""
        workspace = self._workspace(request)
        try:
            return describe_plan_state(workspace.plan(await read_object(request)))
        except SettingError as error:
            raise Problem("invalid_request", str(error)) from None

    async def forget_plans(self, request: Request) -> Json:
        """Forget the planned faults of the key."""
        self._workspace(request).forget_plans()
        return {"plans": []}

    async def reset(self, request: Request) -> Json:
        """Reset the workspace of the key."""
        self._workspace(request)
        return describe_workspace(self._gateway.workspaces.reset(read_key(request)))

    async def schemas(self, _: Request) -> Json:
        """Return the names of the schemas."""
        return {"schemas": sorted(self._gateway.contract.schemas())}

    async def schema(self, request: Request) -> Json:
        """Return one schema, as shipped."""
        name = request.path_params["name"].strip("/").removesuffix(".json")
        if not name:
            return await self.schemas(request)
        schemas = self._gateway.contract.schemas()
        if name not in schemas:
            raise Problem("not_found", f"There is no schema {name[:80]!r}; there are: {', '.join(sorted(schemas))}.")
        return schemas[name]

    async def openapi(self, request: Request) -> Json:
        """Return the OpenAPI 3.1 document of the gateway, made from the schemas."""
        server = str(request.base_url).rstrip("/")
        return describe_api(self._gateway.contract, self._gateway.workspaces.terms, server)

    def _workspace(self, request: Request) -> Workspace:
        return self._gateway.workspaces.enter(read_key(request))


class ControlRoute:
    """ASGI application of one control path: it selects by method, and responds in JSON."""

    def __init__(self, control: Control, methods: Methods) -> None:
        self._control = control
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one control call (ASGI 3, HTTP scope)."""
        request = Request(scope, receive)
        try:
            self._control.check_access(request)
            body = orjson.dumps(await self._select(request)(request), option=orjson.OPT_INDENT_2)
            response = Response(200, (JSON_TYPE, STAMP), body)
        except ClientDisconnect:
            return
        except Problem as problem:
            response = self._control.refuse(problem)
        except Exception:  # noqa: BLE001  # whatever it is, the client gets the envelope
            log.exception("omixa-mock failed on %s %s; please report this", scope["method"], scope["path"])
            response = self._control.refuse(INTERNAL_ERROR)
        await send_response(send, response)

    def _select(self, request: Request) -> Callable[[Request], Awaitable[Json]]:
        path, method = request.scope["path"], request.method
        if not self._methods:
            raise Problem(
                "not_found", f"There is no control route {path[:80]!r}. See GET {PREFIX}/health and the docs."
            )
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
