"""The pytest plugin: fixtures, marker, options.

pytest loads this module in every run that has omixa-mock installed, used or not. It therefore
imports nothing beyond pytest and the standard library. `session.py`, with the gateway and the
client libraries, is imported at the first use of a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from .items import DECORATED, goes_live, may_intercept_within_hypothesis, use_marked_fixture, uses_a_fake
from .options import ITEM, MARKER, add_options, is_on, raise_usage_errors, wants_coverage

if TYPE_CHECKING:
    from omixa_mock.mock import OmixaMock, OmixaMockServer

    from .session import PluginSession

__all__: list[str] = []

pytest_plugins = ("omixa_mock.pytest_plugin.gauntlet_hooks",)

PLUGIN_SESSION = pytest.StashKey["PluginSession"]()
LIVE = pytest.StashKey[bool]()
LEFT_OVER = pytest.StashKey[dict[str, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--omixa-mock-*` and the ini names `omixa_mock_*`."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, read the switches, and arm the tripwire if `block_live` is on."""
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


def plugin_session(config: pytest.Config) -> PluginSession:
    """Return the `PluginSession` of this run, created at its first use."""
    if PLUGIN_SESSION not in config.stash:
        from .session import PluginSession

        config.stash[PLUGIN_SESSION] = plugin = PluginSession(config)
        plugin.tripwire.live = config.stash.get(LIVE, False)
    return config.stash[PLUGIN_SESSION]


@pytest.fixture
def omixa_mock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OmixaMock]:
    """A fake Omixa gateway in this process.

    Code that calls https://www.omixa.cloud with httpx, httpx2, urllib3, requests or aiohttp (for instance the
    OpenAI SDK) is answered without a socket. OMIXA_BASE_URL and OMIXA_API_KEY are set for the
    test. Read what happened (`calls`, `last`, `wallet`), plan faults (`fail`, `set_balance`),
    and assert (`assert_called`, `assert_single_charge`).
    """
    with plugin_session(request.config).intercept(request.node, monkeypatch) as mock:
        yield mock


@pytest.fixture
def omixa_mock_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OmixaMockServer]:
    """A fake Omixa gateway on a real socket, for any client in any process.

    One server runs for the whole session, or the one at --omixa-mock-url. Each test has an API
    key, and so a workspace, of its own.
    """
    with plugin_session(request.config).serve(request.node, monkeypatch) as mock:
        yield mock


@pytest.fixture(scope="session")
def omixa_mock_session(request: pytest.FixtureRequest) -> Iterator[OmixaMockServer]:
    """The same server under one key for the whole session.

    For apps that read their key once: start them with `omixa_mock_session.env()`, and call
    `omixa_mock_server.adopt(omixa_mock_session.api_key)` in a test to count their calls there.
    It sets no environment variable of this process: the session outlives its tests. Calls that no
    test adopted are listed at the end of the run, and checked as a test's are.
    """
    with plugin_session(request.config).serve_session(request.node) as mock:
        yield mock


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Refuse a parameter of `@intercept()` that cannot take the mock, before pytest misses it."""
    if hasattr(metafunc.function, DECORATED):
        from .decorated import refuse_parametrized

        refuse_parametrized(metafunc)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Let the marker alone act as `usefixtures("omixa_mock")`."""
    for item in items:
        if item.get_closest_marker("omixa_mock") is not None:
            use_marked_fixture(item)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse real calls from the first test on if any test uses a fake: the sequence of tests must not matter."""
    if not session.config.option.collectonly and any(uses_a_fake(item) for item in session.items):
        # Each test that uses a fixture reports a library that cannot be intercepted.
        with suppress(pytest.fail.Exception), raise_usage_errors(session.config):
            plugin_session(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember the running test, and allow its real calls if its marker has `live=True`."""
    item.config.stash[ITEM] = item
    set_live(item.config, live=goes_live(item))
    try:
        return (yield)
    finally:
        set_live(item.config, live=False)
        item.config.stash[ITEM] = None


def set_live(config: pytest.Config, *, live: bool) -> None:
    """Allow or refuse real calls, also for a session that is created later."""
    config.stash[LIVE] = live
    if PLUGIN_SESSION in config.stash:
        config.stash[PLUGIN_SESSION].tripwire.live = live


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker with an unknown option, even if its test uses no fixture; warm up."""
    if item.get_closest_marker("omixa_mock") is not None:
        from .markers import read_markers, warn_of_unused_options

        read_markers(item)
        warn_of_unused_options(item)
    if may_intercept_within_hypothesis(item):
        from .warm_up import warm_up

        warm_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Enforce strictness in the call phase: one FAILED, and nothing if the test failed already."""
    result = yield
    # The first use may be within the test, by getfixturevalue.
    if is_concerned(item.config):
        plugin_session(item.config).checks.enforce_strictness(item)
    return result


def is_concerned(config: pytest.Config) -> bool:
    """Return True if there is a session, or attempts to report: `intercept()` refuses them without one."""
    module = sys.modules.get("omixa_mock.interceptors.tripwire")
    return PLUGIN_SESSION in config.stash or bool(module and module.TRIPWIRE.attempts)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Refuse real calls made in the teardown, and release the test's mocks."""
    if not is_concerned(item.config):
        return (yield)
    from .mocks import forget_mocks

    checks = plugin_session(item.config).checks
    # Attempts of a test that failed before its call phase ended.
    checks.take_attempts(item)
    try:
        result = yield
        checks.fail_on_attempts(item)
    finally:
        forget_mocks(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add a failing test's last calls to its report; fail a test that skips because its call was refused."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, pytest.FixtureLookupError):
        from .decorated import hint_at_sequence

        hint_at_sequence(item, report)
    if is_concerned(item.config):
        from .report import complete

        complete(report, item, plugin_session(item.config).checks)
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> Sequence[str] | None:
    """Return the fields in which two values of ours differ."""
    if op != "==" or type(left) is not type(right) or not hasattr(left, "__struct_fields__"):
        return None
    from .comparison import explain_differences

    return explain_differences(left, right) if type(left).__module__.startswith("omixa_mock.") else None


@pytest.hookimpl(trylast=True)  # fixtures of the session may end only now
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the lines that belong to no running test to xdist's controller, which prints them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["omixa_mock_left_over"] = left_over(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Receive the lines of an xdist worker."""
    left = getattr(node, "workeroutput", {}).get("omixa_mock_left_over", {})
    for title, lines in left.items():
        node.config.stash.setdefault(LEFT_OVER, {}).setdefault(title, []).extend(lines)


def left_over(config: pytest.Config) -> dict[str, list[str]]:
    """Return the lines that belong to no running test, by the title of their section."""
    plugin = config.stash.get(PLUGIN_SESSION, None)
    return {} if plugin is None else plugin.left_over()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the calls that belong to no running test."""
    for title, lines in (*left_over(config).items(), *config.stash.get(LEFT_OVER, {}).items()):
        if lines:
            terminalreporter.section(title)
            terminalreporter.line("\n".join(lines))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Restore everything that the plugin changed."""
    plugin = config.stash.get(PLUGIN_SESSION, None)
    if plugin is not None:
        plugin.close()
