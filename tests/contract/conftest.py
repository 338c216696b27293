"""Fixtures for the tests of the contract tests: probes against a mock, in the same pytest process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import with_changes
from omixa_mock.kit.content_coding import decode_content
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy

# By name: the folder is installed below omixa_mock under a mapping.
RUNNER = import_module("omixa_mock.contract_tests.runner")
REPORT = import_module("omixa_mock.contract_tests.report")
TARGET = import_module("omixa_mock.contract_tests.target")
KEY = "omx_live_examined"
KEYS = (KEY, "omx_live_somebody_else")
RICH = "1000000"

Wrap = Callable[[ASGIApp], ASGIApp]
Send = Callable[[Any], Any]
RunProbes = Callable[..., Any]


def gateway_with(settings: Mapping[str, Any], keys: Any = KEYS) -> Gateway:
    """Return a mock whose wallet is never empty."""
    changes = {"default_balance": RICH, **settings}
    return Gateway(shipped_contract(), with_changes(Settings(), changes), keys=keys, now=time.time)


@contextmanager
def sending_to(app: ASGIApp) -> Iterator[Send]:
    """Yield a function that sends a request to an ASGI application, without a socket."""
    with asyncio.Runner() as runner:
        yield lambda request: runner.run(call(app, request))


async def call(app: ASGIApp, request: Any) -> Any:
    """Send a request to an ASGI application, and return the response as the transport does."""
    path, _, query = request.path.partition("?")
    body = request.body or b""
    headers = {**request.headers, "Content-Length": str(len(body)), "Host": "gateway.invalid"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "client": None,
        "extensions": {},
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    outgoing: list[Message] = []

    async def receive() -> Message:
        return incoming.pop() if incoming else await asyncio.Future()

    async def send(message: Message) -> None:
        outgoing.append(message)

    await app(scope, receive, send)
    fields = {name.decode().lower(): value.decode() for name, value in outgoing[0]["headers"]}
    sent = b"".join(message.get("body", b"") for message in outgoing)
    decoded = decode_content(sent, fields.get("content-encoding", ""))
    return TARGET.Response(outgoing[0]["status"], fields, *decoded)


def run_probes(send: Send, max_spend: str = RICH, key: str = KEY, *names: str) -> Any:
    """Run the probes of these names, or all, and return the runner."""
    runner = RUNNER.ProbeRunner(TARGET.Target(send, key), Decimal(max_spend))
    runner.guard.sleep = lambda _: None
    runner.run_all([probe for probe in RUNNER.PROBES if not names or probe.name in names])
    return runner


@pytest.fixture(scope="session")
def make_gateway() -> Callable[[], Gateway]:
    """Return a function that makes a mock with default settings whose wallet is never empty."""
    return lambda: gateway_with({})


@pytest.fixture(name="sending_to", scope="session")
def sending_to_fixture() -> Any:
    """Return the context manager that yields a function which sends requests to an application."""
    return sending_to


@pytest.fixture(name="run_probes", scope="session")
def run_probes_fixture() -> RunProbes:
    """Return the function that runs every probe."""
    return run_probes


@pytest.fixture(scope="session")
def probe_mock() -> RunProbes:
    """Return a function that runs every probe against a mock, and returns the runner.

    The mock has the given settings and keys, inside the given ASGI wrapper.
    """

    def run(
        settings: Mapping[str, Any] | None = None, *, wrap: Wrap = lambda app: app, keys: Any = KEYS, **more: Any
    ) -> Any:
        with sending_to(wrap(build_app(gateway_with(settings or {}, keys), ControlPolicy()))) as send:
            return run_probes(send, **more)

    return run


@pytest.fixture(scope="session")
def examine() -> Callable[[Wrap, str], tuple[Any, Decimal]]:
    """Return a function that runs every probe against a wrapped mock under a limit: the report, and what it charged."""

    def run(wrap: Wrap, max_spend: str) -> tuple[Any, Decimal]:
        gateway = gateway_with({})
        with sending_to(wrap(build_app(gateway, ControlPolicy()))) as send:
            report = make_report(run_probes(send, max_spend))
        charged = (Decimal(RICH) - workspace.wallet.balance for workspace in gateway.workspaces)
        return report, sum(charged, Decimal(0))

    return run


def make_report(runner: Any) -> Any:
    """Return the report of a runner."""
    return REPORT.make_report(runner, "https://gateway.invalid", datetime(2026, 11, 29, tzinfo=UTC))


@pytest.fixture(scope="session")
def report_of() -> Callable[[Any], Any]:
    """Return a function from a runner to its report."""
    return make_report


@pytest.fixture(scope="session")
def violated_rules() -> Callable[[Any], dict[str, str]]:
    """Return a function from a runner to the violated rules, each with its setting."""

    def violated_rules(runner: Any) -> dict[str, str]:
        settings = {rule.id: rule.provenance.setting for rule in shipped_contract().rules()}
        return {
            observation.rule: settings[observation.rule]
            for observation in runner.observations
            if not observation.satisfied
        }

    return violated_rules
