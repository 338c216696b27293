"""Benchmarks over a socket: requests per second, compared with a server of canned responses."""

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
from .load import Load, LoadResult, apply_load
from .rounds import Pace, interleave, ratios
from .servers import B, S, Server, fake_command, post, run

__all__ = ["MEASURES", "body_file", "by_rate", "compare"]


@dataclass(frozen=True, slots=True)
class Job:
    """Load of one row, the same for both servers.

    Attributes:
        body: The factory of the request's body.
        flags: The command-line flags of the fake.
        varied: True if every request differs.
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


def measure_throughput(row: str, pace: Pace) -> Iterator[Figure]:
    """Measure the fake and S, with one connection and with sixteen."""
    job = JOBS[row]
    with fake_and_s(job) as (fake, s), body_file(job.body()) as body:
        for connections in (1, 16):
            load = Load(body, connections, job.varied)
            yield by_rate(f"{row} c={connections}", *compare(fake, s, load, pace))


def measure_bare_asgi(pace: Pace) -> Iterator[Figure]:
    """Measure B and S: the framework's share of a small response's time."""
    with fake_and_s(Job()) as (_, s), run(B, s.path) as b, body_file(SMALL) as body:
        for connections in (1, 16):
            yield by_rate(f"B c={connections}", *compare(b, s, Load(body, connections), pace))


def measure_tail_latency(pace: Pace) -> Iterator[Figure]:
    """Measure the 99th percentile of the latency of small requests."""
    with fake_and_s(Job()) as (fake, s), body_file(SMALL) as body:
        results = compare(fake, s, Load(body, 16), pace)
        mine, theirs = ([result.p99 / 1000 for result in side] for side in results)
        yield Figure("4", ratios(mine, theirs), f"{median(mine):.1f} ÷ {median(theirs):.1f} ms")


def measure_refusal(pace: Pace) -> Iterator[Figure]:
    """Measure the refusal of a body that is wrong at its very end: its time, and its size."""
    with run(fake_command()) as fake, body_file(spoiled()) as bad, body_file(large()) as good:
        contestants = {
            "refused": partial(apply_load, fake, Load(bad, refused=True), pace.seconds),
            # Different bodies: an accepted body is cached, a refused one is not.
            "accepted": partial(apply_load, fake, Load(good, varied=True), pace.seconds),
        }
        times = {
            name: [1000 / result.rate for result in results]
            for name, results in interleave(contestants, pace.rounds).items()
        }  # fmt: skip
        _, refusal = post(fake.port, fake.path, spoiled())
    refused, accepted = times["refused"], times["accepted"]
    yield Figure("14", ratios(refused, accepted), f"{median(refused):.1f} ÷ {median(accepted):.1f} ms")
    yield Figure("14 size", (len(refusal),))


def compare(first: Server, second: Server, load: Load, pace: Pace) -> tuple[list[LoadResult], list[LoadResult]]:
    """Put the same load on two servers in turns; return the results of each."""
    servers = {"first": first, "second": second}
    sides = {name: partial(apply_load, server, load, pace.seconds) for name, server in servers.items()}
    results = interleave(sides, pace.rounds)
    return results["first"], results["second"]


def by_rate(name: str, first: Sequence[LoadResult], second: Sequence[LoadResult]) -> Figure:
    """Return the ratio of two servers' requests per second."""
    mine, theirs = [result.rate for result in first], [result.rate for result in second]
    return Figure(name, ratios(mine, theirs), f"{median(mine):,.0f} ÷ {median(theirs):,.0f} requests/s")


@contextmanager
def fake_and_s(job: Job) -> Iterator[tuple[Server, Server]]:
    """Yield the fake, and S with responses of the same length."""
    with run(fake_command(*job.flags)) as fake:
        _, body = post(fake.port, fake.path, job.body())
        with run(S, f"/{len(body)}") as s:
            yield fake, s


@contextmanager
def body_file(body: bytes) -> Iterator[Path]:
    """Yield a file with a body, as wrk needs it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "body.json")
        path.write_bytes(body)
        yield path


MEASURES: Mapping[str, Callable[[Pace], Iterator[Figure]]] = {
    **{row: partial(measure_throughput, row) for row in JOBS},
    "B": measure_bare_asgi,
    "4": measure_tail_latency,
    "14": measure_refusal,
}
