"""Tests of the fixture omixa_mock in a forked child: a call is refused there, and the message has the remedy."""

from __future__ import annotations

import os
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# A call in the child returns its exception to the parent, as text.
SOURCE = """
import multiprocessing
import os
import socket
import warnings
from concurrent.futures import ProcessPoolExecutor

import httpx2
import requests
import omixa_mock as fake

# Newer Pythons warn of a fork beside threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork")
URL = "https://www.omixa.cloud/api/v1/models"
AUTH = {"Authorization": "Bearer omx_live_x"}
FORK = multiprocessing.get_context("fork")
LIBRARIES = {"httpx": httpx, "httpx2": httpx2, "requests": requests}

class OwnTransport(httpx.HTTPTransport):
    pass

def by_library(name):
    return LIBRARIES[name].get(URL, headers=AUTH, verify=False)

def by_own_transport(_):
    with httpx.Client(transport=OwnTransport(verify=False)) as client:
        return client.get(URL, headers=AUTH)

def by_socket(_):
    return socket.create_connection(("www.omixa.cloud", 443))

CALLS = {name: by_library for name in LIBRARIES} | {"own transport": by_own_transport, "socket": by_socket}

def attempt(name):
    try:
        return f"answered: {CALLS[name](name)}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def by_fork(name):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, attempt(name).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        text = file.read()
    os.wait()
    return text

def by_process(name):
    queue = FORK.SimpleQueue()
    process = FORK.Process(target=lambda: queue.put(attempt(name)))
    process.start()
    process.join()
    return queue.get()

def by_executor(name):
    with ProcessPoolExecutor(1, mp_context=FORK) as executor:
        return executor.submit(attempt, name).result()

WAYS = {"fork": by_fork, "process": by_process, "executor": by_executor}

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CALLS)
def test_refused(omixa_mock, name, way):
    message = WAYS[way](name)
    assert not omixa_mock.calls
    pytest.fail(message, pytrace=False)

def test_exception_reaches_the_parent(omixa_mock):
    with ProcessPoolExecutor(1, mp_context=FORK) as executor:
        executor.submit(by_library, "httpx").result()

@pytest.fixture(scope="module")
def workers():
    with ProcessPoolExecutor(1, mp_context=FORK) as executor:
        executor.submit(os.getpid).result()
        yield executor

def test_child_that_is_older_than_the_fixture(workers, omixa_mock):
    pytest.fail(workers.submit(attempt, "httpx").result(), pytrace=False)

def test_interception_without_a_fixture():
    with fake.intercept():
        pytest.fail(by_fork("httpx"), pytrace=False)

def test_parent_is_answered_before_and_after(omixa_mock):
    assert httpx.get(URL, headers=AUTH).status_code == 200
    by_fork("httpx")
    assert httpx.get(URL, headers=AUTH).status_code == 200
    assert len(omixa_mock.calls) == 2

def call_own_interception():
    with fake.intercept() as mock:
        return httpx.get(URL, headers=AUTH).status_code, len(mock.calls)

def test_interception_that_the_child_begins(omixa_mock):
    with ProcessPoolExecutor(1, mp_context=FORK) as executor:
        assert executor.submit(call_own_interception).result() == (200, 1)
    assert not omixa_mock.calls

def test_server_reaches_every_process(omixa_mock_server):
    with ProcessPoolExecutor(1, mp_context=FORK) as executor:
        assert executor.submit(draw).result().status_code == 200
    omixa_mock_server.assert_single_charge()
"""
PASSED = {
    *("test_parent_is_answered_before_and_after", "test_interception_that_the_child_begins"),
    "test_server_reaches_every_process",
}
CALLS = {
    "httpx": "ConnectError",
    "httpx2": "ConnectError",
    "requests": "ConnectionError",
    "own transport": "ConnectError",
    "socket": "LiveCallBlocked",
}
REMEDY = "omixa_mock answers only in the process that started it; in a forked child, use omixa_mock_server."


@pytest.fixture(scope="module")
def forked(run_pytest: Any) -> Any:
    return run_pytest(SOURCE)


@pytest.mark.parametrize("way", ["fork", "process", "executor"])
@pytest.mark.parametrize("name", CALLS)
def test_call_in_a_forked_child_is_refused_with_the_remedy(forked: Any, name: str, way: str) -> None:
    test = f"test_refused[{name}-{way}]"
    message = forked.text(test)
    assert message.startswith(f"{CALLS[name]}: ")
    assert f"omixa-mock: test_it.py::{test} tried to reach www.omixa.cloud for real from {forked.folder}" in message
    assert f"Nothing was sent. {REMEDY}" in message


@pytest.mark.parametrize(
    "name",
    [
        "test_exception_reaches_the_parent",
        "test_child_that_is_older_than_the_fixture",
        "test_interception_without_a_fixture",
    ],
)
def test_message_reaches_the_parent(forked: Any, name: str) -> None:
    assert REMEDY in forked.text(name)


@pytest.mark.parametrize("name", sorted(PASSED))
def test_other_calls_are_answered(forked: Any, name: str) -> None:
    assert forked.outcomes[name] == "passed", forked.text(name)
