"""Plays a case of the corpus through the pure gateway, and tells all that came of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from omixa_mock import Call, Gateway, Settings, shipped_contract
from omixa_mock.gateway import ClientDisconnected, Cut, Hang, ReadBody, Request, Send, Step, Wait
from omixa_mock.transports.flow_driver import drive

from .corpus import CORPUS, KEYS
from .parts import KEY, Case
from .telling import Told, tell_call, tell_response, tell_wallet


def replay(name: str) -> Told:
    """Every response of a case with its record, and the wallet after the last."""
    ended: list[Call] = []
    gateway = Gateway(shipped_contract(), Settings(), keys=KEYS.get(name, "any"), on_call=ended.append)
    workspace = gateway.workspaces.open(KEY)
    calls = []
    for case in CORPUS[name]:
        case.prepare(workspace)
        calls.append({**tell_steps(ask(gateway, case)), "call": tell_call(ended[-1], case.content)})
    return {"calls": calls, "wallet": tell_wallet(workspace.wallet)}


def ask(gateway: Gateway, case: Case) -> list[Step]:
    """What a door has to do for a request."""
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
    """A request as a door reads it; of a body in chunks nothing announces the length."""
    announced = case.body is not None and "transfer-encoding" not in case.headers
    length = {"content-length": str(len(case.content or b""))} if announced else {}
    url = urlsplit(case.target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return Request(case.method, unquote(url.path), case.fields | length, query)


def tell_steps(steps: list[Step]) -> dict[str, Any]:
    """How long a call was to wait, and how it ended."""
    waits = [step.seconds for step in steps if isinstance(step, Wait)]
    waited = {"waits": waits} if waits else {}
    match steps[-1]:
        case Send(response, pieces, pause):
            dripped = {"pieces": pieces, "pause": pause} if pieces > 1 else {}
            return {**waited, **dripped, **tell_response(response.status, response.headers, response.body)}
        case Cut(kind, response, framing):
            begun = tell_response(response.status, response.headers, response.body) if response else {}
            return {**waited, "cut": kind, "framing": framing, **begun}
        case other:
            return {**waited, "ends_at": type(other).__name__}
