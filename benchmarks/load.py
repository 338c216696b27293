"""Load on a server, made by wrk."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .servers import Server

__all__ = ["Load", "press"]

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk sends.

    Attributes:
        body: File with the request's body.
        connections: How many at once.
        varied: Whether every prompt is another.
        refused: Whether every answer is to be a refusal.
    """

    body: Path
    connections: int = 1
    varied: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of a load.

    Attributes:
        rate: Requests per second.
        p99: Of their latencies, in microseconds.
    """

    rate: float
    p99: float


def press(server: Server, load: Load, seconds: float, turn: int) -> Pressed:
    """Put a load on a server for so many seconds; `turn` tells its prompts from those of another turn.

    Raises:
        RuntimeError: A request was not answered as it should be: then no figure means anything.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is not on this machine. On Debian: apt-get install wrk")
    told = subprocess.run(  # noqa: S603  # our own
        [wrk, "--threads=1", f"--connections={load.connections}", f"--duration={max(1, round(seconds))}s",
         f"--script={SCRIPT}", "--timeout=30s", server.url, "--", str(load.body), str(turn) if load.varied else "same"],
        capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    result = json.loads(told.splitlines()[-1])
    wrong = result["broken"] or (result["refused"] != result["requests"] if load.refused else result["refused"])
    if wrong or not result["requests"]:
        raise RuntimeError(f"not every answer was as it should be: {result}")
    return Pressed(result["requests"] / result["seconds"], result["p99"])
