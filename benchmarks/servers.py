"""The servers that are measured, each a process of its own."""

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

__all__ = ["HEADERS", "PATH", "B", "S", "Server", "ours", "post", "run"]

PATH = "/api/v1/images/generations"
HEADERS = {"Authorization": "Bearer omx_live_bench", "Content-Type": "application/json"}
# The same for every uvicorn: its access log alone would halve a yardstick's speed.
UVICORN = (
    "--loop=uvloop", "--http=httptools", "--ws=none", "--lifespan=off", "--no-access-log", "--log-level=warning",
    "--no-server-header", "--no-date-header", "--no-proxy-headers",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens.

    Attributes:
        port: On loopback.
        path: What requests are for.
        pid: Of its process.
        started: Seconds from its spawning to its first answer.
    """

    port: int
    path: str
    pid: int
    started: float

    @property
    def url(self) -> str:
        """Where requests go."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    def memory(self) -> float:
        """The resident memory, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def ours(*flags: str) -> list[str]:
    """The command that serves the fake, but for its port; the wallet never runs empty."""
    return [f"{Path(sys.executable).parent}/omixa-mock", "serve", "--balance=1000000000", *flags, "--port"]


def uvicorn(application: str) -> list[str]:
    """The command that serves a yardstick, but for its port."""
    return [sys.executable, "-m", "uvicorn", f"benchmarks.yardsticks:{application}", *UVICORN, "--port"]


S, B = uvicorn("S"), uvicorn("B")


@contextmanager
def run(command: Sequence[str], path: str = PATH) -> Iterator[Server]:
    """Run a server while the block runs; it has given its first answer when the block begins.

    Raises:
        RuntimeError: It died instead.
    """
    port = free_port()
    begin = time.perf_counter()
    with subprocess.Popen(
        [*command, str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            wait_for_answer(port, path, process)
            yield Server(port, path, process.pid, time.perf_counter() - begin)
        finally:
            process.terminate()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_answer(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Ask until there is an answer."""
    while True:
        try:
            status, _ = post(port, path, SMALL)
        except ConnectionRefusedError:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} ended: {read(process.stderr)}") from None
            time.sleep(0.0005)
        else:
            if status != 200:
                raise RuntimeError(f"{process.args!r} answered with {status}")
            return


def read(pipe: IO[bytes] | None) -> str:
    """What a process complained of."""
    return pipe.read().decode() if pipe else ""


def post(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to one request, on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, HEADERS)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
