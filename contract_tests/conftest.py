"""pytest hooks and options of the contract tests: target, spending limit, report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

import omixa_mock

from .address import parse_key, parse_url
from .runner import PROBES, ProbeRunner
from .target import Target
from .transport import send_over_http

RUNNER = pytest.StashKey[ProbeRunner]()
# The key of the mock that is the target by default.
MOCK_KEY = "omx_live_contract_tests"


def read_option(config: pytest.Config, name: str) -> str:
    """Return an option of the plugin: flag > environment > ini file. An empty flag is a flag."""
    flag = config.getoption(f"omixa_mock_{name}")
    if flag is not None:
        return str(flag)
    return os.environ.get(f"OMIXA_MOCK_{name.upper()}") or str(config.getini(f"omixa_mock_{name}"))


def read_environment_key() -> str:
    """Return the API key of the environment; empty if there is none."""
    try:
        return parse_key(os.environ.get("OMIXA_API_KEY", ""))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def read_target(config: pytest.Config) -> str:
    """Return the origin of the gateway under test; empty for a mock started by the suite."""
    url = read_option(config, "target")
    if not url and config.getoption("omixa_mock_target") is None:
        return ""
    try:
        return parse_url(url, read_environment_key())
    except ValueError as error:
        raise pytest.UsageError(f"--omixa-mock-target: {error}") from None


def read_max_spend(config: pytest.Config) -> Decimal:
    """Return the spending limit for all calls, in USD."""
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
    """Refuse invalid options before anything is sent."""
    url = read_target(config)
    read_max_spend(config)
    # Each worker would run the probes, and spend, by itself.
    distributed = (
        hasattr(config, "workerinput") or config.getoption("numprocesses", None) or config.getoption("tx", None)
    )
    if url and distributed:
        raise pytest.UsageError("A gateway is examined by one process, cheapest calls first. Run without -n.")


def pytest_report_header(config: pytest.Config) -> str:
    """Return a header with the target and the spending limit."""
    url, max_spend = read_target(config), read_max_spend(config)
    if not url:
        return "omixa-mock contract tests: against a fake of their own, where nothing costs money"
    if max_spend:
        return (
            f"omixa-mock contract tests: {url}, cheapest first, each call counted at its worst price: {max_spend} USD"
        )
    free = sum(probe.price == 0 for probe in PROBES)
    return (
        f"omixa-mock contract tests: {url}, {free} of {len(PROBES)} probes.\n"
        "Nothing should be charged: image requests are sent only without a key, with a made-up one,\n"
        "or without a model that exists; a success all the same ends the run. More with --max-spend"
    )


@pytest.fixture(scope="session")
def runner(pytestconfig: pytest.Config) -> Iterator[ProbeRunner]:
    """Yield the runner for the target, or for a mock if there is no target."""
    url = read_target(pytestconfig)
    if not url:
        with omixa_mock.serve(keys=(MOCK_KEY,), settings={"default_balance": "1000000"}) as server:
            runner = ProbeRunner(Target(send_over_http(server.url), MOCK_KEY), Decimal(1_000_000))
            pytestconfig.stash[RUNNER] = runner
            yield runner
        return
    runner = ProbeRunner(Target(send_over_http(url), read_environment_key()), read_max_spend(pytestconfig))
    pytestconfig.stash[RUNNER] = runner
    yield runner


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Return the status of a finding."""
    if report.when == "call" and getattr(report, "wasxfail", "").startswith("reason: finding"):
        return "findings", "f", "FINDING"
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the runner's report."""
    runner = config.stash.get(RUNNER, None)
    if runner is not None:
        terminalreporter.section("contract")
        for line in runner.report():
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Set exit status 1 after a finding, and 3 if there are no observations."""
    runner = session.config.stash.get(RUNNER, None)
    if exitstatus != 0 or runner is None:
        return
    if not runner.observations:
        session.exitstatus = 3
    elif not all(observation.satisfied for observation in runner.observations):
        session.exitstatus = 1
