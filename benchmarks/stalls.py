"""Latency of small calls during large bodies, compared with S under the same load."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from http.client import HTTPConnection
from statistics import median

from omixa_mock.gateway.images import draw

from .bodies import SMALL, generate, large
from .load import Load, apply_load
from .rounds import Pace
from .servers import PATH, S, Server, fake_command, run
from .sockets import body_file

__all__ = ["HEAD", "LARGE_LOADS", "Stall", "line", "stalls"]

HEAD = (
    "| 16 at once | fake: median, p99, longest | S: median, p99, longest | fake: memory at the end |\n|---|---|---|---|"
)
# Seconds between two small calls.
PAUSE = 0.002
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Stall:
    """Latencies of small calls under a load, in milliseconds.

    Attributes:
        name: The load's name.
        fake: The latencies at the fake.
        yardstick: The latencies at S.
        memory: The fake's memory after the load, in MB.
    """

    name: str
    fake: tuple[float, ...]
    yardstick: tuple[float, ...]
    memory: float


@dataclass(frozen=True, slots=True)
class LargeLoad:
    """Load of large bodies.

    Attributes:
        body: The factory of the request's body.
        varied: True if every request differs.
        flags: The command-line flags of the fake.
        response_size: The length of the responses of S.
    """

    body: Callable[[], bytes]
    varied: bool = False
    flags: tuple[str, ...] = ()
    response_size: int = 1400


@cache
def of_20_mb() -> bytes:
    """Return a request body with one image, 20 MB long."""
    return generate(draw(bytes(12), width=1024, height=1024, output_format="png", weight=15_000_000))


@cache
def with_ten_images() -> bytes:
    """Return a request body with ten images of 2 MB each."""
    part = large()[large().index(b"[") + 1 : large().rindex(b"]")]
    return large().replace(part, b", ".join([part] * 10))


def for_ten_images() -> bytes:
    """Return a request body that asks for ten images."""
    return SMALL.replace(b'"prompt"', b'"n":10,"prompt"')


LARGE_LOADS = {
    "2 MB requests, every image different": LargeLoad(large, varied=True),
    "20 MB requests": LargeLoad(of_20_mb),
    "requests with 10 images of 2 MB": LargeLoad(with_ten_images),
    "responses with 10 images of 2 MB, every one different": LargeLoad(
        for_ten_images, varied=True, flags=("--weight=1500000",), response_size=20_000_000
    ),
}


def stalls(pace: Pace) -> Iterator[Stall]:
    """Measure the latency of small calls under each load."""
    for name, load in LARGE_LOADS.items():
        with run(fake_command(*load.flags)) as fake:
            latencies, memory = measure_latencies(fake, load, "/__omixa/health", pace), fake.memory()
        with run(S, f"/{load.response_size}") as s:
            yield Stall(name, latencies, measure_latencies(s, load, "/15", pace), memory)


def measure_latencies(server: Server, load: LargeLoad, path: str, pace: Pace) -> tuple[float, ...]:
    """Return the sorted latencies of small calls during a load, in milliseconds."""
    latencies: list[float] = []
    stop = threading.Event()
    method = "GET" if server.path == PATH else "POST"
    ping(server, method, path)  # the first call of its kind imports its handler
    small = threading.Thread(target=partial(ping_until, server, method, path, stop, latencies))
    with body_file(load.body()) as body:
        small.start()
        try:
            apply_load(server, Load(body, pace.scaled(CONNECTIONS), varied=load.varied), 3 * pace.seconds)
        finally:
            stop.set()
            small.join()
    return tuple(sorted(latencies))


def ping_until(server: Server, method: str, path: str, stop: threading.Event, latencies: list[float]) -> None:
    """Send small calls until the event is set."""
    while not stop.wait(PAUSE):
        latencies.append(ping(server, method, path))


def ping(server: Server, method: str, path: str) -> float:
    """Return the latency of one small call, in milliseconds."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.connect()
        begin = time.perf_counter()
        connection.request(method, path)
        connection.getresponse().read()
        return 1000 * (time.perf_counter() - begin)
    finally:
        connection.close()


def line(stall: Stall) -> str:
    """Return one line of the table."""
    latencies = f"{format_latencies(stall.fake)} | {format_latencies(stall.yardstick)}"
    return f"| {stall.name} | {latencies} | {stall.memory:.0f} MB |"


def format_latencies(latencies: tuple[float, ...]) -> str:
    """Return median, 99th percentile and maximum."""
    if not latencies:
        return "–"
    return f"{median(latencies):.1f}, {latencies[len(latencies) * 99 // 100]:.0f}, {latencies[-1]:.0f} ms"
