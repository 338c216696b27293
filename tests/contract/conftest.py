"""Fixtures for the tests of the contract tests: probes against a mock, in the same pytest process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from starlette.types import ASGIApp

from omixa_mock import Gateway, Settings, shipped_contract
from omixa_mock.gateway import with_changes
from omixa_mock.server import run_in_thread
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address

# By name: the folder is installed below omixa_mock under a mapping.
RUNNER = import_module("omixa_mock.contract_tests.runner")
TARGET = import_module("omixa_mock.contract_tests.target")
TRANSPORT = import_module("omixa_mock.contract_tests.transport")
PROBE = import_module("omixa_mock.contract_tests.probe")
KEY = "omx_live_examined"
RICH = "1000000"

Wrap = Callable[[ASGIApp], ASGIApp]
RunProbes = Callable[..., Any]


def gateway_with(settings: Mapping[str, Any], keys: Any = (KEY,)) -> Gateway:
    """Return a mock whose wallet is never empty."""
    changes = {"default_balance": RICH, **settings}
    return Gateway(shipped_contract(), with_changes(Settings(), changes), keys=keys, now=time.time)


def run_probes(send: Any, max_spend: str = RICH, key: str = KEY) -> Any:
    """Run every probe that may run with `send`, and return the runner."""
    runner = RUNNER.ProbeRunner(TARGET.Target(send, key), Decimal(max_spend))
    for probe in RUNNER.PROBES:
        if not runner.skip_reason(probe):
            with suppress(PROBE.Inconclusive):
                runner.run(probe)
    return runner


@pytest.fixture
def make_gateway() -> Callable[[], Gateway]:
    """Return a function that makes a mock with default settings whose wallet is never empty."""
    return lambda: gateway_with({})


@pytest.fixture(name="run_probes")
def run_probes_fixture() -> RunProbes:
    """Return the function that runs every probe."""
    return run_probes


@pytest.fixture
def probe_mock() -> RunProbes:
    """Return a function that runs every probe against a mock on a real socket.

    The mock has the given settings and keys, inside the given ASGI wrapper.
    """

    def run(
        settings: Mapping[str, Any] | None = None, *, wrap: Wrap = lambda app: app, keys: Any = (KEY,), **more: Any
    ) -> Any:
        gateway = gateway_with(settings or {}, keys)
        app = wrap(build_app(gateway, ControlPolicy()))
        with run_in_thread(app, gateway, Address()) as url:
            return run_probes(TRANSPORT.send_over_http(url), **more)

    return run


@pytest.fixture
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
