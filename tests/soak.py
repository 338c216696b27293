"""All faults at once, for half a minute: `make soak`, or `python tests/soak.py --seconds 300`.

One server process and 200 concurrent clients. Most have a plan each, in which every other
call fails: each fault of the catalogue at each of its moments. The rest are undisturbed. All
change their key every few calls; then the old key's books are checked and its workspace is closed.
It prints a report, and ends with 1 where it found something. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from omixa_mock.gateway import CATALOGUE, Fault, read_fault

START = Decimal(100)
# Faults by which a client gets no whole response; all others say their name in a header.
SEVERING = {"hang", "no_response", "reset", "reset_in_body", "truncated", "malformed_chunk", "garbage"}
CALLS_PER_KEY = 4
# Between two calls of a client: so that the server is busy, and not behind.
PAUSES = (0.3, 1.2)
# Long enough for a request to reach its plan on a busy machine; whoever is not to hang waits longer.
HANG_PATIENCE, PATIENCE = 3.0, 60.0
SETTLING = 20.0
# Seconds before the memory is looked at: each journal fills up to the last call of its key, and the allocator warms up.
WARM_UP = 10.0
# How much more memory the second half may take, by the median, than the first.
TOLERANCE = 0.05
REQUESTS = [
    {"model": "gpt-image-1.5", "prompt": f"soak {output_format}", "output_format": output_format, "size": size, "n": n}
    for output_format, size, n in [("png", "1024x1024", 2), ("webp", "1024x1536", 3), ("jpeg", "1536x1024", 1)]
]


def planned() -> list[Fault]:
    """Every fault at each of its moments."""
    with_duration = {"delay": "100ms", "drip": "200ms"}
    faults = [read_fault(name).at(moment) for name, kind in CATALOGUE.items() for moment in kind.moments]
    return [
        fault.with_duration(with_duration[fault.name]) if fault.name in with_duration else fault for fault in faults
    ]


@dataclass
class Report:
    """What the run has seen so far."""

    findings: list[str] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    undisturbed: int = 0
    between: int = 0
    wallets: int = 0
    captured: Decimal = Decimal(0)
    latencies: list[float] = field(default_factory=list)


@dataclass
class Expected:
    """What an order gets when nothing disturbs it."""

    body: bytes
    price: Decimal


class Client:
    """One client, with a plan or without."""

    def __init__(self, number: int, url: str, fault: Fault | None, expected: list[Expected], report: Report) -> None:
        self.number = number
        self.url = url
        self.fault = fault
        self.image_request = REQUESTS[number % len(REQUESTS)]
        self.expected = expected[number % len(REQUESTS)]
        self.report = report
        self.random = random.Random(number)

    async def run(self, until: float) -> None:
        """Call until the time has come, with a new key every few calls."""
        async with open_session() as session:
            await asyncio.sleep(self.random.uniform(0, PAUSES[1]))
            for round_number in itertools.count():
                key = f"omx_live_soak_{self.number}_{round_number}"
                await self._use_key(session, key, until)
                if time.monotonic() >= until:
                    return

    async def _use_key(self, session: aiohttp.ClientSession, key: str, until: float) -> None:
        auth = {"Authorization": f"Bearer {key}"}
        if self.fault:
            await control(session, "POST", self.url, "faults", auth, {"fail": [str(self.fault), "ok"], "times": None})
        owed, calls = Decimal(0), 0
        while calls < CALLS_PER_KEY and time.monotonic() < until:
            struck = self.fault if calls % 2 == 0 else None
            told = await self._order(session, auth, struck)
            if told:
                self.report.findings.append(f"{self._name(key)}, call {calls + 1}: {told}")
            owed += self.expected.price if struck is None or is_charged(struck) else 0
            calls += 1
            await asyncio.sleep(self.random.uniform(*PAUSES))
        await self._check_books(session, auth, key, calls, owed)

    async def _order(self, session: aiohttp.ClientSession, auth: dict[str, str], struck: Fault | None) -> str:
        """Place an order; says what was wrong with what came."""
        read_timeout = aiohttp.ClientTimeout(total=HANG_PATIENCE if struck and struck.name == "hang" else PATIENCE)
        begin = time.monotonic()
        try:
            async with session.post(
                f"{self.url}/api/v1/images/generations", json=self.image_request, headers=auth, timeout=read_timeout
            ) as response:
                body, named = await response.read(), response.headers.get("X-Omixa-Mock-Fault", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            if struck is not None and struck.name in SEVERING:
                self.report.struck[str(struck)] += 1
                return ""
            return f"{type(error).__name__}: {error}"
        if struck is not None:
            self.report.struck[str(struck)] += 1
            return "" if named == str(struck) else f"{struck} did not strike: {response.status} {named!r}"
        if self.fault:
            self.report.between += 1
        else:
            self.report.undisturbed += 1
            self.report.latencies.append(time.monotonic() - begin)
        right = response.status == 200 and not named and body == self.expected.body
        return "" if right else f"it was to be undisturbed: {response.status} {named!r}, {len(body):,} bytes"

    async def _check_books(
        self, session: aiohttp.ClientSession, auth: dict[str, str], key: str, calls: int, owed: Decimal
    ) -> None:
        """Compare a key's wallet and plan with what this client knows, and close its workspace."""
        patient_until = time.monotonic() + SETTLING
        while True:
            told = await control(session, "GET", self.url, "workspace", auth)
            if told["under_way"] == 0 or time.monotonic() > patient_until:
                break
            await asyncio.sleep(0.05)
        client = {name: Decimal(told[name]) for name in ("balance", "held", "captured")}
        wanted = {"balance": START - owed, "held": Decimal(0), "captured": owed}
        if client != wanted:
            self.report.findings.append(f"{self._name(key)}: the wallet has {client}, expected {wanted}")
        if told["under_way"] or told["calls"] != calls:
            self.report.findings.append(
                f"{self._name(key)}: {told['under_way']} calls are under way, {told['calls']} came of {calls}"
            )
        fired = [run["fired"] for run in told["plans"]]
        if fired != ([calls] if self.fault else []):
            self.report.findings.append(f"{self._name(key)}: the plan took {fired} of {calls} calls")
        self.report.wallets += 1
        self.report.captured += client["captured"]
        await control(session, "DELETE", self.url, "workspace", auth)

    def _name(self, key: str) -> str:
        return f"{key} ({self.fault or 'undisturbed'})"


