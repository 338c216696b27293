"""Servers under measurement, each in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from .bodies import SMALL
from .machine import ROOT

__all__ = ["HEADERS", "PATH", "B", "S", "Server", "fake_command", "post", "run"]

PATH = "/api/v1/images/generations"
HEADERS = {"Authorization": "Bearer omx_live_bench", "Content-Type": "application/json"}
# The same for every uvicorn: its access log alone would halve a yardstick's speed.
UVICORN = (
    "--loop=uvloop", "--http=httptools", "--ws=none", "--lifespan=off", "--no-access-log", "--log-level=warning",
    "--no-server-header", "--no-date-header", "--no-proxy-headers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """A listening server.

    Attributes:
        port: The port on loopback.
        path: The path of its endpoint.
        pid: The id of its process.
        started: Seconds from its spawning to its first response.
    """

    port: int
    path: str
    pid: int
    started: float

    @property
    def url(self) -> str:
        """Return the URL of its endpoint."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    def memory(self) -> float:
        """Return the resident memory, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def fake_command(*flags: str) -> list[str]:
    """Return the command that serves the fake, without its port; the wallet never runs empty."""
    return [f"{Path(sys.executable).parent}/omixa-mock", "serve", "--balance=1000000000", *flags, "--port"]


def uvicorn_command(application: str) -> list[str]:
    """Return the command that serves a yardstick, without its port."""
    return [sys.executable, "-m", "uvicorn", f"benchmarks.yardsticks:{application}", *UVICORN, "--port"]


S, B = uvicorn_command("S"), uvicorn_command("B")


@contextmanager
def run(command: Sequence[str], path: str = PATH) -> Iterator[Server]:
    """Run a server for the duration of the block, which begins after its first response.

    Raises:
        RuntimeError: The server ended instead.
    """
    port = free_port()
    begin = time.perf_counter()
    with subprocess.Popen(
        [*command, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            wait_for_response(port, path, process)
            yield Server(port, path, process.pid, time.perf_counter() - begin)
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_response(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Send requests until one gets a response."""
    while True:
        try:
            status, _ = post(port, path, SMALL)
        except ConnectionRefusedError:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} ended: {read(process.stderr)}") from None
            time.sleep(0.0005)
        else:
            if status != 200:
                raise RuntimeError(f"expected a 200 from {process.args!r}, got {status}")
            return


def read(pipe: IO[bytes] | None) -> str:
    """Return the error output of a process."""
    return pipe.read().decode() if pipe else ""


def post(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    """Send a request on a connection of its own; return the status and body of its response."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, HEADERS)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
