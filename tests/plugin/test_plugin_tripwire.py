"""Tests of the tripwire: a real call is refused, and fails its own test with its line."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import pytest

SOURCE = """
import asyncio
import socket
import sys
from contextlib import suppress
from socket import getaddrinfo

HOST = "www.omixa.cloud"

class Reached(Exception):
    pass

def reached(*_, **__):
    raise Reached

# The first test of the file: the tripwire does not depend on the sequence of tests.
def test_before_the_first_use():
    assert is_armed()
    sys.modules["omixa_mock.interceptors.tripwire"].TRIPWIRE.attempts.clear()

def test_first_use(omixa_mock):
    pass

def test_swallowed():
    with suppress(OSError):
        getaddrinfo(HOST, 443)

def test_after_it_passes():
    pass

def test_not_swallowed():
    getaddrinfo(HOST, 443)

def test_after_a_failed_one_passes():
    pass

def test_swallowed_and_failed():
    with suppress(OSError):
        getaddrinfo(HOST, 443)
    assert False, "the test's own"

def test_after_a_swallowing_failed_one_passes(omixa_mock):
    pass

@pytest.fixture
def calling_in_setup():
    with suppress(OSError):
        getaddrinfo(HOST, 443)

def test_swallowed_in_setup(calling_in_setup):
    pass

@pytest.fixture
def calling_in_teardown():
    yield
    with suppress(OSError):
        getaddrinfo(HOST, 443)

def test_swallowed_in_teardown(calling_in_teardown):
    pass

def test_after_teardown_passes():
    pass

@pytest.fixture
def failing_in_setup():
    with suppress(OSError):
        getaddrinfo(HOST, 443)
    assert False, "the fixture's own"

def test_swallowed_in_a_failing_setup(failing_in_setup):
    pass

def test_after_a_failing_setup_passes():
    pass

# Only the audit event: each would resolve the name first, which needs a network.
@pytest.mark.parametrize("event", ["connect", "sendto", "sendmsg"])
def test_by_name(event):
    with suppress(OSError):
        sys.audit(f"socket.{event}", None, (HOST, 443))

def test_by_create_connection():
    with suppress(OSError):
        socket.create_connection((HOST, 443))

def test_by_gethostbyname():
    with suppress(OSError):
        socket.gethostbyname(HOST)

def test_by_event_loop():
    async def resolve():
        await asyncio.get_running_loop().getaddrinfo(HOST, 443)
    with suppress(OSError):
        asyncio.run(resolve())

def test_by_thread():
    def call():
        with suppress(OSError):
            getaddrinfo(HOST, 443)
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()

@pytest.mark.parametrize(
    "host", ["OMIXA.Cloud", "omixa.cloud.", "api.omixa.cloud", b"omixa.cloud", "omixa\\u3002cloud"]
)
def test_host(host):
    with suppress(OSError):
        getaddrinfo(host, 443)

@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", None])
def test_other_host(host):
    getaddrinfo(host, 443)

@pytest.mark.parametrize("host", ["notomixa.cloud.invalid", "omixa.cloud.invalid"])
def test_similar_host(host):
    with pytest.raises(socket.gaierror):
        getaddrinfo(host, 443)

@pytest.mark.omixa_mock(strict=False)
def test_lenient_or_not():
    with suppress(OSError):
        getaddrinfo(HOST, 443)

@pytest.mark.xfail(strict=True)
def test_xfail():
    with suppress(OSError):
        getaddrinfo(HOST, 443)

def is_armed():
    "Return True if a call would be refused; raises the audit event only, and resolves nothing."
    try:
        sys.audit("socket.getaddrinfo", HOST, 443, 0, 0, 0)
    except OSError:
        return True
    return False

@pytest.fixture
def live_in_setup_and_teardown():
    assert not is_armed()
    yield
    assert not is_armed()

@pytest.mark.omixa_mock(live=True)
def test_live(live_in_setup_and_teardown):
    assert not is_armed()

