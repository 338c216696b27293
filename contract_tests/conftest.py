"""pytest hooks and options of the contract tests: target, spending limit, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

import omixa_mock

from .address import parse_amount, parse_key, parse_url
from .formats import render_text
from .report import make_report
from .runner import PROBES, ProbeRunner
from .target import Target
from .transport import send_over_http

# By name: the plugin is installed below omixa_mock under a mapping.
option: Callable[[pytest.Config, str], str] = import_module("omixa_mock.pytest_plugin.options").option
RUNNER = pytest.StashKey[ProbeRunner]()
# The key of the mock that is the target by default.
MOCK_KEY = "omx_live_contract_tests"


def read_environment_key() -> str:
    """Return the API key of the environment; empty if there is none."""
    try:
        return parse_key(os.environ.get("OMIXA_API_KEY", ""))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def read_target(config: pytest.Config) -> str:
    """Return the origin of the gateway under test; empty for a mock started by the suite."""
    url = option(config, "target")
    if not url and config.getoption("omixa_mock_target") is None:
        return ""
    try:
        return parse_url(url, read_environment_key())
    except ValueError as error:
        raise pytest.UsageError(f"--omixa-mock-target: {error}") from None


def read_max_spend(config: pytest.Config) -> Decimal:
    """Return the spending limit for all calls, in USD."""
    text = option(config, "max_spend")
    if not text and config.getoption("omixa_mock_max_spend") is None:
        return Decimal(0)
    try:
        return parse_amount(text)
    except ValueError as error:
        raise pytest.UsageError(str(error).replace("--max-spend", "--omixa-mock-max-spend")) from None


def pytest_configure(config: pytest.Config) -> None:
    """Refuse invalid options before anything is sent."""
    url = read_target(config)
    read_max_spend(config)
    # Each worker would run the probes, and spend, by itself.
    distributed = (
        hasattr(config, "workerinput") or config.getoption("numprocesses", None) or config.getoption("tx", None)
    )
    if url and read_max_spend(config) and not read_environment_key():
        raise pytest.UsageError("Set OMIXA_API_KEY: without a key nothing can be spent, and too little is seen.")
    if url and distributed:
        raise pytest.UsageError("A gateway is examined by one process, cheapest calls first. Run without -n.")


def pytest_report_header(config: pytest.Config) -> str:
    """Return a header with the target and the spending limit."""
    url, max_spend = read_target(config), read_max_spend(config)
    if not url:
        return "omixa-mock contract tests: against a fake of their own, where nothing costs money"
    limit = f"at most {max_spend} USD" if max_spend else "nothing is spent: more with --omixa-mock-max-spend 4"
    return f"omixa-mock contract tests: {url}, {len(PROBES)} probes, {limit}"


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
    runner = ProbeRunner(Target(send_over_http(url), read_environment_key(), url), read_max_spend(pytestconfig))
    pytestconfig.stash[RUNNER] = runner
    yield runner


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the runner's report."""
    runner = config.stash.get(RUNNER, None)
    if runner is not None:
        terminalreporter.section("contract")
        report = make_report(runner, read_target(config), datetime.now(UTC))
        for line in render_text(report).splitlines():
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Set exit status 3 if the run could not look."""
    runner = session.config.stash.get(RUNNER, None)
    if exitstatus == 0 and runner is not None:
        report = make_report(runner, read_target(session.config), datetime.now(UTC))
        session.exitstatus = 3 if report.verdict == "inconclusive" else 0
