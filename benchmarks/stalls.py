"""How long others wait while large bodies come and go: a small call of its own, beside S under the same load."""

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
from .load import Load, press
from .rounds import Pace
from .servers import PATH, S, Server, ours, run
from .sockets import filed

__all__ = ["HEAD", "WEIGHTS", "Stall", "line", "stalls"]

HEAD = (
    "| 16 at once | fake: median, p99, longest | S: median, p99, longest | fake: memory at the end |\n|---|---|---|---|"
)
# Seconds between two small calls.
PAUSE = 0.002
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Stall:
    """What small calls waited under a load, in milliseconds.

    Attributes:
        name: Of the load.
        fake: Beside the fake's load.
        yardstick: Beside that of S.
        memory: Of the fake, when the load has ended, in MB.
    """

    name: str
    fake: tuple[float, ...]
    yardstick: tuple[float, ...]
    memory: float


@dataclass(frozen=True, slots=True)
class Weight:
    """A load of large bodies.

    Attributes:
        body: Makes the request's body.
        varied: Whether every request is another.
        flags: Of the fake.
        answer: How many bytes S answers with.
    """

    body: Callable[[], bytes]
    varied: bool = False
    flags: tuple[str, ...] = ()
    answer: int = 1400


@cache
def of_20_mb() -> bytes:
    """An order with one image, 20 MB long."""
    return generate(draw(bytes(12), width=1024, height=1024, output_format="png", weight=15_000_000))


@cache
def of_ten() -> bytes:
    """An order with ten images of 2 MB each."""
    part = large()[large().index(b"[") + 1 : large().rindex(b"]")]
    return large().replace(part, b", ".join([part] * 10))


def of_ten_answers() -> bytes:
    """An order of ten images."""
    return SMALL.replace(b'"prompt"', b'"n":10,"prompt"')


WEIGHTS = {
    "2 MB requests, every image different": Weight(large, varied=True),
    "20 MB requests": Weight(of_20_mb),
    "requests with 10 images of 2 MB": Weight(of_ten),
    "answers with 10 images of 2 MB, every one different": Weight(
        of_ten_answers, varied=True, flags=("--weight=1500000",), answer=20_000_000
    ),
}


def stalls(pace: Pace) -> Iterator[Stall]:
    """What small calls waited under each load."""
    for name, weight in WEIGHTS.items():
        with run(ours(*weight.flags)) as fake:
            waited, memory = wait_beside(fake, weight, "/__omixa/health", pace), fake.memory()
        with run(S, f"/{weight.answer}") as s:
            yield Stall(name, waited, wait_beside(s, weight, "/15", pace), memory)


def wait_beside(server: Server, weight: Weight, path: str, pace: Pace) -> tuple[float, ...]:
    """Let small calls go beside a load; what each waited, in milliseconds."""
    waited: list[float] = []
    over = threading.Event()
    method = "GET" if server.path == PATH else "POST"
    knock(server, method, path)  # the first call of its kind imports what answers it
    small = threading.Thread(target=partial(keep_knocking, server, method, path, over, waited))
    with filed(weight.body()) as body:
        small.start()
        try:
            press(server, Load(body, pace.some(CONNECTIONS), varied=weight.varied), 3 * pace.seconds)
        finally:
            over.set()
            small.join()
    return tuple(sorted(waited))


def keep_knocking(server: Server, method: str, path: str, over: threading.Event, waited: list[float]) -> None:
    """Ask again and again until it is over."""
    while not over.wait(PAUSE):
        waited.append(knock(server, method, path))


def knock(server: Server, method: str, path: str) -> float:
    """What one small call takes, in milliseconds."""
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
    """One line of the table."""
    return f"| {stall.name} | {tell(stall.fake)} | {tell(stall.yardstick)} | {stall.memory:.0f} MB |"


def tell(waited: tuple[float, ...]) -> str:
    """Median, the slowest hundredth, and the longest."""
    return f"{median(waited):.1f}, {waited[len(waited) * 99 // 100]:.0f}, {waited[-1]:.0f} ms" if waited else "–"
