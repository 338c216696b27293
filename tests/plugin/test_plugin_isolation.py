"""Tests of isolation between tests: environment, calls, late calls, keys."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.acceptance  # starts a pytest run for each test

# Variables that a developer's shell may have; no test may see them.
REAL = {"OMIXA_API_KEY": "omx_live_real", "OMIXA_BASE_URL": "https://real.invalid", "OPENAI_API_KEY": "sk-real"}

ISOLATED = """
SHELL = ("omx_live_real", "https://real.invalid", "sk-real")
KEYS = set()

def shell():
    return tuple(os.environ.get(name) for name in ("OMIXA_API_KEY", "OMIXA_BASE_URL", "OPENAI_API_KEY"))

def test_shell_is_unchanged_before():
    assert shell() == SHELL

@pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
def test_fixture_hides_the_shell(request, name):
    mock = request.getfixturevalue(name)
    assert shell() == (mock.api_key, mock.base_url, mock.api_key)

@pytest.mark.omixa_mock(openai=True)
@pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"])
def test_fixture_hides_openai_when_asked(request, name):
    mock = request.getfixturevalue(name)
    assert (os.environ["OPENAI_API_KEY"], os.environ["OPENAI_BASE_URL"]) == (mock.api_key, mock.base_url)

def test_openai_names_are_gone_again():
    assert "OPENAI_BASE_URL" not in os.environ

def test_fixture_restores_what_the_test_changed(omixa_mock):
    os.environ["OMIXA_API_KEY"] = "omx_live_changed"
    del os.environ["OMIXA_BASE_URL"]

def test_shell_is_unchanged_after():
    assert shell() == SHELL

def test_failing_test_restores_too(omixa_mock):
    raise ZeroDivisionError

def test_shell_is_unchanged_after_a_failure():
    assert shell() == SHELL

def test_innermost_environment_wins(omixa_mock, omixa_mock_server):
    import omixa_mock as package
    assert os.environ["OMIXA_BASE_URL"] == omixa_mock_server.base_url
    with package.intercept(api_key="omx_live_inner") as inner:
        assert shell()[0] == "omx_live_inner"
    assert os.environ["OMIXA_BASE_URL"] == omixa_mock_server.base_url

def test_innermost_mock_receives_the_call(omixa_mock):
    import omixa_mock as package
    with package.intercept() as inner:
        draw("inner")
    draw("outer")
    inner.assert_called(prompt="inner", times=1)
    omixa_mock.assert_called(prompt="outer", times=1)
    assert (len(inner.calls), len(omixa_mock.calls)) == (1, 1)

@pytest.mark.parametrize("name", ["omixa_mock", "omixa_mock_server"] * 3)
def test_begins_without_calls(request, name):
    mock = request.getfixturevalue(name)
    assert (mock.calls, len(mock.plans), str(mock.wallet.balance)) == ((), 0, "100.000000")
    if name == "omixa_mock_server":
        assert mock.api_key not in KEYS
        KEYS.add(mock.api_key)
    mock.set_balance(5)
    draw()

def test_both_fixtures_have_their_own_workspace(omixa_mock, omixa_mock_server):
    draw("to the server")
    post({"model": "gpt-image-1.5", "prompt": "to the host"}, url=omixa_mock.base_url)
    omixa_mock.assert_single_charge()
    omixa_mock.assert_called(prompt="to the host", times=1)
    omixa_mock_server.assert_single_charge()
    omixa_mock_server.assert_called(prompt="to the server", times=1)

def test_any_key_belongs_to_this_test_in_process(omixa_mock):
    post({"model": "gpt-image-1.5", "prompt": "a cat"}, key="omx_live_anything")
    omixa_mock.assert_single_charge()

def test_late_call_of_another_test_does_not_count(omixa_mock, omixa_mock_server):
    "A leaked thread has the keys of tests that have ended."
    for key in KEYS:
        for url in (omixa_mock.base_url, omixa_mock_server.base_url):
            assert post({}, key=key, url=url).status_code == 401
    omixa_mock.assert_not_called()
    omixa_mock_server.assert_not_called()
"""


@pytest.fixture(scope="module")
def isolated(run_pytest: Any) -> Any:
    return run_pytest(ISOLATED, env=REAL)


def test_tests_do_not_see_each_other(isolated: Any) -> None:
    assert {name for name, outcome in isolated.outcomes.items() if outcome != "passed"} == {
        "test_failing_test_restores_too"
    }, isolated.output


def test_real_key_is_never_shown(isolated: Any) -> None:
    assert "omx_live_real" not in isolated.section("test_failing_test_restores_too")


# A call after its test, by a thread that waits for a later test with or without a fixture.
LATE_SOURCE = """
import threading
import requests

def call_by_httpx(url, key):
    return post({}, key=key, url=url).status_code

def call_by_requests(url, key):
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": "Bearer " + key}
        return session.post(url + "/images/generations", json={}, headers=headers).status_code

class Leak:
    def __init__(self, call, mock):
        self.start, self.status = threading.Event(), 0
        self.arguments = (call, mock.base_url, mock.api_key)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        call, url, key = self.arguments
        self.start.wait(60)
        self.status = call(url, key)

    def end(self):
        self.start.set()
        self.thread.join(60)
        return self.status

LEAKS = []

@pytest.mark.parametrize("call", [call_by_httpx, call_by_requests], ids=["httpx", "requests"])
@pytest.mark.parametrize(
    ("later", "fixture"),
    [
        ("nothing", "omixa_mock"),
        ("nothing", "omixa_mock_server"),
        ("omixa_mock", "omixa_mock"),
        ("omixa_mock", "omixa_mock_server"),
        ("omixa_mock_server", "omixa_mock"),
        ("omixa_mock_server", "omixa_mock_server"),
    ],
)
class TestLate:
    def test_leaks(self, request, call, fixture, later):
        LEAKS.append(Leak(call, request.getfixturevalue(fixture)))

    def test_next(self, request, call, fixture, later):
        mock = request.getfixturevalue(later) if later != "nothing" else None
        assert LEAKS.pop().end() == 401
        if mock:
            mock.assert_not_called()
