"""Load on a server, made by wrk."""

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

__all__ = ["Load", "Pressed", "press"]

SCRIPT = Path(__file__).with_name("load.lua")
# Tells what one run of wrk varied from what another did: no request may come twice.
TURNS = itertools.count(1)
# Seconds in which any server answers something.
LONGEST = 20.0
NOTHING: Mapping[str, Any] = {"requests": 0}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk sends.

    Attributes:
        body: File with the request's body.
        connections: How many at once.
        varied: Whether every request is another.
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


def press(server: Server, load: Load, seconds: float) -> Pressed:
    """Put a load on a server for so many seconds; for longer, where no answer came in them.

    Raises:
        RuntimeError: A request was not answered as it should be: then no figure means anything.
    """
    result = run_wrk(server, load, seconds)
    if not result["requests"] and seconds < LONGEST:
        return press(server, load, 2 * seconds)
    expected = result["requests"] if load.refused else 0
    if not result["requests"] or result["broken"] or result["refused"] != expected:
        raise RuntimeError(f"{server.url} did not answer every request as it should: {result}")
    return Pressed(result["requests"] / result["seconds"], result["p99"])


def run_wrk(server: Server, load: Load, seconds: float) -> Mapping[str, Any]:
    """What wrk counted. It knows whole seconds only: less is what an interrupt is for, after which it still tells."""
    turn = str(next(TURNS)) if load.varied else "same"
    command = [
        find_wrk(), "--threads=1", f"--connections={load.connections}", f"--duration={math.ceil(seconds)}s",
        f"--script={SCRIPT}", "--timeout=30s", server.url, "--", str(load.body), turn,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
        try:
            told, _ = wrk.communicate(timeout=None if seconds == math.ceil(seconds) else seconds)
        except subprocess.TimeoutExpired:
            wrk.send_signal(signal.SIGINT)
            told, _ = wrk.communicate()
    if wrk.returncode == -signal.SIGINT:
        return NOTHING  # interrupted before it was ready for that
    if wrk.returncode:
        raise RuntimeError(f"wrk ended with {wrk.returncode}; it said: {told}")
    counted: dict[str, Any] = json.loads(told.splitlines()[-1])
    return counted


def find_wrk() -> str:
    """Where wrk is.

    Raises:
        RuntimeError: It is nowhere.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is not on this machine. To install it on Debian: make wrk")
    return wrk
