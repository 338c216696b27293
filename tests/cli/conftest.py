"""What the tests of the command share: the command in this process, and as a process of its own."""

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

PATIENCE = 20
COMMAND = (sys.executable, "-W", "error", "-c", "from omixa_mock.cli import main; main()")
LAST_LINE_OF_BANNER = "Ctrl-C ends it."


class Serving:
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
        """The next line of standard error."""
        line = self._lines.get(timeout=PATIENCE)
        assert line != "(end)", "the command ended before its banner"
        return line

    def field(self, name: str) -> str:
        """What the banner says beside a name."""
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
        """Order images."""
        return httpx.post(
            f"{self.base_url}/images/generations",
            json={"model": "gpt-image-1.5", "prompt": "a cat", **members},
            headers={"Authorization": f"Bearer {key or self.key}"},
            trust_env=False,
            verify=False,
        )

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal; gives its exit code."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)

    def log(self) -> list[str]:
        """End it; gives the lines that came after the banner."""
        self.stop()
        self._reader.join(PATIENCE)
        return list(self._lines.queue)[:-1]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Serving]]:
    """Starts `omixa-mock serve --port 0` with more arguments, and waits for its banner."""
    yield from starting()


def starting() -> Iterator[Callable[..., Serving]]:
    """What starts servers, and closes them in the end."""
    started = []

    def start(*arguments: str) -> Serving:
        started.append(Serving("--port", "0", *arguments))
        return started[-1]

    yield start
    for serving in started:
        serving.close()


@pytest.fixture(scope="module")
def start_once() -> Iterator[Callable[..., Serving]]:
    """As `start`, for a server that the tests of a module share."""
    yield from starting()


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    """`omixa-mock serve` without more arguments, for tests that leave it as it was."""
    serving = Serving("--port", "0")
    yield serving
    serving.close()


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    """Runs the command in this process."""

    def run(*arguments: str | Path, **options: Any) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)

    return run


@pytest.fixture(scope="session")
def error_of() -> Callable[[Result], str]:
    """The message of a usage error, on one line."""

    def error_of(result: Result) -> str:
        assert result.exit_code == 2, result.output
        return re.sub(r"\s+", " ", result.stderr.partition("Error: ")[2]).strip()

    return error_of
