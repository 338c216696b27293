"""Rows over a socket: requests a second, beside those of a server that does nothing but answer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from .bodies import IMAGE, SMALL, large, spoiled
from .goals import Figure
from .load import Load, Pressed, press
from .rounds import Pace, interleave, ratios
from .servers import B, S, Server, ours, post, run

__all__ = ["MEASURES", "by_rate", "duel", "filed"]


@dataclass(frozen=True, slots=True)
class Job:
    """What one row asks of both servers.

    Attributes:
        body: Of the request.
        flags: That the fake is started with.
        varied: Whether every request is another.
    """

    body: Callable[[], bytes] = lambda: SMALL
    flags: Sequence[str] = ()
    varied: bool = False


JOBS: Mapping[str, Job] = {
    "1": Job(),
    "1b": Job(varied=True),
    "2": Job(flags=[f"--weight={IMAGE}"]),
    "3": Job(large),
    "3b": Job(large, varied=True),
}


def throughput(row: str, pace: Pace) -> Iterator[Figure]:
    """The fake beside S, with one connection and with sixteen."""
    job = JOBS[row]
    with fake_beside_s(job) as (fake, s), filed(job.body()) as body:
        for connections in (1, 16):
            load = Load(body, connections, job.varied)
            yield by_rate(f"{row} c={connections}", *duel(fake, s, load, pace))


def bare(pace: Pace) -> Iterator[Figure]:
    """B beside S: how much of a small answer's time is the framework's."""
    with fake_beside_s(Job()) as (_, s), run(B, s.path) as b, filed(SMALL) as body:
        for connections in (1, 16):
            yield by_rate(f"B c={connections}", *duel(b, s, Load(body, connections), pace))


def slowest(pace: Pace) -> Iterator[Figure]:
    """How long the slowest hundredth of small requests takes."""
    with fake_beside_s(Job()) as (fake, s), filed(SMALL) as body:
        mine, theirs = ([each.p99 / 1000 for each in side] for side in duel(fake, s, Load(body, 16), pace))
        yield Figure("4", ratios(mine, theirs), f"{median(mine):.1f} ÷ {median(theirs):.1f} ms")


def refusing(pace: Pace) -> Iterator[Figure]:
    """How long it takes to refuse what is wrong at its very end, and how much is said about it."""
    with run(ours()) as fake, filed(spoiled()) as bad, filed(large()) as good:
        contestants = {
            "refused": partial(press, fake, Load(bad, refused=True), pace.seconds),
            # Others each time: what was accepted is known again without a look inside, what was refused is not.
            "accepted": partial(press, fake, Load(good, varied=True), pace.seconds),
        }
        took = {
            name: [1000 / each.rate for each in sides]
            for name, sides in interleave(contestants, pace.rounds).items()
        }  # fmt: skip
        _, told = post(fake.port, fake.path, spoiled())
    refused, accepted = took["refused"], took["accepted"]
    yield Figure("14", ratios(refused, accepted), f"{median(refused):.1f} ÷ {median(accepted):.1f} ms")
    yield Figure("14 size", (len(told),))


def duel(one: Server, other: Server, load: Load, pace: Pace) -> tuple[list[Pressed], list[Pressed]]:
    """What two servers do under the same load, in turns."""
    sides = {side: partial(press, server, load, pace.seconds) for side, server in (("one", one), ("other", other))}
    results = interleave(sides, pace.rounds)
    return results["one"], results["other"]


def by_rate(name: str, one: Sequence[Pressed], other: Sequence[Pressed]) -> Figure:
    """Requests a second against requests a second."""
    mine, theirs = [each.rate for each in one], [each.rate for each in other]
    return Figure(name, ratios(mine, theirs), f"{median(mine):,.0f} ÷ {median(theirs):,.0f} requests/s")


@contextmanager
def fake_beside_s(job: Job) -> Iterator[tuple[Server, Server]]:
    """The fake, and S answering as many bytes as the fake does."""
    with run(ours(*job.flags)) as fake:
        _, answer = post(fake.port, fake.path, job.body())
        with run(S, f"/{len(answer)}") as s:
            yield fake, s


@contextmanager
def filed(body: bytes) -> Iterator[Path]:
    """A body in a file, which is how wrk takes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "body.json")
        path.write_bytes(body)
        yield path


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {
    **{row: partial(throughput, row) for row in JOBS},
    "B": bare,
    "4": slowest,
    "14": refusing,
}
