"""What the tests of the contract tests share: an examination of a fake, without a pytest run of its own."""

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
from omixa_mock.gateway import changed
from omixa_mock.server import run_in_thread
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control.access import ControlPolicy
from omixa_mock.transports.listen import Address

# By name: the folder is installed below omixa_mock under a mapping.
SUITE = import_module("omixa_mock.contract_tests.examination")
TARGET = import_module("omixa_mock.contract_tests.target")
TRANSPORT = import_module("omixa_mock.contract_tests.transport")
PROBE = import_module("omixa_mock.contract_tests.probe")
KEY = "omx_live_examined"
RICH = "1000000"

Wrap = Callable[[ASGIApp], ASGIApp]
Examine = Callable[..., Any]


def gateway_with(settings: Mapping[str, Any], keys: Any = (KEY,)) -> Gateway:
    """A fake whose wallet is never empty."""
    changes = {"default_balance": RICH, **settings}
    return Gateway(shipped_contract(), changed(Settings(), changes), keys=keys, now=time.time)


def examine(send: Any, max_spend: str = RICH, key: str = KEY) -> Any:
    """Every probe that may be made, against whatever `send` reaches."""
    examination = SUITE.Examination(TARGET.Target(send, key), Decimal(max_spend))
    for probe in SUITE.PROBES:
        if not examination.leave_out(probe):
            with suppress(PROBE.Unseen):
                examination.ask(probe)
    return examination


@pytest.fixture
def make_gateway() -> Callable[[], Gateway]:
    """Makes the default fake, with a wallet that is never empty."""
    return lambda: gateway_with({})


@pytest.fixture(name="examine")
def examine_fixture() -> Examine:
    """Makes every probe that may be made."""
    return examine


@pytest.fixture
def examine_fake() -> Examine:
    """Examines a fake on a real socket, as its settings, its keys and what is wrapped around it make it."""

    def run(
        settings: Mapping[str, Any] | None = None, *, wrap: Wrap = lambda app: app, keys: Any = (KEY,), **more: Any
    ) -> Any:
        gateway = gateway_with(settings or {}, keys)
        app = wrap(build_app(gateway, ControlPolicy()))
        with run_in_thread(app, gateway, Address()) as url:
            return examine(TRANSPORT.send_over_http(url), **more)

    return run


@pytest.fixture
def broken() -> Callable[[Any], dict[str, str]]:
    """Tells the rules that were seen broken, with the setting that each depends on."""

    def tell(examination: Any) -> dict[str, str]:
        settings = {rule.id: rule.provenance.setting for rule in shipped_contract().rules()}
        return {each.rule: settings[each.rule] for each in examination.seen if not each.kept}

    return tell
