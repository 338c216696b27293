"""Soak test with all faults at once, half a minute long: `make soak`, or `python tests/soak.py --seconds 300`.

One server process serves 200 concurrent clients. Three quarters of them plan a fault for every other call: each fault
of the catalogue at each of its moments. The rest plan none. Every client changes its key every few calls. Then the old
key's wallet, journal and plan are checked, and its workspace is closed.
The script prints a report. It exits with 1 if it has findings. Linux only: it reads /proc.
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
# Faults that leave the client without a complete response; all others are named in a header of it.
ABORTING = {"hang", "no_response", "reset", "reset_in_body", "truncated", "malformed_chunk", "garbage"}
CALLS_PER_KEY = 4
# Seconds between two calls of a client: they keep the server busy, but not overloaded.
PAUSES = (0.3, 1.2)
# Read timeouts. That of a hang is long enough for a request to reach its plan on a busy machine.
HANG_TIMEOUT, TIMEOUT = 3.0, 60.0
# Seconds within which the server must finish its calls and close its files.
SETTLING = 20.0
# Seconds before the memory is measured: until then the journals fill up, and the allocator warms up.
WARM_UP = 10.0
# The tolerated growth of the median memory from the first half of the run to the second.
TOLERANCE = 0.05
REQUESTS = [
    {"model": "gpt-image-1.5", "prompt": f"soak {output_format}", "output_format": output_format, "size": size, "n": n}
    for output_format, size, n in [("png", "1024x1024", 2), ("webp", "1024x1536", 3), ("jpeg", "1536x1024", 1)]
]


def list_faults() -> list[Fault]:
    """Return every fault at each of its moments."""
    durations = {"delay": "100ms", "drip": "200ms"}
    faults = [read_fault(name).at(moment) for name, kind in CATALOGUE.items() for moment in kind.moments]
    return [fault.with_duration(durations[fault.name]) if fault.name in durations else fault for fault in faults]


@dataclass
class Report:
    """Counts and findings of the run so far."""

    findings: list[str] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)
    undisturbed: int = 0
    between: int = 0
    wallets: int = 0
    captured: Decimal = Decimal(0)
    latencies: list[float] = field(default_factory=list)


@dataclass
class Expected:
    """Response to a request without a fault."""

    body: bytes
    price: Decimal


class Client:
    """Client with or without a planned fault."""

    def __init__(self, number: int, url: str, fault: Fault | None, expected: list[Expected], report: Report) -> None:
        self.number = number
        self.url = url
        self.fault = fault
        self.image_request = REQUESTS[number % len(REQUESTS)]
        self.expected = expected[number % len(REQUESTS)]
        self.report = report
        self.random = random.Random(number)

    async def run(self, until: float) -> None:
        """Send requests until the given time, with a new key every few calls."""
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
            fault = self.fault if calls % 2 == 0 else None
            error = await self._request(session, auth, fault)
            if error:
                self.report.findings.append(f"{self._name(key)}, call {calls + 1}: {error}")
            owed += self.expected.price if fault is None or is_charged(fault) else 0
            calls += 1
            await asyncio.sleep(self.random.uniform(*PAUSES))
        await self._check_workspace(session, auth, key, calls, owed)

    async def _request(self, session: aiohttp.ClientSession, auth: dict[str, str], fault: Fault | None) -> str:
        """Send a request; return the error of its response, or an empty string."""
        read_timeout = aiohttp.ClientTimeout(total=HANG_TIMEOUT if fault and fault.name == "hang" else TIMEOUT)
        begin = time.monotonic()
        try:
            async with session.post(
                f"{self.url}/api/v1/images/generations", json=self.image_request, headers=auth, timeout=read_timeout
            ) as response:
                body, header = await response.read(), response.headers.get("X-Omixa-Mock-Fault", "")
        except (aiohttp.ClientError, TimeoutError) as error:
            if fault is not None and fault.name in ABORTING:
                self.report.injected[str(fault)] += 1
                return ""
            return f"{type(error).__name__}: {error}"
        if fault is not None:
            self.report.injected[str(fault)] += 1
            return "" if header == str(fault) else f"{fault} was not injected: {response.status} {header!r}"
        if self.fault:
            self.report.between += 1
        else:
            self.report.undisturbed += 1
            self.report.latencies.append(time.monotonic() - begin)
        undisturbed = response.status == 200 and not header and body == self.expected.body
        return "" if undisturbed else f"no fault was planned: {response.status} {header!r}, {len(body):,} bytes"

    async def _check_workspace(
        self, session: aiohttp.ClientSession, auth: dict[str, str], key: str, calls: int, owed: Decimal
    ) -> None:
        """Compare a key's wallet, journal and plan with this client's own counts, and close its workspace."""
        deadline = time.monotonic() + SETTLING
        while True:
            workspace = await control(session, "GET", self.url, "workspace", auth)
            if workspace["under_way"] == 0 or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.05)
        wallet = {name: Decimal(workspace[name]) for name in ("balance", "held", "captured")}
        expected = {"balance": START - owed, "held": Decimal(0), "captured": owed}
        if wallet != expected:
            self.report.findings.append(f"{self._name(key)}: the wallet has {wallet}, expected {expected}")
        under_way, arrived = workspace["under_way"], workspace["calls"]
        if under_way or arrived != calls:
            self.report.findings.append(
                f"{self._name(key)}: {under_way} calls are under way, {arrived} of {calls} arrived"
            )
        fired = [run["fired"] for run in workspace["plans"]]
        if fired != ([calls] if self.fault else []):
            self.report.findings.append(f"{self._name(key)}: the plan matched {fired} of {calls} calls")
        self.report.wallets += 1
        self.report.captured += wallet["captured"]
        await control(session, "DELETE", self.url, "workspace", auth)

    def _name(self, key: str) -> str:
        return f"{key} ({self.fault or 'undisturbed'})"


def is_charged(fault: Fault) -> bool:
    """Return True if a call with this fault is charged."""
    return fault.applies_at("after_capture") or not fault.loses


@asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session that does not decompress bodies."""
    async with aiohttp.ClientSession(
        auto_decompress=False, timeout=aiohttp.ClientTimeout(total=TIMEOUT), trust_env=False
    ) as session:
        yield session