"""
LATE_TITLE = "omixa-mock: calls that came after their test"
LATE_NAMES = [
    f"test_it.py::TestLate::test_leaks[{later}-{fixture}-{call}]"
    for later in ("nothing", "omixa_mock", "omixa_mock_server")
    for fixture in ("omixa_mock", "omixa_mock_server")
    for call in ("httpx", "requests")
]
# Each leaking test directly before the test that releases its thread.
IN_PAIRS = """
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (item.callspec.id, item.originalname))
"""


@pytest.fixture(scope="module", params=[(), ("-n", "2", "--dist", "loadscope")], ids=["alone", "xdist"])
def late(run_pytest: Any, request: Any) -> Any:
    plugins = ("xdist",) if request.param else ()
    return run_pytest(LATE_SOURCE, *request.param, plugins=plugins, files={"conftest.py": IN_PAIRS})


def test_late_call_is_refused_and_does_not_count(late: Any) -> None:
    assert late.passed()


def test_late_calls_are_listed_under_their_tests(late: Any) -> None:
    names = [line.partition(": 401 POST ")[0] for line in late.summary(LATE_TITLE)]
    assert sorted(names) == sorted(LATE_NAMES)


def test_late_call_gets_the_name_of_its_test(run_pytest_in_process: Any) -> None:
    source = """
    KEYS = []

    def test_leaks(omixa_mock):
        KEYS.append((omixa_mock.api_key, omixa_mock.base_url))

    def test_next():
        post({}, *KEYS[0])
    """
    [line] = run_pytest_in_process(source).summary(LATE_TITLE)
    assert line == (
        "test_it.py::test_leaks: 401 POST /api/v1/images/generations: "
        "The workspace of this key was closed (test_it.py::test_leaks): the call came too late."
    )


def test_run_without_late_calls_lists_nothing(run_pytest_in_process: Any) -> None:
    assert "omixa-mock:" not in run_pytest_in_process("def test_it(omixa_mock): draw()").output


def test_test_that_runs_again_has_a_new_workspace(run_pytest_in_process: Any) -> None:
    conftest = """
    from _pytest.runner import runtestprotocol

    def pytest_runtest_protocol(item, nextitem):
        for _ in range(2):
            for report in runtestprotocol(item, nextitem=nextitem, log=False):
                item.ihook.pytest_runtest_logreport(report=report)
        return True
    """
    source = """
    RUNS = []

    def test_it(omixa_mock):
        assert omixa_mock.calls == ()
        if not RUNS:
            draw(size="9x9")
        RUNS.append(1)
    """
    assert run_pytest_in_process(source, files={"conftest.py": conftest}).outcomes == {"test_it": "failed, passed"}


def test_mock_is_released_with_its_test(run_pytest_in_process: Any) -> None:
    source = """
    import gc
    import weakref

    SEEN = []

    def test_it(omixa_mock):
        draw()
        SEEN.append(weakref.ref(omixa_mock))

    def test_after(request):
        gc.collect()
        assert SEEN[0]() is None
    """
    assert run_pytest_in_process(source).passed()


ADOPTING = """
@pytest.fixture(scope="session")
def app(omixa_mock_session):
    key, url = omixa_mock_session.env()["OMIXA_API_KEY"], omixa_mock_session.base_url
    return lambda prompt: post({"model": "gpt-image-1.5", "prompt": prompt}, key=key, url=url).status_code

def prompts(mock):
    return [call.fields["prompt"] for call in mock.calls]

def test_before(app, omixa_mock_session):
    assert app("the session's") == 200
    assert prompts(omixa_mock_session) == ["the session's"]

@pytest.mark.parametrize("times", [1, 2])
def test_adopts(app, omixa_mock_session, omixa_mock_server, times):
    for _ in range(times):
        omixa_mock_server.adopt(omixa_mock_session.api_key)
    omixa_mock_server.fail(503)
    assert [app("planned"), app("own")] == [503, 200]
    assert prompts(omixa_mock_server) == ["planned", "own"]
    omixa_mock_server.assert_single_charge()

def test_calls_without_adopting_belong_to_the_session(app, omixa_mock_session, omixa_mock_server):
    assert app("the session's again") == 200
    omixa_mock_server.assert_not_called()
    assert prompts(omixa_mock_session) == ["the session's", "the session's again"]

def test_adopts_an_unknown_key(omixa_mock_server):
    omixa_mock_server.adopt("omx_live_fixed")
    assert post({"model": "gpt-image-1.5", "prompt": "a cat"}, key="omx_live_fixed").status_code == 200
    omixa_mock_server.assert_single_charge()

def test_adopted_key_is_unknown_afterwards(omixa_mock_server):
    assert post({}, key="omx_live_fixed").status_code == 401

def test_adopted_breach_fails_the_test(app, omixa_mock_session, omixa_mock_server):
    omixa_mock_server.adopt(omixa_mock_session.api_key)
    assert app("") == 422

def test_run_has_one_session_key(app, omixa_mock_session):
    assert len({omixa_mock_session.api_key, omixa_mock_session.env()["OMIXA_API_KEY"]}) == 1
"""


def test_adopted_calls_belong_to_the_test_until_its_end(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(ADOPTING)
    assert {name for name, outcome in run.outcomes.items() if outcome != "passed"} == {
        "test_adopted_breach_fails_the_test"
    }, run.output
