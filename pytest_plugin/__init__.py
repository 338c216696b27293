"""The pytest plugin: fixtures, marker, options.

This module is loaded in every pytest run that has omixa-mock installed, used
or not. So it imports nothing beyond pytest and the standard library; the desk
behind it (`desk.py`, with the gateway and the client libraries) comes at the
first use of a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from .items import may_intercept_within_hypothesis, uses_a_fake
from .options import ITEM, add_options, is_on, option

if TYPE_CHECKING:
    from omixa_mock.mock import OmixaMock, OmixaMockServer

    from .session import PluginSession

__all__: list[str] = []

PLUGIN_SESSION = pytest.StashKey["PluginSession"]()
LIVE = pytest.StashKey[bool]()
LEFT_OVER = pytest.StashKey[dict[str, list[str]]]()

MARKER = (
    "omixa_mock(strict=True, live=False, openai=False, balance=..., models=..., routes_down=..., **settings): "
    "how this test's fake gateway behaves; settings are those of `omixa-mock assumptions`."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--omixa-mock-*` and the ini names `omixa_mock_*`."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; look at the switches; arm the tripwire for every test where that is asked for."""
    config.addinivalue_line("markers", MARKER)
    is_on(config, "strict")
    if wants_coverage(config):
        from .coverage import ContractCoverage

        config.pluginmanager.register(ContractCoverage(config), "omixa_mock_coverage")
    if is_on(config, "block_live"):
        try:
            plugin_session(config)
        except pytest.fail.Exception as error:
            raise pytest.UsageError(str(error)) from None


def wants_coverage(config: pytest.Config) -> bool:
    """Whether the coverage is asked for: by its switch, or by what makes no sense without it."""
    return is_on(config, "cov") or bool(option(config, "cov_json")) or option(config, "cov_fail_under") not in {"", "0"}


def plugin_session(config: pytest.Config) -> PluginSession:
    """The desk of this run, opened at its first use."""
    if PLUGIN_SESSION not in config.stash:
        from .session import PluginSession

        config.stash[PLUGIN_SESSION] = plugin = PluginSession(config)
        plugin.tripwire.live = config.stash.get(LIVE, False)
    return config.stash[PLUGIN_SESSION]


@pytest.fixture
def omixa_mock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OmixaMock]:
    """A fake Omixa gateway in this process.

    Code that calls https://www.omixa.cloud by httpx, httpx2 or requests (the
    OpenAI SDK among their users) is answered without a socket. OMIXA_BASE_URL
    and OMIXA_API_KEY are set for the test. The handle tells what happened
    (`calls`, `last`, `wallet`), plans what shall (`fail`, `set_balance`), and
    asserts (`assert_called`, `assert_single_charge`).
    """
    with plugin_session(request.config).intercept(request.node, monkeypatch) as mock:
        yield mock


@pytest.fixture
def omixa_mock_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OmixaMockServer]:
    """A fake Omixa gateway on a real socket, for any client in any process.

    One server runs for the whole session (or the one that --omixa-mock-url
    names); each test has a key, and so a workspace, of its own.
    """
    with plugin_session(request.config).serve(request.node, monkeypatch) as mock:
        yield mock


@pytest.fixture(scope="session")
def omixa_mock_session(request: pytest.FixtureRequest) -> Iterator[OmixaMockServer]:
    """The same server under one key for the whole session.

    For apps that read their key once: start them with `omixa_mock_session.env()`, and let a
    test take their calls over by `omixa_mock_server.adopt(omixa_mock_session.api_key)`.
    It sets nothing in this process's environment, which outlives the tests that use it.
    """
    with plugin_session(request.config).serve(request.node) as mock:
        yield mock


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse real calls from the first test on where any of them uses a fake, so that their order does not matter."""
    if not session.config.option.collectonly and any(uses_a_fake(item) for item in session.items):
        # A library that cannot be intercepted is told by each test that asks for it.
        with suppress(pytest.fail.Exception):
            plugin_session(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Know which test runs, and let its real calls through where it asks for that."""
    item.config.stash[ITEM] = item
    wished = (mark.kwargs["live"] for mark in item.iter_markers("omixa_mock") if "live" in mark.kwargs)
    set_live(item.config, live=next(wished, False) is True)
    try:
        return (yield)
    finally:
        set_live(item.config, live=False)
        item.config.stash[ITEM] = None


