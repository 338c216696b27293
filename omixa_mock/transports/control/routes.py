"""Control routes below `/__omixa`, by which tests in any language control the fake.

A call that concerns a workspace carries that workspace's key in `Authorization`, like any other call.
"""

from __future__ import annotations

import secrets
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from omixa_mock.gateway import VERSION, Call, Gateway, Problem, Response, SettingError, Workspace, envelope
from omixa_mock.gateway.contract import describe_api
from omixa_mock.gateway.faults import describe_plan_state
from omixa_mock.gateway.http import redact
from omixa_mock.kit.exports import write_har
from omixa_mock.transports.header_fields import parse_headers

from .access import PREFIX, ControlPolicy, refuse_access
from .catalogue import describe_catalogue
from .control_route import ControlRoute, Methods
from .inspector.page_routes import page_routes
from .journal import choose_calls, describe_journal
from .json import changed_settings, describe_wallet, describe_workspace, read_body, read_key, read_object, shorten
from .one_call import describe_one, export_call, find_call, send_image
from .query import CLOSING, HAR, JOURNAL, LEDGER, ONE_CALL, PLANS, VERDICT, WAIT, read_query
from .verdict import describe_maker, describe_verdict

__all__ = ["Control", "build_control_app"]

Json = Any


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
            "/requests/{number}": {"GET": self.call},
            "/requests/{number}/{form}": {"GET": self.export},
            "/requests/{number}/{kind}/{index}": {"GET": self.image},
            "/har": {"GET": self.har},
            "/ledger": {"GET": self.ledger},
            "/verdict": {"GET": self.verdict},
            "/identify": {"POST": self.identify},
            "/faults": {"GET": self.plans, "POST": self.plan, "DELETE": self.forget_plans},
            "/catalogue": {"GET": self.catalogue},
            "/reset": {"POST": self.reset},
            "/schemas": {"GET": self.schemas},
            "/schemas/{name:path}": {"GET": self.schema},
            "/openapi.json": {"GET": self.openapi},
            "/{rest:path}": {},
        }
        return [
            # Probes have no token, and call a container by any name. It tells no secret.
            Route(f"{PREFIX}/health", ControlRoute({"GET": self.health}, lambda _: None, self.refuse)),
            *(page_routes(self.check_public_access, self.refuse) if self._policy.shows_inspector else ()),
            *(
                Route(PREFIX + path, ControlRoute(ways, self.check_access, self.refuse, ("/health", *table)))
                for path, ways in table.items()
            ),
        ]

    def check_access(self, request: Request) -> None:
        """Refuse a call that breaks the access policy."""
        refuse_access(self._policy, parse_headers(request.scope), request.scope["scheme"])

    def check_public_access(self, request: Request) -> None:
        """Refuse a call for a file without data that breaks the access policy, the token apart."""
        refuse_access(self._policy, parse_headers(request.scope), request.scope["scheme"], needs_token=False)

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
        # As for every other route: the key of a closed workspace, or one that is not accepted, gets no verdict.
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

    async def call(self, request: Request) -> Json:
        """Return one call of the key's workspace."""
        return describe_one(self._call(request), full=read_query(request, ONE_CALL).get("full", False))

    async def image(self, request: Request) -> Response:
        """Return the bytes of an image of a call."""
        return send_image(self._call(request), request.path_params["kind"], request.path_params["index"])

    async def export(self, request: Request) -> Json:
        """Return a call as a curl command, as a pytest test, or as a HAR."""
        settings = changed_settings(self._workspace(request).settings)
        url = str(request.base_url).rstrip("/")
        return export_call(self._call(request), request.path_params["form"], url, read_key(request), settings)

    async def har(self, request: Request) -> Json:
        """Return calls of the key's workspace as a HAR."""
        calls = choose_calls(self._workspace(request).journal, read_query(request, HAR))
        return write_har(calls, str(request.base_url).rstrip("/"))

    async def ledger(self, request: Request) -> Json:
        """Return the wallet of the key's workspace, with its ledger."""
        return describe_wallet(self._workspace(request).wallet, read_query(request, LEDGER))

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
        """Forget the planned faults of the key, or the one with the given number."""
        workspace, number = self._workspace(request), read_query(request, PLANS).get("number")
        if number is None:
            workspace.forget_plans()
        elif not workspace.forget_plan(number):
            raise Problem("not_found", f"There is no plan {number}. GET {PREFIX}/faults lists those that there are.")
        return await self.plans(request)

    async def catalogue(self, _: Request) -> Json:
        """Return the faults that can be planned."""
        return describe_catalogue(self._gateway.contract)

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

    def _call(self, request: Request) -> Call:
        return find_call(self._workspace(request).journal, request.path_params["number"])

    def _workspace(self, request: Request) -> Workspace:
        return self._gateway.workspaces.enter(read_key(request))
