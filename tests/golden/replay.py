"""Replay of a corpus case through the pure gateway."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from omixa_mock import Call, Gateway, Settings, shipped_contract
from omixa_mock.gateway import ClientDisconnected, Cut, Hang, ReadBody, Request, Send, Step, Wait
from omixa_mock.transports.flow_driver import drive

from .corpus import CORPUS, KEYS
from .parts import KEY, Case
from .recording import Json, describe_call, describe_response, describe_wallet


def replay(name: str) -> Json:
    """Play a case, and return each response with its record, and the final wallet."""
    ended: list[Call] = []
    gateway = Gateway(shipped_contract(), Settings(), keys=KEYS.get(name, "any"), on_call=ended.append)
    workspace = gateway.workspaces.open(KEY)
    calls = []
    for case in CORPUS[name]:
        case.prepare(workspace)
        calls.append({**describe_steps(ask(gateway, case)), "call": describe_call(ended[-1], case.content)})
    return {"calls": calls, "wallet": describe_wallet(workspace.wallet)}


def ask(gateway: Gateway, case: Case) -> list[Step]:
    """Drive the flow of a request, and return its steps."""
    body = case.content or b""
    steps: list[Step] = []

    def perform(step: Step) -> bytes | None:
        steps.append(step)
        if isinstance(step, Hang):
            raise ClientDisconnected
        return body if isinstance(step, ReadBody) and len(body) <= step.limit else None

    drive(gateway.handle(request_of(case)), perform)
    return steps


def request_of(case: Case) -> Request:
    """Return a request as a transport reads it; a chunked body has no Content-Length."""
    announced = case.body is not None and "transfer-encoding" not in case.headers
    length = {"content-length": str(len(case.content or b""))} if announced else {}
    url = urlsplit(case.target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return Request(case.method, unquote(url.path), case.fields | length, query)


def describe_steps(steps: list[Step]) -> dict[str, Any]:
    """Describe the waits and the last step of a flow."""
    waits = [step.seconds for step in steps if isinstance(step, Wait)]
    waited = {"waits": waits} if waits else {}
    match steps[-1]:
        case Send(response, pieces, pause):
            dripped = {"pieces": pieces, "pause": pause} if pieces > 1 else {}
            return {**waited, **dripped, **describe_response(response.status, response.headers, response.body)}
        case Cut(kind, response, framing):
            sent = describe_response(response.status, response.headers, response.body) if response else {}
            return {**waited, "cut": kind, "framing": framing, **sent}
        case step:
            return {**waited, "ends_at": type(step).__name__}