async def control(
    session: aiohttp.ClientSession, method: str, url: str, path: str, auth: dict[str, str], body: Any = None
) -> Any:
    """Send a request to a control route; return the JSON of its response."""
    async with session.request(method, f"{url}/__omixa/{path}", json=body, headers=auth) as response:
        response.raise_for_status()
        return await response.json()


class Process:
    """Server process, measured through /proc."""

    def __init__(self, pid: int, url: str) -> None:
        self.pid = pid
        self.url = url

    @property
    def rss(self) -> float:
        """Return the resident memory in MB."""
        [line] = [row for row in Path(f"/proc/{self.pid}/status").read_text().splitlines() if row.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    @property
    def cpu(self) -> float:
        """Return the seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def files(self) -> int:
        """Return the number of open files, including sockets."""
        return len([*Path(f"/proc/{self.pid}/fd").iterdir()])

    @property
    def threads(self) -> int:
        """Return the number of threads."""
        return len([*Path(f"/proc/{self.pid}/task").iterdir()])


@contextmanager
def serve() -> Iterator[Process]:
    """Run `omixa-mock serve` in a process of its own."""
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


async def measure_expected(url: str) -> list[Expected]:
    """Return the response to each request without a fault."""
    expected = []
    async with open_session() as session:
        auth = {"Authorization": "Bearer omx_live_soak_before"}
        for image_request in REQUESTS:
            async with session.post(f"{url}/api/v1/images/generations", json=image_request, headers=auth) as response:
                document = await response.json()
                expected.append(Expected(await response.read(), Decimal(document["usage"]["billed_amount"])))
    return expected


async def watch(server: Process, until: float) -> list[float]:
    """Sample the memory of the server, twice a second."""
    samples = []
    await asyncio.sleep(WARM_UP)
    while time.monotonic() < until:
        samples.append(server.rss)
        await asyncio.sleep(0.5)
    return samples


async def wait_for_files(server: Process, files: int) -> None:
    """Wait until a server has at most so many files open, for a limited time."""
    for _ in range(int(SETTLING / 0.1)):
        if server.files <= files:
            return
        await asyncio.sleep(0.1)


async def soak(server: Process, clients: int, seconds: float) -> int:
    """Run all clients, print the report, and return the exit code."""
    report, faults = Report(), list_faults()
    expected = await measure_expected(server.url)
    await asyncio.sleep(0.5)
    files, threads = server.files, server.threads
    # A quarter of the clients has no fault.
    disturbed = clients * 3 // 4
    plans = [*itertools.islice(itertools.cycle(faults), disturbed), *[None] * (clients - disturbed)]
    begin, cpu = time.monotonic(), server.cpu
    all_clients = [Client(number, server.url, fault, expected, report) for number, fault in enumerate(plans)]
    until = begin + WARM_UP + seconds
    watching = asyncio.create_task(watch(server, until))
    await asyncio.gather(*(client.run(until) for client in all_clients))
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
    missing = [str(fault) for fault in faults if not report.injected[str(fault)]]
    if missing:
        report.findings.append(f"these were never injected: {', '.join(missing)}")

    centiles = statistics.quantiles(report.latencies, n=100)
    calls = report.injected.total() + report.between + report.undisturbed
    print_line(f"{clients} clients, {took:.1f} s, {calls:,} calls ({calls / took:.0f} a second)")
    print_line(f"server      busy for {cpu:.1f} s")
    print_line(f"faults      {report.injected.total():,} calls with {len(report.injected)} of {len(faults)} faults")
    print_line(f"between     {report.between:,} calls of the same keys, undisturbed")
    latency = f"median {centiles[49] * 1000:.0f} ms, 99 % within {centiles[98] * 1000:.0f} ms"
    print_line(f"undisturbed {report.undisturbed:,} calls; {latency}")
    print_line(f"wallets     {report.wallets:,} checked, {report.captured} USD captured")
    print_line(
        f"memory      {before:.1f} MB in the first half, {after:.1f} MB in the second, {max(samples):.1f} MB at most "
        f"(tolerance {TOLERANCE:.0%})"
    )
    print_line(f"open files  {files} before, {server.files} after; threads {threads} before, {server.threads} after")
    for finding in report.findings[:20]:
        print_line(f"FINDING: {finding}")
    print_line(f"{len(report.findings)} findings")
    return 1 if report.findings else 0


def print_line(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Run the soak test that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200, help="at least 80, so that every fault has a client")
    parser.add_argument("--seconds", type=float, default=30.0, help="duration after a warm-up of ten seconds")
    options = parser.parse_args()
    with serve() as server:
        return asyncio.run(soak(server, options.clients, options.seconds))


if __name__ == "__main__":
    sys.exit(main())
