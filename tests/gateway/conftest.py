"""Fixtures of the gateway's tests: gateways, and a client that drives one flow without a socket."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import (
    Call,
    ClientDisconnected,
    Cut,
    Flow,
    Hang,
    ReadBody,
    Request,
    Response,
    Send,
    Step,
    Wait,
    Wallet,
    with_changes,
)
from omixa_mock.gateway.calls import JOURNAL_BYTES
from omixa_mock.gateway.images import draw
from omixa_mock.transports.flow_driver import drive

SCHEMAS = Path(__file__).parents[2] / "schemas"
KEY = "omx_live_core"
GENERATE = "/api/v1/images/generations"
KINDS = {"models": "models", "usage/requests": "usage-requests", "usage/rollups": "usage-rollups"}


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads((SCHEMAS / "responses" / f"{name}.json").read_text("utf-8")))


@dataclass(frozen=True)
class Exchange:
    """One request's response and call, with the waits before it."""

    response: Response
    call: Call
    waits: tuple[float, ...]

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def name(self) -> str | None:
        return self.call.error.name if self.call.error else None

    @property
    def rules(self) -> list[str]:
        return [rule for rule in self.headers.get("x-omixa-mock-rules", "").split(", ") if rule]

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.response.headers)

    @property
    def body(self) -> Any:
        return json.loads(self.response.body)

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])

    @property
    def images(self) -> list[bytes]:
        return [base64.b64decode(item["b64_json"], validate=True) for item in self.body["data"]]

    @property
    def billed(self) -> Decimal:
        return Decimal(self.body["usage"]["billed_amount"])


@dataclass(frozen=True)
class Trace:
    """The steps of one request's flow, and its call."""

    steps: tuple[Step, ...]
    call: Call

    @property
    def ending(self) -> Step:
        return self.steps[-1]

    @property
    def response(self) -> Response:
        assert isinstance(self.ending, Send | Cut)
        assert self.ending.response is not None
        return self.ending.response

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.response.headers)

    @property
    def body(self) -> Any:
        return json.loads(self.response.body)

    @property
    def waits(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Wait)]


def check_response(response: Response, path: str) -> None:
    """Validate a response against `schemas/`."""
    headers = dict(response.headers)
    assert headers["content-type"] == "application/json"
    assert headers["x-omixa-mock"]
    name = "error" if response.status >= 400 else KINDS.get(path.removeprefix("/api/v1/"), "image")
    validator(name).validate(json.loads(response.body))


class Client:
    """Client that performs the steps of a flow as a transport does, and records them.

    It disconnects at a hang, or at a step of another type, after its read timeout.
    """

    def __init__(self, body: bytes, leaves_at: type[Step] = Hang, read_timeout: float = 0.0) -> None:
        self.body = body
        self.leaves_at = leaves_at
        self.read_timeout = read_timeout
        self.steps: list[Step] = []
        self.responses: list[Response] = []
        self.waits: list[float] = []

    def perform(self, step: Step) -> bytes | None:
        self.steps.append(step)
        if isinstance(step, self.leaves_at):
            raise ClientDisconnected(self.read_timeout)
        match step:
            case ReadBody(limit):
                return self.body if len(self.body) <= limit else None
            case Wait(seconds):
                self.waits.append(seconds)
            case Send(response):
                self.responses.append(response)
        return None


ended = threading.local()
made: list[Gateway] = []


