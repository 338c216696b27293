"""Rows about processes: how soon a server answers, how much memory it takes, what a live server costs a test."""

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
from .servers import HEADERS, PATH, S, Server, ours, run
from .yardsticks import S as APPLICATION

__all__ = ["MEASURES"]

# S answers so many bytes, which is what the fake does.
SIZE = "/1351"


@dataclass(frozen=True, slots=True)
class Uploads:
    """What a server is sent while its memory is watched.

    Attributes:
        number: How many requests.
        body: Of each.
        varied: Whether every one is another.
    """

    number: int
    body: Callable[[], bytes]
    varied: bool = False

    def bodies(self, number: int) -> Iterator[bytes]:
        """So many bodies."""
        body = self.body()
        for each in range(number):
            yield body.replace(MARK, b"%0*d" % (len(MARK), each)) if self.varied else body


UPLOADS: Mapping[str, Uploads] = {
    "9 small": Uploads(5000, lambda: SMALL),
    "9 small, varied": Uploads(5000, lambda: SMALL, varied=True),
    "9 large": Uploads(200, large),
    "9 large, varied": Uploads(200, large, varied=True),
}


def starting(pace: Pace) -> Iterator[Figure]:
    """From spawning to the first answer."""
    results = starts(pace.at_least(7))
    fake, s = ([1000 * server.started for server, _ in results[name]] for name in ("fake", "s"))
    yield Figure("8", ratios(fake, s), f"{median(fake):.0f} ÷ {median(s):.0f} ms")


def memory(pace: Pace) -> Iterator[Figure]:
    """The memory of an idle server, and by how much each kind of request lets it grow."""
    results = starts(pace.rounds)
    fake, s = ([taken for _, taken in results[name]] for name in ("fake", "s"))
    yield Figure("9 idle", ratios(fake, s), f"{median(fake):.1f} ÷ {median(s):.1f} MB")
    growths = {name: partial(grown, uploads, pace) for name, uploads in UPLOADS.items()}
    for name, samples in interleave(growths, pace.rounds).items():
        yield Figure(name, tuple(samples))


def starts(rounds: int) -> dict[str, list[tuple[Server, float]]]:
    """The fake and S, started and ended in turns."""
    return interleave({"fake": partial(start, ours(), PATH), "s": partial(start, S, SIZE)}, rounds)


def start(command: Sequence[str], path: str) -> tuple[Server, float]:
    """A server that was started and ended, and its memory after its first answer."""
    with run(command, path) as server:
        return server, server.memory()


def grown(uploads: Uploads, pace: Pace) -> float:
    """By how many MB a fresh fake grows, on one connection."""
    with run(ours()) as server:
        before = server.memory()
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        for body in uploads.bodies(pace.some(uploads.number)):
            send(connection, body)
        connection.close()
        return server.memory() - before


def send(connection: HTTPConnection, body: bytes) -> None:
    """Ask once on a connection that stays open.

    Raises:
        RuntimeError: The answer is no 200.
    """
    connection.request("POST", PATH, body, HEADERS)
    with connection.getresponse() as response:
        response.read()
        if response.status != 200:
            raise RuntimeError(f"the fake answered with {response.status}, and 200 was expected")


def living(pace: Pace) -> Iterator[Figure]:
    """A server for one test: the fake's, and uvicorn as it is commonly run."""
    contestants = {"fake": partial(with_duration, live_fake), "uvicorn": partial(with_duration, live_uvicorn)}
    results = interleave(contestants, pace.at_least(7))
    yield Figure("12", tuple(results["fake"]), f"uvicorn in a thread: {median(results['uvicorn']):.0f} ms")


def with_duration(live: Callable[[], None]) -> float:
    """How many milliseconds a call takes, by the clock: stopping is waiting."""
    begin = time.perf_counter()
    live()
    return 1000 * (time.perf_counter() - begin)


def live_fake() -> None:
    """Start the fake and stop it."""
    with omixa_mock.serve():
        pass


def live_uvicorn() -> None:
    """Start uvicorn in a thread, and stop it in the documented way."""
    config = uvicorn.Config(APPLICATION, port=0, lifespan="off", log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.0005)
    server.should_exit = True
    thread.join()


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {"8": starting, "9": memory, "12": living}
