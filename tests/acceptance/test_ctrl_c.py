"""Tests of Ctrl-C, which sends SIGINT to the whole foreground process group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).parents[2]
MAKE_PORT = 6649


class Served(NamedTuple):
    """Server in the foreground of a terminal: its process and its banner."""

    process: subprocess.Popen[str]
    banner: str

    def interrupt(self) -> str:
        """Send SIGINT to the process group, wait for the end, and return the rest of the output."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.communicate(timeout=20)[0]


@contextmanager
def foreground(*command: str) -> Iterator[Served]:
    """Run a command that serves, in a process group of its own, until its banner is complete."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        else:
            pytest.fail(f"the server ended at once: {''.join(lines)}")
        yield Served(process, "".join(lines))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def ready_file(tmp_path: Path) -> Path:
    return tmp_path / "url"


@pytest.fixture
def served(ready_file: Path) -> Iterator[Served]:
    """Run `omixa-mock serve` on a free port, with a provider latency of an hour."""
    command = Path(sys.executable).with_name("omixa-mock")
    with foreground(
        str(command), "serve", "--port", "0", "--ready-file", str(ready_file), "--latency", "3600"
    ) as server:
        yield server


def test_command_ends_without_an_error(served: Served) -> None:
    served.interrupt()
    assert served.process.returncode == 0


def test_command_prints_nothing_more(served: Served) -> None:
    assert served.interrupt() == ""


def test_command_removes_its_ready_file(served: Served, ready_file: Path) -> None:
    served.interrupt()
    assert not ready_file.exists()


def test_command_ends_during_a_call(served: Served, ready_file: Path) -> None:
    host, _, port = ready_file.read_text().removeprefix("http://").partition(":")
    body = b'{"model": "gpt-image-1.5", "prompt": "slow"}'
    head = (
        f"POST /api/v1/images/generations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer omx_live_xxx\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode())
        # The server handles this call once it requests the body.
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        served.interrupt()
        assert served.process.returncode == 0


@pytest.fixture
def make_served(require: Callable[..., str]) -> Iterator[Served]:
    """Run `make serve`, which has a fixed port."""
    make = require("make")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", MAKE_PORT))
        except OSError:
            pytest.skip(f"another program has port {MAKE_PORT}")
    with foreground(make, "serve") as server:
        yield server


def test_make_serves_at_the_printed_url(make_served: Served) -> None:
    assert f"http://127.0.0.1:{MAKE_PORT}/api/v1" in make_served.banner


def test_make_frees_its_port(make_served: Served) -> None:
    make_served.interrupt()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", MAKE_PORT))


def test_make_shows_no_traceback(make_served: Served) -> None:
    assert "Traceback" not in make_served.interrupt()