def _request(
    method: str = "POST",
    path: str = GENERATE,
    key: str | None = KEY,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Request:
    fields = {"content-type": "application/json"} if method == "POST" else {}
    fields |= {"authorization": f"Bearer {key}"} if key is not None else {}
    return Request(method, path, fields | dict(headers or {}), query or {})


def _gateway(
    *, keys: Any = "any", now: Callable[[], float] = lambda: 0.0, journal_bytes: int = JOURNAL_BYTES, **settings: Any
) -> Gateway:
    def keep(call: Call) -> None:
        ended.call = call

    terms = with_changes(Settings(), settings)
    gateway = Gateway(shipped_contract(), terms, keys=keys, journal_bytes=journal_bytes, now=now, on_call=keep)
    made.append(gateway)
    return gateway


def body_of(fields: Mapping[str, Any]) -> bytes:
    # A field with the value ... is left out.
    document = {"model": "gpt-image-1.5", "prompt": "a cat", **fields}
    return json.dumps({name: value for name, value in document.items() if value is not ...}).encode()


def _ask(
    gateway: Gateway,
    raw: bytes | None = None,
    *,
    method: str = "POST",
    path: str = GENERATE,
    key: str | None = KEY,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    **fields: Any,
) -> Exchange:
    client = Client(body_of(fields) if raw is None else raw)
    drive(gateway.handle(_request(method, path, key, headers, query)), client.perform)
    (response,) = client.responses
    check_response(response, path)
    return Exchange(response, ended.call, tuple(client.waits))


def _start(
    gateway: Gateway, *, key: str = KEY, headers: Mapping[str, str] | None = None, **fields: Any
) -> tuple[Flow, Step]:
    flow = gateway.handle(_request(key=key, headers=headers))
    next(flow)
    return flow, flow.send(body_of(fields))


def _run_flow(
    gateway: Gateway,
    *,
    key: str = KEY,
    headers: Mapping[str, str] | None = None,
    leaves_at: type[Step] = Hang,
    read_timeout: float = 0.0,
    **fields: Any,
) -> Trace:
    client = Client(body_of(fields), leaves_at, read_timeout)
    drive(gateway.handle(_request(key=key, headers=headers)), client.perform)
    return Trace(tuple(client.steps), ended.call)


def _leave(gateway: Gateway, at: type[Step], **fields: Any) -> Call:
    drive(gateway.handle(_request()), Client(body_of(fields), at).perform)
    return ended.call  # type: ignore[no-any-return]  # a thread-local has no types


def check_wallet(wallet: Wallet) -> None:
    entries = list(wallet.ledger)
    assert wallet.held == 0, "a hold was never ended"
    if wallet.ledger.evicted:
        return
    assert sum((entry.amount for entry in entries if entry.kind == "capture"), Decimal(0)) == wallet.captured
    assert all(before.number + 1 == after.number for before, after in itertools.pairwise(entries))


@pytest.fixture(autouse=True, scope="module")
def money_adds_up() -> Iterator[None]:
    """Check after the tests of a module that every hold has ended and every charge is in its ledger."""
    made.clear()
    yield
    for gateway in made:
        for workspace in gateway.workspaces._open.values():
            check_wallet(workspace.wallet)
            if workspace.journal.evicted:
                continue
            billed = sum((call.charge for call in workspace.journal), Decimal(0))
            assert billed == workspace.wallet.captured


@pytest.fixture(scope="session")
def make_gateway() -> Callable[..., Gateway]:
    """Return a factory of gateways; its keyword arguments are settings."""
    return _gateway


@pytest.fixture
def gateway() -> Gateway:
    """Return a gateway under default settings."""
    return _gateway()


@pytest.fixture(scope="session")
def ask() -> Callable[..., Exchange]:
    """Return a function that drives one request to its end; further keyword arguments are fields of the body."""
    return _ask


@pytest.fixture(scope="session")
def start() -> Callable[..., tuple[Flow, Step]]:
    """Return a function that drives a flow up to the first step after the body was read."""
    return _start


@pytest.fixture(scope="session")
def leave() -> Callable[..., Call]:
    """Return a function that drives a flow whose client disconnects at a step, and returns its call."""
    return _leave


@pytest.fixture(scope="session")
def run_flow() -> Callable[..., Trace]:
    """Return a function that drives a flow with a fault or a client that disconnects; responses are not validated."""
    return _run_flow


def image_part(data: bytes, media_type: str = "image/png") -> dict[str, Any]:
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


@pytest.fixture(scope="session")
def part() -> Callable[..., dict[str, Any]]:
    """Return a function that makes an item of `input_images` from bytes."""
    return image_part


@pytest.fixture(scope="session")
def image() -> Callable[[int, int], dict[str, Any]]:
    """Return a function that makes an item of `input_images` from a small PNG of a given size."""
    return lambda width, height: image_part(draw(bytes(12), width=width, height=height, output_format="png"))
