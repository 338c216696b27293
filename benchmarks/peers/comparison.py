"""Comparison of the fake with each peer, at every job that the peer can do."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.bodies import IMAGE, SMALL, large
from benchmarks.goals import Figure
from benchmarks.in_process import intercepted, time_call
from benchmarks.load import Load
from benchmarks.rounds import Pace, interleave, ratios
from benchmarks.servers import Server, fake_command, post, run
from benchmarks.sockets import body_file, by_rate, compare

from .patched import PATCHED
from .served import PEERS

__all__ = ["HEAD", "JOBS", "Comparison", "compare_peers", "goals", "line"]

HEAD = "| peer | job | fake ÷ peer | min – max | note |\n|---|---|---|---|---|"
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Job:
    """Job of a peer.

    Attributes:
        body: The factory of the request's body.
        flags: The command-line flags of the fake.
    """

    body: Callable[[], bytes] = lambda: SMALL
    flags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of one peer at one job.

    Attributes:
        peer: The peer's name.
        job: The job's name.
        figure: The fake's speed divided by the peer's; without samples if the peer cannot do the job.
    """

    peer: str
    job: str
    figure: Figure


JOBS: Mapping[str, Job] = {
    "small": Job(),
    "2 MB response": Job(flags=[f"--weight={IMAGE}"]),
    "2 MB request": Job(large),
}
# The lines of the goal table that are about peers.
LINES: Mapping[tuple[str, str], str] = {
    ("Prism", "small"): "5 small",
    ("Prism", "2 MB response"): "5 response",
    ("Prism", "2 MB request"): "5 request",
    ("aimock", "small"): "6",
    ("pytest-httpserver", "2 MB response"): "7",
}


def compare_peers(pace: Pace) -> Iterator[Comparison]:
    """Measure every peer at every job."""
    for name, job in JOBS.items():
        with run(fake_command(*job.flags)) as fake:
            for peer in PEERS:
                yield Comparison(peer, name, compare_served(peer, name, fake, pace))
    for peer in PATCHED:
        yield Comparison(peer, "a call in process", compare_patched(peer, pace))


def compare_served(peer: str, name: str, fake: Server, pace: Pace) -> Figure:
    """Measure the requests per second of the fake and of a peer whose responses are as long."""
    line, body = LINES.get((peer, name), ""), JOBS[name].body()
    _, response = post(fake.port, fake.path, body)
    with tempfile.TemporaryDirectory() as folder, body_file(body) as file:
        command, path = PEERS[peer](Path(folder), response)
        try:
            with run(command, path) as server:
                return by_rate(line, *compare(fake, server, Load(file, CONNECTIONS), pace))
        except (RuntimeError, OSError) as error:
            return Figure(line, (), f"cannot: {' '.join(str(error).split())[:120]}")


def compare_patched(peer: str, pace: Pace) -> Figure:
    """Measure the fake and a peer that both patch this process."""
    with run(fake_command()) as fake:
        _, response = post(fake.port, fake.path, SMALL)
    contestants = {
        "fake": partial(intercepted, partial(time_call, seconds=pace.seconds)),
        "peer": partial(time_patched_call, peer, response, pace),
    }
    results = interleave(contestants, pace.rounds)
    fakes, peers = ([1e6 * seconds for seconds in results[name]] for name in ("fake", "peer"))
    return Figure("", ratios(peers, fakes), f"{median(fakes):.0f} and {median(peers):.0f} µs")


def time_patched_call(peer: str, response: bytes, pace: Pace) -> float:
    """Return the seconds of CPU time of a call that a peer intercepts."""
    with PATCHED[peer](response):
        return time_call(seconds=pace.seconds)


def goals(results: Sequence[Comparison]) -> list[Figure]:
    """Return the figures of the goal table, in its order."""
    figures = {result.figure.name: result.figure for result in results}
    return [figures[name] for name in LINES.values()]


def line(result: Comparison) -> str:
    """Return one line of the table of peers."""
    samples = result.figure.samples
    cells = [f"{result.figure.median:.2f}", f"{min(samples):.2f} – {max(samples):.2f}"] if samples else ["–", ""]
    return f"| {' | '.join([result.peer, result.job, *cells, result.figure.note])} |"
