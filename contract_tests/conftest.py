"""How the suite is run by pytest: which target, what it may cost, and the report at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import pytest

import omixa_mock

from .examination import PROBES, Examination
from .target import Target, send_over_http

EXAMINATION = pytest.StashKey[Examination]()
# The key of the fake that the suite runs against where no target is named.
OWN_KEY = "omx_live_contract_tests"


def read_option(config: pytest.Config, name: str) -> str:
    """An option of the plugin: flag > environment > ini file."""
    given = config.getoption(f"omixa_mock_{name}")
    return str(given or os.environ.get(f"OMIXA_MOCK_{name.upper()}") or config.getini(f"omixa_mock_{name}"))


def read_target(config: pytest.Config) -> str:
    """The URL of the gateway under test, without a path; empty for a fake of our own."""
    url = read_option(config, "target")
    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise pytest.UsageError(
            f"--omixa-mock-target {url!r} is no URL; accepted: for instance https://www.omixa.cloud"
        )
    return url.rstrip("/").removesuffix("/api/v1")


def read_max_spend(config: pytest.Config) -> Decimal:
    """What the calls may cost together."""
    text = read_option(config, "max_spend") or "0"
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise pytest.UsageError(f"--omixa-mock-max-spend {text!r} is no amount; accepted: USD, for instance 0.10")
    return amount


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what is not accepted before anything is sent."""
    read_target(config)
    read_max_spend(config)


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
        "Nothing can be charged: image requests are sent only without a key, with a made-up one,\n"
        "or without a model that exists. More with --max-spend"
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
    if hasattr(pytestconfig, "workerinput") and read_max_spend(pytestconfig):
        raise pytest.UsageError("Each worker would spend --omixa-mock-max-spend by itself. Run without -n.")
    begun = Examination(Target(send_over_http(url), os.environ.get("OMIXA_API_KEY", "")), read_max_spend(pytestconfig))
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
    """Let a finding end the run with 1, as a failure does: an assumption that is otherwise wants a decision."""
    begun = session.config.stash.get(EXAMINATION, None)
    if exitstatus == 0 and begun is not None and not all(each.kept for each in begun.seen):
        session.exitstatus = 1
