"""Load generation with wrk."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .servers import Server

__all__ = ["Load", "LoadResult", "apply_load"]

SCRIPT = Path(__file__).with_name("load.lua")
# Distinguishes the runs of wrk: no varied request may occur twice.
TURNS = itertools.count(1)
# Seconds within which any server responds.
LONGEST = 20.0
NOTHING: Mapping[str, Any] = {"requests": 0}


@dataclass(frozen=True, slots=True)
class Load:
    """Requests that wrk sends.

    Attributes:
        body: The file with the request's body.
        connections: The number of concurrent connections.
        varied: True if every request differs.
        refused: True if every response must be a refusal.
    """

    body: Path
    connections: int = 1
    varied: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Figures of a load.

    Attributes:
        rate: Requests per second.
        p99: The 99th percentile of their latencies, in microseconds.
    """

    rate: float
    p99: float


def apply_load(server: Server, load: Load, seconds: float) -> LoadResult:
    """Put a load on a server for so many seconds; for longer if no response was complete by then.

    Raises:
        RuntimeError: A response was not the expected one, which makes every figure meaningless.
    """
    result = run_wrk(server, load, seconds)
    if not result["requests"] and seconds < LONGEST:
        return apply_load(server, load, 2 * seconds)
    expected = result["requests"] if load.refused else 0
    if not result["requests"] or result["broken"] or result["refused"] != expected:
        raise RuntimeError(f"{server.url} did not give every request the expected response: {result}")
    return LoadResult(result["requests"] / result["seconds"], result["p99"])


def run_wrk(server: Server, load: Load, seconds: float) -> Mapping[str, Any]:
    """Return the counts of wrk.

    wrk accepts whole seconds only. A shorter run is interrupted, after which wrk still prints its counts.
    """
    turn = str(next(TURNS)) if load.varied else "same"
    command = [
        find_wrk(), "--threads=1", f"--connections={load.connections}", f"--duration={math.ceil(seconds)}s",
        f"--script={SCRIPT}", "--timeout=30s", server.url, "--", str(load.body), turn,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
        try:
            output, _ = wrk.communicate(timeout=None if seconds == math.ceil(seconds) else seconds)
        except subprocess.TimeoutExpired:
            wrk.send_signal(signal.SIGINT)
            output, _ = wrk.communicate()
    if wrk.returncode == -signal.SIGINT:
        return NOTHING  # interrupted before its handler was installed
    if wrk.returncode:
        raise RuntimeError(f"wrk ended with {wrk.returncode}; its output: {output}")
    counts: dict[str, Any] = json.loads(output.splitlines()[-1])
    return counts


def find_wrk() -> str:
    """Return the path of wrk.

    Raises:
        RuntimeError: It is not installed.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is not on this machine. To install it on Debian: make wrk")
    return wrk
