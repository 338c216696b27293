"""`omixa-mock serve --workers N`: several processes behind one address, which begin and end as one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from omixa_mock.cli.workers import describe_end

pytestmark = [
    pytest.mark.acceptance,  # processes for each test
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux spreads connections over processes"),
]

Start = Callable[..., Any]
PATIENCE = 20
COMMAND = (sys.executable, "-W", "error", "-c", "from omixa_mock.cli import main; main()")
REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}


def children_of(process: int) -> list[int]:
    """The processes that a process started and that are not gone."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_running(process: int) -> bool:
    """Whether a process is there and no zombie, which only waits for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def await_end(processes: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(map(is_running, processes)):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.01)


def codes_of(serving: Any, calls: int, key: str) -> Counter[str]:
    """What so many orders by one key end with, each on a connection of its own."""
    responses = [serving.generate(key).json() for _ in range(calls)]
    return Counter(response.get("error", {}).get("code", "ok") for response in responses)


@pytest.fixture(scope="module")
def three(start_once: Start) -> Any:
    """Three workers in which every key pays for one image."""
    return start_once("--workers", "3", "--balance", "0.05", "--log", "all")


def test_there_are_as_many_workers_as_asked_for(three: Any) -> None:
    assert len(children_of(three.process.pid)) == 3


def test_connections_reach_more_than_one_worker(three: Any) -> None:
    # A wallet pays once: what is paid beyond that was paid by another one.
    assert codes_of(three, 40, "omx_live_spread")["ok"] > 1


def test_workers_share_no_wallet(three: Any) -> None:
    assert codes_of(three, 60, "omx_live_wallets")["insufficient_balance"] == 60 - 3


def test_a_connection_stays_with_its_worker(three: Any) -> None:
    with httpx.Client(trust_env=False, headers={"Authorization": "Bearer omx_live_stay"}) as client:
        statuses = [client.post(f"{three.base_url}/images/generations", json=REQUEST).status_code for _ in range(5)]
    assert statuses == [200, 402, 402, 402, 402]


def test_workers_answer_with_the_same_bytes(start: Start) -> None:
    serving = start("--workers", "2")
    assert len({serving.generate().content for _ in range(20)}) == 1


def test_small_calls_are_not_delayed(three: Any) -> None:
    # Without TCP_NODELAY each takes the 40 ms of a delayed acknowledgement: four seconds.
    with httpx.Client(trust_env=False) as client:
        began = time.monotonic()
        for _ in range(100):
            client.get(f"{three.url}/__omixa/health")
    assert time.monotonic() - began < 3


# The control routes


STATEFUL = [
    ("GET", "workspace"), ("PUT", "workspace"), ("DELETE", "workspace"), ("GET", "requests"), ("GET", "ledger"),
    ("GET", "faults"), ("POST", "faults"), ("DELETE", "faults"), ("POST", "reset"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "route"), STATEFUL)
def test_control_call_that_concerns_a_workspace_is_refused(three: Any, method: str, route: str) -> None:
    answer = httpx.request(method, f"{three.url}/__omixa/{route}", trust_env=False)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "control_refused")
    assert "3 workers serve this address" in error["message"]


@pytest.mark.parametrize("route", ["health", "schemas", "schemas/error", "openapi.json"])
def test_what_is_the_same_in_every_worker_is_answered(three: Any, route: str) -> None:
    assert httpx.get(f"{three.url}/__omixa/{route}", trust_env=False).status_code == 200


def test_health_says_how_many_serve(three: Any) -> None:
    assert httpx.get(f"{three.url}/__omixa/health", trust_env=False).json()["workers"] == 3


# The start


def test_banner_says_that_nothing_is_shared(three: Any) -> None:
    assert three.field("workers").startswith("3, which share nothing")


def test_there_is_one_banner(start: Start) -> None:
    serving = start("--workers", "3")
    assert serving.log() == []


def test_ready_file_holds_the_url_until_the_end(start: Start, tmp_path: Path) -> None:
    serving = start("--workers", "2", "--ready-file", str(tmp_path / "ready"))
    assert (tmp_path / "ready").read_text() == serving.url
    serving.stop()
    assert list(tmp_path.iterdir()) == []


def test_faults_strike_in_every_worker(start: Start) -> None:
    serving = start("--workers", "2", "--fault", "no_route")
    assert {serving.generate().status_code for _ in range(20)} == {503}


def refusal_of(*arguments: str) -> str:
    """What a command says that cannot serve, on one line."""
    command = (*COMMAND, "serve", "--workers", "2", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 3, done.stderr
    return done.stderr.strip()


def test_second_command_cannot_join_the_first_ones_port(start: Start) -> None:
    port = start("--workers", "2").url.rpartition(":")[2]
    assert f"127.0.0.1:{port} is in use by another program" in refusal_of("--port", port)


def test_trouble_of_every_worker_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("none")
    told = refusal_of("--port", "0", "--tls-cert", str(tmp_path / "cert.pem"))
    assert (told.count("\n"), told[:42]) == (0, "Error: certificate or key cannot be used (")


# The end


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_at_once_with_success(start: Start, sign: signal.Signals) -> None:
    serving = start("--workers", "3")
    workers = children_of(serving.process.pid)
    began = time.monotonic()
    assert serving.stop(sign) == 0
    # A bound for busy machines; each process needs a few milliseconds to end.
    assert (time.monotonic() - began < 3, [*filter(is_running, workers)]) == (True, [])


def test_signal_ends_it_with_a_hanging_request(start: Start) -> None:
    serving = start("--workers", "2", "--latency", "60")
    host, _, port = serving.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"POST /api/v1/images/generations HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        assert serving.stop() == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_signal_to_a_worker_ends_the_command_in_order(start: Start, sign: signal.Signals) -> None:
    serving = start("--workers", "2")
    os.kill(children_of(serving.process.pid)[0], sign)
    assert serving.process.wait(PATIENCE) == 0


@pytest.fixture
def bereft(start: Start) -> tuple[Any, list[int]]:
    """A command of three workers one of which was killed, and all its workers."""
    serving = start("--workers", "3")
    workers = children_of(serving.process.pid)
    os.kill(workers[1], signal.SIGKILL)
    return serving, workers


def test_death_of_a_worker_ends_the_command_with_an_error(bereft: tuple[Any, list[int]]) -> None:
    serving, workers = bereft
    assert serving.process.wait(PATIENCE) == 3
    assert f"Error: worker 2 of 3 (process {workers[1]}) was killed by SIGKILL" in serving.line()


def test_death_of_a_worker_leaves_no_other(bereft: tuple[Any, list[int]]) -> None:
    serving, workers = bereft
    serving.process.wait(PATIENCE)
    assert [*filter(is_running, workers)] == []


def test_workers_end_with_a_parent_that_is_killed(start: Start) -> None:
    serving = start("--workers", "3")
    workers = children_of(serving.process.pid)
    serving.stop(signal.SIGKILL)
    await_end(workers)


@pytest.mark.parametrize(
    ("code", "told"), [(-9, "was killed by SIGKILL"), (1, "ended by itself with exit code 1"), (0, "exit code 0")]
)
def test_end_of_a_worker_is_told(code: int, told: str) -> None:
    assert told in describe_end(code)