def is_charged(fault: Fault) -> bool:
    """Whether a call that a fault strikes is charged."""
    return fault.applies_at("after_capture") or not fault.loses


@asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session whose bodies are as they came, gzip or not."""
    async with aiohttp.ClientSession(
        auto_decompress=False, timeout=aiohttp.ClientTimeout(total=PATIENCE), trust_env=False
    ) as session:
        yield session


async def control(
    session: aiohttp.ClientSession, method: str, url: str, path: str, auth: dict[str, str], body: Any = None
) -> Any:
    """What a control route answers."""
    async with session.request(method, f"{url}/__omixa/{path}", json=body, headers=auth) as response:
        response.raise_for_status()
        return await response.json()


class Process:
    """A server process, as the kernel sees it."""

    def __init__(self, pid: int, url: str) -> None:
        self.pid = pid
        self.url = url

    @property
    def rss(self) -> float:
        """Resident memory in MB."""
        [line] = [row for row in Path(f"/proc/{self.pid}/status").read_text().splitlines() if row.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def files(self) -> int:
        """Open files, sockets among them."""
        return len([*Path(f"/proc/{self.pid}/fd").iterdir()])

    @property
    def threads(self) -> int:
        """Threads."""
        return len([*Path(f"/proc/{self.pid}/task").iterdir()])


@contextmanager
def serve() -> Iterator[Process]:
    """`omixa-mock serve` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "url")
        command = [
            str(Path(sys.executable).with_name("omixa-mock")),
            "serve",
            "--port",
            "0",
            "--ready-file",
            str(ready),
        ]
        with subprocess.Popen(
            [*command, "--log", "none", "--balance", str(START)], stderr=subprocess.DEVNULL
        ) as server:
            try:
                while not ready.exists():
                    if server.poll() is not None:
                        sys.exit("the server did not start")
                    time.sleep(0.05)
                yield Process(server.pid, ready.read_text())
            finally:
                server.terminate()


