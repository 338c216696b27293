"""The pytest plugin: fixtures, marker, options.

This module is loaded in every pytest run that has omixa-mock installed, used
or not. So it imports nothing beyond pytest and the standard library; the desk
behind it (`desk.py`, with the gateway and the client libraries) comes at the
first use of a fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .options import add_options, is_on

if TYPE_CHECKING:
    from omixa_mock.handle import Handle

    from .desk import Desk, ServerHandle

__all__: list[str] = []

DESK = pytest.StashKey["Desk"]()

MARKER = (
    "omixa_mock(strict=True, live=False, openai=False, balance=..., models=..., routes_down=..., **settings): "
    "how this test's fake gateway behaves; settings are those of `omixa-mock assumptions`."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--omixa-mock-*` and the ini names `omixa_mock_*`."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; arm the tripwire for every test where that is asked for."""
    config.addinivalue_line("markers", MARKER)
    if is_on(config, "block_live"):
        open_desk(config)


def open_desk(config: pytest.Config) -> Desk:
    """The desk of this run, opened at its first use."""
    if DESK not in config.stash:
        from .desk import Desk

        config.stash[DESK] = Desk(config)
    return config.stash[DESK]


@pytest.fixture
def omixa_mock(request: pytest.FixtureRequest) -> Iterator[Handle]:
    """A fake Omixa gateway in this process.

    Code that calls https://www.omixa.cloud by httpx, httpx2 or requests (the
    OpenAI SDK among their users) is answered without a socket. OMIXA_BASE_URL
    and OMIXA_API_KEY are set for the test. The handle tells what happened
    (`calls`, `last`, `wallet`), plans what shall (`fail`, `set_balance`), and
    asserts (`assert_called`, `assert_single_charge`).
    """
    with open_desk(request.config).intercept(request.node) as handle:
        yield handle


@pytest.fixture
def omixa_mock_server(request: pytest.FixtureRequest) -> Iterator[ServerHandle]:
    """A fake Omixa gateway on a real socket, for any client in any process.

    One server runs for the whole session (or the one that --omixa-mock-url
    names); each test has a key, and so a workspace, of its own.
    """
    with open_desk(request.config).serve(request.node) as handle:
        yield handle


@pytest.fixture(scope="session")
def omixa_mock_session(request: pytest.FixtureRequest) -> Iterator[ServerHandle]:
    """The same server under one key for the whole session.

    For apps that read their key once: start them with `omixa_mock_session.env()`, and let a
    test take their calls over by `omixa_mock_server.adopt(omixa_mock_session.api_key)`.
    """
    with open_desk(request.config).serve(request.node) as handle:
        yield handle


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Judge the test in its call phase: one FAILED, silent when it failed already."""
    if DESK not in item.config.stash:
        yield
        if DESK in item.config.stash:
            # The first use was within the test, by getfixturevalue.
            item.config.stash[DESK].judge(item)
        return
    desk = item.config.stash[DESK]
    with desk.watch(item):
        yield
    desk.judge(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a failing test's last calls in its report."""
    report = yield
    if report.failed and DESK in item.config.stash:
        text = item.config.stash[DESK].describe(item)
        if text:
            report.sections.append(("omixa-mock calls", text))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what came late to xdist's controller, which prints it."""
    desk = session.config.stash.get(DESK, None)
    if desk is not None and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["omixa_mock_late"] = desk.late_calls()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what came late in a worker of xdist."""
    late = getattr(node, "workeroutput", {}).get("omixa_mock_late", [])
    node.config.stash.setdefault(LATE, []).extend(late)


LATE = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the calls that came after their test had ended, under its name."""
    desk = config.stash.get(DESK, None)
    late = [*(desk.late_calls() if desk else []), *config.stash.get(LATE, [])]
    if late:
        terminalreporter.section("omixa-mock: calls that came after their test")
        for line in late:
            terminalreporter.line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave everything as it was."""
    desk = config.stash.get(DESK, None)
    if desk is not None:
        desk.close()
