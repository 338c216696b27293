"""Fixtures that run the command in this process, or as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from omixa_mock.cli import main

TIMEOUT = 20
COMMAND = (sys.executable, "-W", "error", "-c", "from omixa_mock.cli import main; main()")
LAST_LINE_OF_BANNER = "Ctrl-C ends it."


class ServeProcess:
    """`omixa-mock serve` as a process, from its banner to its end."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.banner = list(iter(self.line, LAST_LINE_OF_BANNER))

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("(end)")

    def line(self) -> str:
        """Return the next line of standard error."""
        line = self._lines.get(timeout=TIMEOUT)
        assert line != "(end)", "the command ended before its banner"
        return line

    def field(self, name: str) -> str:
        """Return the value beside a name in the banner."""
        return next(line.strip().removeprefix(name).strip() for line in self.banner if line.strip().startswith(name))

    @property
    def base_url(self) -> str:
        return self.field("base URL")

    @property
    def url(self) -> str:
        return self.base_url.removesuffix("/api/v1")

    @property
    def key(self) -> str:
        return self.field("API key").split()[0]

    def generate(self, key: str | None = None, **members: Any) -> httpx.Response:
        """Request images."""
        return httpx.post(
            f"{self.base_url}/images/generations",
            json={"model": "gpt-image-1.5", "prompt": "a cat", **members},
            headers={"Authorization": f"Bearer {key or self.key}"},
            trust_env=False,
            verify=False,
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the process by a signal, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)

    def log(self) -> list[str]:
        """End the process, and return the lines after the banner."""
        self.stop()
        self._reader.join(TIMEOUT)
        return list(self._lines.queue)[:-1]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def start() -> Iterator[Callable[..., ServeProcess]]:
    """Return a function that starts `omixa-mock serve --port 0` and waits for its banner."""
    processes = []

    def start(*arguments: str) -> ServeProcess:
        processes.append(ServeProcess("--port", "0", *arguments))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


@pytest.fixture(scope="module")
def served() -> Iterator[ServeProcess]:
    """Run `omixa-mock serve` with its defaults, shared by tests that do not change it."""
    process = ServeProcess("--port", "0")
    yield process
    process.close()


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    """Return a function that runs the command in this process."""

    def run(*arguments: str | Path, **options: Any) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)

    return run


@pytest.fixture(scope="session")
def error_of() -> Callable[[Result], str]:
    """Return a function that extracts the message of a usage error, on one line."""

    def error_of(result: Result) -> str:
        assert result.exit_code == 2, result.output
        return re.sub(r"\s+", " ", result.stderr.partition("Error: ")[2]).strip()

    return error_of