async def learn(url: str) -> list[Expected]:
    """What each order gets when nothing disturbs it."""
    expected = []
    async with open_session() as session:
        auth = {"Authorization": "Bearer omx_live_soak_before"}
        for image_request in REQUESTS:
            async with session.post(f"{url}/api/v1/images/generations", json=image_request, headers=auth) as response:
                document = await response.json()
                expected.append(Expected(await response.read(), Decimal(document["usage"]["billed_amount"])))
    return expected


async def watch(server: Process, until: float) -> list[float]:
    """The memory of the server, twice a second."""
    samples = []
    await asyncio.sleep(WARM_UP)
    while time.monotonic() < until:
        samples.append(server.rss)
        await asyncio.sleep(0.5)
    return samples


async def wait_for_files(server: Process, files: int) -> None:
    """Wait until a server has closed what it opened since, if it does."""
    for _ in range(int(SETTLING / 0.1)):
        if server.files <= files:
            return
        await asyncio.sleep(0.1)


async def soak(server: Process, clients: int, seconds: float) -> int:
    """Run all clients; prints the report, and returns the exit code."""
    report, faults = Report(), planned()
    expected = await learn(server.url)
    await asyncio.sleep(0.5)
    files, threads = server.files, server.threads
    # A quarter is undisturbed.
    disturbed = clients * 3 // 4
    plans = [*itertools.islice(itertools.cycle(faults), disturbed), *[None] * (clients - disturbed)]
    begin, cpu = time.monotonic(), server.cpu
    crowd = [Client(number, server.url, fault, expected, report) for number, fault in enumerate(plans)]
    until = begin + WARM_UP + seconds
    watching = asyncio.create_task(watch(server, until))
    await asyncio.gather(*(client.run(until) for client in crowd))
    samples = await watching
    took, cpu = time.monotonic() - begin, server.cpu - cpu

    await wait_for_files(server, files)
    if server.files > files or server.threads > threads:
        report.findings.append(
            f"open files: {files} before, {server.files} after; threads: {threads} before, {server.threads} after"
        )
    first, second = samples[: len(samples) // 2], samples[len(samples) // 2 :]
    before, after = statistics.median(first), statistics.median(second)
    if after > before * (1 + TOLERANCE):
        report.findings.append(f"memory: {before:.1f} MB in the first half, {after:.1f} MB in the second")
    missing = [str(fault) for fault in faults if not report.struck[str(fault)]]
    if missing:
        report.findings.append(f"these struck nobody: {', '.join(missing)}")

    centiles = statistics.quantiles(report.latencies, n=100)
    calls = report.struck.total() + report.between + report.undisturbed
    tell(f"{clients} clients, {took:.1f} s, {calls:,} calls ({calls / took:.0f} a second)")
    tell(f"server      busy for {cpu:.1f} s")
    tell(f"faults      {report.struck.total():,} calls struck by {len(report.struck)} of {len(faults)}")
    tell(f"between     {report.between:,} calls of the same keys, undisturbed")
    told = f"median {centiles[49] * 1000:.0f} ms, 99 % within {centiles[98] * 1000:.0f} ms"
    tell(f"undisturbed {report.undisturbed:,} calls; {told}")
    tell(f"wallets     {report.wallets:,} checked, {report.captured} USD captured")
    tell(
        f"memory      {before:.1f} MB in the first half, {after:.1f} MB in the second, {max(samples):.1f} MB at most "
        f"(tolerance {TOLERANCE:.0%})"
    )
    tell(f"open files  {files} before, {server.files} after; threads {threads} before, {server.threads} after")
    for finding in report.findings[:20]:
        tell(f"FOUND: {finding}")
    tell(f"{len(report.findings)} findings")
    return 1 if report.findings else 0


def tell(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Read the arguments, and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200, help="80 or more, or not every fault has one")
    parser.add_argument("--seconds", type=float, default=30.0, help="after a warm-up of ten more")
    given = parser.parse_args()
    with serve() as server:
        return asyncio.run(soak(server, given.clients, given.seconds))


if __name__ == "__main__":
    sys.exit(main())
