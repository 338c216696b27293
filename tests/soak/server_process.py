"""Server in a process of its own, measured through /proc."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

# Seconds within which the server must close its files.
SETTLING = 20.0
# Seconds before the memory is measured: until then the allocator warms up.
WARM_UP = 10.0
# The tolerated growth of the median memory from the first half of the run to the second.
TOLERANCE = 0.05
SAMPLES_MIN = 20
COMMAND = ("-c", "from omixa_mock.cli import main; main()", "serve", "--port", "0", "--log", "none")


@dataclass(frozen=True)
class ServerProcess:
    """Running server."""

    pid: int
    port: int

    @property
    def rss(self) -> float:
        """Return the resident memory in MB."""
        [line] = [row for row in Path(f"/proc/{self.pid}/status").read_text().splitlines() if row.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    @property
    def files(self) -> int:
        """Return the number of open files, including sockets."""
        return len([*Path(f"/proc/{self.pid}/fd").iterdir()])

    @property
    def threads(self) -> int:
        """Return the number of threads."""
        return len([*Path(f"/proc/{self.pid}/task").iterdir()])


@contextmanager
def serve() -> Iterator[ServerProcess]:
    """Run `omixa-mock serve` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "url")
        command = [sys.executable, *COMMAND, "--ready-file", str(ready)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            try:
                while not (ready.exists() and ready.read_text()):
                    if server.poll() is not None:
                        sys.exit("the server did not start")
                    time.sleep(0.05)
                yield ServerProcess(server.pid, urlsplit(ready.read_text()).port or 0)
            finally:
                server.terminate()


async def sample_memory(server: ServerProcess, samples: list[float]) -> None:
    """Append the memory of a server twice a second, until cancelled."""
    await asyncio.sleep(WARM_UP)
    while True:
        samples.append(server.rss)
        await asyncio.sleep(0.5)


def describe_memory(samples: Sequence[float]) -> tuple[str, list[str]]:
    """Return the memory in both halves of a run, and a finding if it grew; a short run shows nothing."""
    if len(samples) < SAMPLES_MIN:
        return "memory not measured: the run was too short", []
    half = len(samples) // 2
    before, after = statistics.median(samples[:half]), statistics.median(samples[half:])
    text = f"memory {before:.1f} MB in the first half, {after:.1f} MB in the second, {max(samples):.1f} MB at most"
    return text, [f"it grew: {text}"] if after > before * (1 + TOLERANCE) else []


async def describe_files(server: ServerProcess, files: int, threads: int) -> tuple[str, list[str]]:
    """Return the open files and threads before and after a run, and a finding if there are more of them."""
    for _ in range(int(SETTLING / 0.1)):
        if server.files <= files:
            break
        await asyncio.sleep(0.1)
    text = f"open files {files} before, {server.files} after; threads {threads} before, {server.threads} after"
    return text, [text] if server.files > files or server.threads > threads else []
