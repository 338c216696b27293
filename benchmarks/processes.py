"""Benchmarks of processes: start time, memory, and the cost of a live server for a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from statistics import median

import uvicorn

import omixa_mock

from .bodies import MARK, SMALL, large
from .goals import Figure
from .rounds import Pace, interleave, ratios
from .servers import HEADERS, PATH, S, Server, fake_command, run
from .yardsticks import S as APPLICATION

__all__ = ["MEASURES"]

# S responds with as many bytes as the fake does.
SIZE = "/1351"


@dataclass(frozen=True, slots=True)
class Uploads:
    """Requests sent to a server while its memory is measured.

    Attributes:
        number: The number of requests.
        body: The factory of their body.
        varied: True if every request differs.
    """

    number: int
    body: Callable[[], bytes]
    varied: bool = False

    def bodies(self, number: int) -> Iterator[bytes]:
        """Yield the given number of bodies."""
        body = self.body()
        for index in range(number):
            yield body.replace(MARK, b"%0*d" % (len(MARK), index)) if self.varied else body


UPLOADS: Mapping[str, Uploads] = {
    "9 small": Uploads(5000, lambda: SMALL),
    "9 small, varied": Uploads(5000, lambda: SMALL, varied=True),
    "9 large": Uploads(200, large),
    "9 large, varied": Uploads(200, large, varied=True),
}


def measure_start(pace: Pace) -> Iterator[Figure]:
    """Measure the time from spawning a server to its first response."""
    results = start_both(pace.at_least(7))
    fake, s = ([1000 * server.started for server, _ in results[name]] for name in ("fake", "s"))
    yield Figure("8", ratios(fake, s), f"{median(fake):.0f} ÷ {median(s):.0f} ms")


def measure_memory(pace: Pace) -> Iterator[Figure]:
    """Measure the memory of an idle server, and its growth with each kind of request."""
    results = start_both(pace.rounds)
    fake, s = ([memory for _, memory in results[name]] for name in ("fake", "s"))
    yield Figure("9 idle", ratios(fake, s), f"{median(fake):.1f} ÷ {median(s):.1f} MB")
    growths = {name: partial(memory_growth, uploads, pace) for name, uploads in UPLOADS.items()}
    for name, samples in interleave(growths, pace.rounds).items():
        yield Figure(name, tuple(samples))


def start_both(rounds: int) -> dict[str, list[tuple[Server, float]]]:
    """Start and stop the fake and S in turns."""
    return interleave({"fake": partial(start, fake_command(), PATH), "s": partial(start, S, SIZE)}, rounds)


def start(command: Sequence[str], path: str) -> tuple[Server, float]:
    """Start and stop a server; return it, and its memory after its first response."""
    with run(command, path) as server:
        return server, server.memory()


def memory_growth(uploads: Uploads, pace: Pace) -> float:
    """Return the MB by which a fresh fake grows, on one connection."""
    with run(fake_command()) as server:
        before = server.memory()
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        for body in uploads.bodies(pace.scaled(uploads.number)):
            send(connection, body)
        connection.close()
        return server.memory() - before


def send(connection: HTTPConnection, body: bytes) -> None:
    """Send a request on a connection that stays open.

    Raises:
        RuntimeError: The status is not 200.
    """
    connection.request("POST", PATH, body, HEADERS)
    with connection.getresponse() as response:
        response.read()
        if response.status != 200:
            raise RuntimeError(f"expected a 200 from the fake, got {response.status}")


def measure_live_server(pace: Pace) -> Iterator[Figure]:
    """Measure a server for one test: the fake's, and uvicorn in a thread."""
    contestants = {
        "fake": partial(milliseconds, start_and_stop_fake),
        "uvicorn": partial(milliseconds, start_and_stop_uvicorn),
    }
    results = interleave(contestants, pace.at_least(7))
    yield Figure("12", tuple(results["fake"]), f"uvicorn in a thread: {median(results['uvicorn']):.0f} ms")


def milliseconds(call: Callable[[], None]) -> float:
    """Return the milliseconds of wall-clock time of a call, since stopping a server means waiting."""
    begin = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begin)


def start_and_stop_fake() -> None:
    """Start and stop a fake server."""
    with omixa_mock.serve():
        pass


def start_and_stop_uvicorn() -> None:
    """Start uvicorn in a thread, and stop it as its documentation shows."""
    config = uvicorn.Config(APPLICATION, port=0, lifespan="off", log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.0005)
    server.should_exit = True
    thread.join()


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {
    "8": measure_start,
    "9": measure_memory,
    "12": measure_live_server,
}