def set_live(config: pytest.Config, *, live: bool) -> None:
    """Whether real calls are let through; a desk that opens later asks for it."""
    config.stash[LIVE] = live
    if PLUGIN_SESSION in config.stash:
        config.stash[PLUGIN_SESSION].tripwire.live = live


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that asks for what does not exist, whether its test takes a fixture or not; warm up."""
    if item.get_closest_marker("omixa_mock") is not None:
        from .markers import read_markers, warn_of_unused_options

        read_markers(item)
        warn_of_unused_options(item)
    if may_intercept_within_hypothesis(item):
        from .warming import warm_up

        warm_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Validator the test in its call phase: one FAILED, silent when it failed already."""
    result = yield
    # The first use may have been within the test, by getfixturevalue.
    if is_concerned(item.config):
        plugin_session(item.config).fail_if_unmet(item)
    return result


def is_concerned(config: pytest.Config) -> bool:
    """Whether there is a desk, or need of one: `omixa_mock.intercept()` refuses attempts without it."""
    module = sys.modules.get("omixa_mock.interceptors.tripwire")
    return PLUGIN_SESSION in config.stash or bool(module and module.TRIPWIRE.attempts)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Validator what the teardown did; and let the test's gateways go."""
    if not is_concerned(item.config):
        return (yield)
    from .mocks import forget_mocks

    plugin = plugin_session(item.config)
    # Of a test that failed before its call was judged.
    plugin.take_attempts(item)
    try:
        result = yield
        plugin.judge_attempts(item)
    finally:
        forget_mocks(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a failing test's last calls in its report; fail one that skips because its call was refused."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and is_concerned(item.config):
        # Where nothing refuses it would have paid.
        told = plugin_session(item.config).tell_attempts(item)
        if told:
            report.outcome, report.longrepr = "failed", told
    if report.failed and PLUGIN_SESSION in item.config.stash:
        from .report import describe

        text = describe(item, report.longreprtext)
        if text:
            report.sections.append(("omixa-mock calls", text))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> Sequence[str] | None:
    """Say in which fields two values of ours differ."""
    if op != "==" or type(left) is not type(right) or not hasattr(left, "__struct_fields__"):
        return None
    from .explaining import tell_differences

    return tell_differences(left, right) if type(left).__module__.startswith("omixa_mock.") else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what belongs to no running test to xdist's controller, which prints it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["omixa_mock_left_over"] = left_over(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of xdist handed in."""
    told = getattr(node, "workeroutput", {}).get("omixa_mock_left_over", {})
    for title, lines in told.items():
        node.config.stash.setdefault(LEFT_OVER, {}).setdefault(title, []).extend(lines)


def left_over(config: pytest.Config) -> dict[str, list[str]]:
    """What belongs to no running test, by the title of its section."""
    plugin = config.stash.get(PLUGIN_SESSION, None)
    if plugin is None:
        return {}
    return {
        "omixa-mock: calls that came after their test": plugin.late_calls(),
        "omixa-mock: attempts to reach Omixa for real, outside of any test": plugin.unmatched_attempts(),
    }


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the calls that came after their test had ended, under its name."""
    for told in (left_over(config), config.stash.get(LEFT_OVER, {})):
        for title, lines in told.items():
            if lines:
                terminalreporter.section(title)
                for line in lines:
                    terminalreporter.line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave everything as it was."""
    plugin = config.stash.get(PLUGIN_SESSION, None)
    if plugin is not None:
        plugin.close()