@pytest.mark.omixa_mock(live=True)
def test_live_reaches_the_resolver(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", reached)
    with pytest.raises(Reached):
        httpx.get("https://www.omixa.cloud/api/v1/models", trust_env=False, verify=False)

@pytest.mark.omixa_mock(live=True)
class TestLive:
    def test_class_marker_applies(self):
        assert not is_armed()

    @pytest.mark.omixa_mock(live=False)
    def test_closest_wins(self):
        assert is_armed()
"""

OUTCOMES = {
    "test_before_the_first_use": "passed",
    "test_first_use": "passed",
    "test_swallowed": "failed",
    "test_after_it_passes": "passed",
    "test_not_swallowed": "failed",
    "test_after_a_failed_one_passes": "passed",
    "test_swallowed_and_failed": "failed",
    "test_after_a_swallowing_failed_one_passes": "passed",
    "test_swallowed_in_setup": "failed",
    "test_swallowed_in_teardown": "passed, teardown failed",
    "test_after_teardown_passes": "passed",
    "test_swallowed_in_a_failing_setup": "setup failed",
    "test_after_a_failing_setup_passes": "passed",
    "test_by_name[connect]": "failed",
    "test_by_name[sendto]": "failed",
    "test_by_name[sendmsg]": "failed",
    "test_by_create_connection": "failed",
    "test_by_gethostbyname": "failed",
    "test_by_event_loop": "failed",
    "test_by_thread": "failed",
    "test_host[OMIXA.Cloud]": "failed",
    "test_host[omixa.cloud.]": "failed",
    "test_host[api.omixa.cloud]": "failed",
    "test_host[omixa.cloud]": "failed",
    "test_host[omixa\\u3002cloud]": "failed",
    "test_other_host[127.0.0.1]": "passed",
    "test_other_host[localhost]": "passed",
    "test_other_host[None]": "passed",
    "test_similar_host[notomixa.cloud.invalid]": "passed",
    "test_similar_host[omixa.cloud.invalid]": "passed",
    "test_lenient_or_not": "failed",
    "test_xfail": "xfailed",
    "test_live": "passed",
    "test_live_reaches_the_resolver": "passed",
    "TestLive::test_class_marker_applies": "passed",
    "TestLive::test_closest_wins": "failed",
}


@pytest.fixture(scope="module")
def refused(run_pytest: Any) -> Any:
    return run_pytest(SOURCE)


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome_with_the_tripwire(refused: Any, name: str) -> None:
    assert refused.outcomes[name] == OUTCOMES[name], refused.text(name)


def test_table_names_every_test_of_the_project(refused: Any) -> None:
    assert refused.outcomes.keys() == OUTCOMES.keys()


@pytest.mark.parametrize(
    "name", ["test_swallowed", "test_by_name[connect]", "test_by_thread", "test_swallowed_in_setup"]
)
def test_attempt_is_reported_with_its_test_and_line(refused: Any, name: str) -> None:
    first = refused.text(name).partition(";")[0]
    begin = f"omixa-mock: test_it.py::{name} tried to reach www.omixa.cloud for real from {refused.folder}/test_it.py:"
    line = (refused.folder / "test_it.py").read_text().splitlines()[int(first.removeprefix(begin)) - 1]
    assert "HOST" in line


def test_client_gets_an_os_error_with_a_remedy(refused: Any) -> None:
    name = "test_not_swallowed"
    assert refused.error(name).startswith(
        "omixa_mock.interceptors.tripwire.LiveCallBlocked: omixa-mock: test_it.py::test_not"
    )
    assert refused.error(name).endswith(
        "Nothing was sent. Use the fixture omixa_mock, or omixa_mock_server for clients that it does not intercept; "
        "@pytest.mark.omixa_mock(live=True) lets a test through."
    )


# The calls of tests that use the fixture, each with the end of its message.
IN_USE = """
import socket
import urllib.request
from http.client import HTTPSConnection

def test_other_client(omixa_mock):
    urllib.request.urlopen("https://www.omixa.cloud")

def test_unknown_client(omixa_mock):
    socket.create_connection(("www.omixa.cloud", 443))

def test_other_host(omixa_mock):
    get("https://api.omixa.cloud")

def test_other_client_and_spelling(omixa_mock):
    HTTPSConnection("www.omixa\\u3002cloud").request("GET", "/")

def test_fixture_of_another_test():
    get("https://www.omixa.cloud")
"""
DOCUMENTED = "Omixa's documented host, which the fake answers, is www.omixa.cloud; not"
ADVICE = {
    "test_other_client": "omixa_mock does not intercept urllib.request: use omixa_mock_server.",
    "test_unknown_client": "omixa_mock does not intercept this client: use omixa_mock_server.",
    "test_other_host": f"{DOCUMENTED} api.omixa.cloud.",
    "test_other_client_and_spelling": f"{DOCUMENTED} www.omixa\\u3002cloud. "
    "omixa_mock does not intercept http.client: use omixa_mock_server.",
    "test_fixture_of_another_test": "Use the fixture omixa_mock, or omixa_mock_server for clients that it does not "
    "intercept; @pytest.mark.omixa_mock(live=True) lets a test through.",
}


@pytest.mark.parametrize("name", ADVICE)
def test_message_gives_the_remedy_of_its_case(run_pytest: Any, name: str) -> None:
    message = run_pytest(IN_USE).error(name).rstrip(">")
    assert message.endswith(f"Nothing was sent. {ADVICE[name]}")


@pytest.mark.parametrize("name", ["test_swallowed_and_failed", "test_swallowed_in_a_failing_setup"])
def test_failed_test_has_no_finding_about_attempts(refused: Any, name: str) -> None:
    assert "own" in refused.text(name)
    assert "omixa-mock:" not in refused.text(name)


@pytest.mark.acceptance
def test_block_live_applies_to_tests_without_a_fixture(run_pytest: Any) -> None:
    source = """
    import socket

    def test_it():
        with pytest.raises(OSError, match="omixa-mock"):
            socket.getaddrinfo("omixa.cloud", 443)
    """
    assert run_pytest(source, files={"pytest.ini": "[pytest]\nomixa_mock_block_live = true\n"}).outcomes == {
        "test_it": "failed"
    }


@pytest.mark.acceptance
def test_attempt_outside_a_test_is_listed_at_the_end(run_pytest: Any) -> None:
    conftest = """
    import socket

    def pytest_collection_modifyitems():
        try:
            socket.getaddrinfo("omixa.cloud", 443)
        except OSError:
            pass
    """
    run = run_pytest("def test_it(): pass", "--omixa-mock-block-live=1", files={"conftest.py": conftest})
    assert run.passed()
    [line] = run.summary("omixa-mock: attempts to reach Omixa for real, outside of any test")
    assert line == f"something outside a test tried to reach omixa.cloud for real from {run.folder}/conftest.py:6"


def test_tripwire_is_disarmed_at_the_end_of_the_run(run_pytest_in_process: Any) -> None:
    source = "def test_it(omixa_mock): pass"
    assert run_pytest_in_process(source).passed()

    # Only the audit event: nothing is resolved.
    sys.audit("socket.getaddrinfo", "www.omixa.cloud", 443, 0, 0, 0)


LIBRARIES = {
    "httpx": ("httpx", "_client.Client", "_send_single_request"),
    "httpx2": ("httpx2", "_client.AsyncClient", "_send_single_request"),
    "requests": ("requests", "sessions.Session", "request"),
    "urllib3": ("urllib3", "HTTPConnectionPool", "_make_request"),
}


@pytest.mark.acceptance
@pytest.mark.parametrize("library", LIBRARIES)
def test_library_with_renamed_internals_is_reported_with_its_version(run_pytest: Any, library: str) -> None:
    module, target, method = LIBRARIES[library]
    rename = f"""
    import {module}

    owner = {module}.{target}
    owner.another_name = owner.{method}
    del owner.{method}
    """
    source = """
    def test_it(omixa_mock):
        pytest.fail("the fixture should have failed")
    """
    text = run_pytest(source, files={"conftest.py": rename}).text("test_it")
    assert text.startswith(f"omixa-mock: {library} {import_module(library).__version__} ")
    assert "No call went out." in text
    assert "omixa_mock_server" in text
    assert method in text
