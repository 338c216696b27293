"""Tests of threads that a test leaves at work: their calls are that test's, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

TITLE = "omixa-mock: calls that came after their test"
ATTEMPTS = "omixa-mock: attempts to reach Omixa for real, outside of any test"

# A thread that calls when it is let go on; each project has two tests or more, of which the first leaks.
LEAK = """
import asyncio
import queue
import urllib.request
from concurrent.futures import ThreadPoolExecutor

BODY = {"model": "gpt-image-1.5", "prompt": "a cat"}
URL = "https://www.omixa.cloud/api/v1"
GO, DONE, STATUSES = threading.Event(), threading.Event(), []

def call(key="omx_live_app"):
    STATUSES.append(post(BODY, key=key, url=URL).status_code)

def wait_and_call():
    GO.wait(30)
    call()
    DONE.set()

def leak():
    threading.Thread(target=wait_and_call, daemon=True).start()

def let_go():
    GO.set()
    assert DONE.wait(10)
"""

LATER = {
    "without a fixture": "def test_b():\n    let_go()\n    assert STATUSES == [401]\n",
    "with omixa_mock": (
        "def test_b(omixa_mock):\n    let_go()\n    omixa_mock.assert_not_called()\n    assert STATUSES == [401]\n"
    ),
    "with omixa_mock_server": "def test_b(omixa_mock_server):\n    let_go()\n    assert STATUSES == [401]\n",
}
LEAKS = {
    "thread": "leak()",
    "thread of a class": "type('T', (threading.Thread,), {'run': lambda _: wait_and_call()})(daemon=True).start()",
    "timer": "threading.Timer(0, wait_and_call).start()",
    "busy pool": "globals().update(POOL=ThreadPoolExecutor()); POOL.submit(wait_and_call)",
    "thread of a thread": "first = threading.Thread(target=leak); first.start(); first.join()",
}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("how", LEAKS)
def test_late_call_is_refused_and_listed_under_the_test_that_leaked(
    run_pytest_in_process: Any, how: str, later: str
) -> None:
    run = run_pytest_in_process(f"{LEAK}\ndef test_a(omixa_mock):\n    {LEAKS[how]}\n\n{LATER[later]}")
    assert run.passed()
    assert run.summary(TITLE) == [
        (
            "test_it.py::test_a: 401 POST /api/v1/images/generations: "
            "The workspace of this key was closed (test_it.py::test_a): the call came too late."
        )
    ]


def test_key_of_a_late_call_is_still_good_in_later_tests(run_pytest_in_process: Any) -> None:
    source = f"""{LEAK}
def test_a(omixa_mock):
    leak()

def test_b():
    let_go()

def test_c(omixa_mock):
    call()
    omixa_mock.assert_single_charge()
    assert STATUSES == [401, 200]
"""
    assert run_pytest_in_process(source).passed()


@pytest.mark.acceptance
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_late_call_of_a_client_that_is_not_intercepted_fails_no_other_test(run_pytest: Any, workers: Any) -> None:
    source = f"""{LEAK}
def wait_and_open():
    GO.wait(30)
    try:
        urllib.request.urlopen(URL)
    except OSError:
        DONE.set()

def test_a(omixa_mock):
    threading.Thread(target=wait_and_open, daemon=True).start()

def test_b(omixa_mock):
    let_go()

def test_c():
    pass
"""
    run = run_pytest(source, *workers, plugins=("xdist",) if workers else ())
    assert run.passed()
    [line] = run.summary(ATTEMPTS)
    assert line.startswith("test_it.py::test_a tried to reach www.omixa.cloud for real from ")


# Threads that a test started and that work for the next one.
SERVING = {
    "pool": """
POOL = ThreadPoolExecutor(1)
def work():
    POOL.submit(call).result()
""",
    "own worker": """
JOBS, DONE_JOBS = queue.Queue(), queue.Queue()
def run():
    while True:
        JOBS.get()
        call()
        DONE_JOBS.put(None)
def work():
    if not any(thread.name == "own" for thread in threading.enumerate()):
        threading.Thread(target=run, name="own", daemon=True).start()
    JOBS.put(None)
    DONE_JOBS.get()
""",
    "loop": """
LOOP = asyncio.new_event_loop()
async def acall():
    async with httpx.AsyncClient(verify=False) as client:
        headers = {"Authorization": "Bearer omx_live_app"}
        STATUSES.append((await client.post(URL + "/images/generations", json=BODY, headers=headers)).status_code)
def work():
    if not LOOP.is_running():
        threading.Thread(target=LOOP.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(acall(), LOOP).result()
""",
    "pool of a loop": """
RUNNER = asyncio.Runner()
# The child test runs in this process: nobody else closes the loop.
@pytest.fixture(scope="session", autouse=True)
def closed_at_the_end():
    yield
    RUNNER.close()
def work():
    RUNNER.run(asyncio.to_thread(call))
""",
    "pool of anyio": """
import anyio, anyio.from_thread
PORTAL = anyio.from_thread.start_blocking_portal()
ENTERED = []
def work():
    if not ENTERED:
        ENTERED.append(PORTAL.__enter__())
    ENTERED[0].call(anyio.to_thread.run_sync, call)
""",
}


@pytest.mark.parametrize("kind", SERVING)
def test_thread_that_works_for_the_next_test_is_not_late(run_pytest_in_process: Any, kind: str) -> None:
    source = f"""{LEAK}{SERVING[kind]}
@pytest.mark.parametrize("time", [1, 2, 3])
def test_it(omixa_mock, time):
    work()
    omixa_mock.assert_single_charge()
    assert STATUSES == [200] * time
"""
    assert run_pytest_in_process(source).passed()


def test_pool_with_an_old_job_works_for_the_next_test(run_pytest_in_process: Any) -> None:
    source = f"""{LEAK}
POOL = ThreadPoolExecutor(1)

def test_a(omixa_mock):
    POOL.submit(wait_and_call)

def test_b(omixa_mock):
    let_go()
    POOL.submit(call).result()
    omixa_mock.assert_single_charge()
    assert STATUSES == [401, 200]
"""
    assert run_pytest_in_process(source).passed()


def test_thread_of_a_fixture_of_wider_scope_is_not_late(run_pytest_in_process: Any) -> None:
    source = f"""{LEAK}
@pytest.fixture(scope="module", autouse=True)
def app():
    leak()

def test_a(omixa_mock):
    pass

def test_b(omixa_mock):
    let_go()
    omixa_mock.assert_single_charge()
"""
    assert run_pytest_in_process(source).passed()


def test_leaked_thread_is_released_when_it_ends(run_pytest_in_process: Any) -> None:
    source = f"""{LEAK}
import gc
import weakref

THREADS = []

def test_a(omixa_mock):
    thread = threading.Thread(target=wait_and_call, daemon=True)
    thread.start()
    THREADS.append(weakref.ref(thread))

def test_b(omixa_mock):
    let_go()
    THREADS[0]().join()

def test_c(omixa_mock):
    gc.collect()
    assert THREADS[0]() is None
"""
    assert run_pytest_in_process(source).passed()
