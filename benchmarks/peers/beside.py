"""The fake beside each peer, at every job that the peer can do."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.bodies import IMAGE, SMALL, large
from benchmarks.goals import Figure
from benchmarks.in_process import ask_for, intercepted
from benchmarks.load import Load
from benchmarks.rounds import Pace, interleave, ratios
from benchmarks.servers import Server, ours, post, run
from benchmarks.sockets import by_rate, duel, filed

from .patched import PATCHED
from .served import PEERS

__all__ = ["HEAD", "JOBS", "Beside", "beside", "goals", "line"]

HEAD = "| peer | job | fake ÷ peer | min – max | behind it |\n|---|---|---|---|---|"
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Job:
    """What a peer is to do.

    Attributes:
        body: Of the request.
        flags: That the fake is started with.
    """

    body: Callable[[], bytes] = lambda: SMALL
    flags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """The fake beside one peer at one job.

    Attributes:
        peer: Its name.
        job: Its name.
        figure: How many times as fast the fake is; without samples where the peer cannot do it.
    """

    peer: str
    job: str
    figure: Figure


JOBS: Mapping[str, Job] = {
    "small": Job(),
    "2 MB answer": Job(flags=[f"--weight={IMAGE}"]),
    "2 MB request": Job(large),
}
# The lines of the goal table that are about peers.
LINES: Mapping[tuple[str, str], str] = {
    ("Prism", "small"): "5 small",
    ("Prism", "2 MB answer"): "5 answer",
    ("Prism", "2 MB request"): "5 request",
    ("aimock", "small"): "6",
    ("pytest-httpserver", "2 MB answer"): "7",
}


def beside(pace: Pace) -> Iterator[Beside]:
    """Every peer at every job."""
    for name, job in JOBS.items():
        with run(ours(*job.flags)) as fake:
            for peer in PEERS:
                yield Beside(peer, name, served(peer, name, fake, pace))
    for peer in PATCHED:
        yield Beside(peer, "a call in process", patched(peer, pace))


def served(peer: str, name: str, fake: Server, pace: Pace) -> Figure:
    """Requests a second of the fake and of a peer that answers as much."""
    line, body = LINES.get((peer, name), ""), JOBS[name].body()
    _, answer = post(fake.port, fake.path, body)
    with tempfile.TemporaryDirectory() as folder, filed(body) as file:
        command, path = PEERS[peer](Path(folder), answer)
        try:
            with run(command, path) as other:
                return by_rate(line, *duel(fake, other, Load(file, CONNECTIONS), pace))
        except (RuntimeError, OSError) as error:
            return Figure(line, (), f"cannot: {' '.join(str(error).split())[:120]}")


def patched(peer: str, pace: Pace) -> Figure:
    """How often the fake answers in the time of one answer of a peer."""
    with run(ours()) as fake:
        _, answer = post(fake.port, fake.path, SMALL)
    contestants = {
        "fake": partial(intercepted, partial(ask_for, seconds=pace.seconds)),
        "peer": partial(asked, peer, answer, pace),
    }
    results = interleave(contestants, pace.rounds)
    fakes, peers = ([1e6 * each for each in results[name]] for name in ("fake", "peer"))
    return Figure("", ratios(peers, fakes), f"{median(fakes):.0f} and {median(peers):.0f} µs")


def asked(peer: str, answer: bytes, pace: Pace) -> float:
    """Seconds of CPU time that a call takes which a peer answers."""
    with PATCHED[peer](answer):
        return ask_for(seconds=pace.seconds)


def goals(results: Sequence[Beside]) -> list[Figure]:
    """Those that the goal table asks for, in its order."""
    found = {each.figure.name: each.figure for each in results}
    return [found[name] for name in LINES.values()]


def line(each: Beside) -> str:
    """One line of the table of peers."""
    samples = each.figure.samples
    told = [f"{each.figure.middle:.2f}", f"{min(samples):.2f} – {max(samples):.2f}"] if samples else ["–", ""]
    return f"| {' | '.join([each.peer, each.job, *told, each.figure.beside])} |"
