"""How the suite is run by pytest: which target, what it may cost, and the report at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

import omixa_mock

from .address import read_key, read_url
from .examination import PROBES, Examination
from .target import Target
from .transport import send_over_http

EXAMINATION = pytest.StashKey[Examination]()
# The key of the fake that the suite runs against where no target is named.
OWN_KEY = "omx_live_contract_tests"


def read_option(config: pytest.Config, name: str) -> str:
    """An option of the plugin: flag > environment > ini file. An empty flag is a flag."""
    flag = config.getoption(f"omixa_mock_{name}")
    if flag is not None:
        return str(flag)
    return os.environ.get(f"OMIXA_MOCK_{name.upper()}") or str(config.getini(f"omixa_mock_{name}"))


def read_own_key() -> str:
    """The key that the environment has; empty where it has none."""
    try:
        return read_key(os.environ.get("OMIXA_API_KEY", ""))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def read_target(config: pytest.Config) -> str:
    """The origin of the gateway under test; empty for a fake of our own."""
    url = read_option(config, "target")
    if not url and config.getoption("omixa_mock_target") is None:
        return ""
    try:
        return read_url(url, read_own_key())
    except ValueError as error:
        raise pytest.UsageError(f"--omixa-mock-target: {error}") from None


def read_max_spend(config: pytest.Config) -> Decimal:
    """What the calls may cost together."""
    text = read_option(config, "max_spend")
    if not text and config.getoption("omixa_mock_max_spend") is None:
        return Decimal(0)
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise pytest.UsageError(f"--omixa-mock-max-spend {text!r} is no amount; accepted: USD, for instance 0.10")
    return amount


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what is not accepted before anything is sent."""
    url = read_target(config)
    read_max_spend(config)
    # Each worker would begin an examination, and spend, by itself.
    spread = hasattr(config, "workerinput") or config.getoption("numprocesses", None) or config.getoption("tx", None)
    if url and spread:
        raise pytest.UsageError("A gateway is examined by one process, cheapest calls first. Run without -n.")


def pytest_report_header(config: pytest.Config) -> str:
    """Say before it starts what may be spent."""
    url, most = read_target(config), read_max_spend(config)
    if not url:
        return "omixa-mock contract tests: against a fake of their own, where nothing costs money"
    if most:
        return f"omixa-mock contract tests: {url}, cheapest first, each call counted at its worst price: {most} USD"
    free = sum(probe.price == 0 for probe in PROBES)
    return (
        f"omixa-mock contract tests: {url}, {free} of {len(PROBES)} probes.\n"
        "Nothing should be charged: image requests are sent only without a key, with a made-up one,\n"
        "or without a model that exists; a success all the same ends the run. More with --max-spend"
    )


@pytest.fixture(scope="session")
def examination(pytestconfig: pytest.Config) -> Iterator[Examination]:
    """The examination of the target, or of a fake of our own."""
    url = read_target(pytestconfig)
    if not url:
        with omixa_mock.serve(keys=(OWN_KEY,), settings={"default_balance": "1000000"}) as server:
            begun = Examination(Target(send_over_http(server.url), OWN_KEY), Decimal(1_000_000))
            pytestconfig.stash[EXAMINATION] = begun
            yield begun
        return
    begun = Examination(Target(send_over_http(url), read_own_key()), read_max_spend(pytestconfig))
    pytestconfig.stash[EXAMINATION] = begun
    yield begun


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Show a finding as one."""
    if report.when == "call" and getattr(report, "wasxfail", "").startswith("reason: finding"):
        return "findings", "f", "FINDING"
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The report of the examination."""
    begun = config.stash.get(EXAMINATION, None)
    if begun is not None:
        terminalreporter.section("contract")
        for line in begun.report():
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """End with 1 after a finding, which wants a decision as a failure does, and with 3 where nothing was seen."""
    begun = session.config.stash.get(EXAMINATION, None)
    if exitstatus == 0 and begun is not None and not begun.seen:
        session.exitstatus = 3
    elif exitstatus == 0 and begun is not None and not all(each.kept for each in begun.seen):
        session.exitstatus = 1
