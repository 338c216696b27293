"""Runner of a client program: a process for each case, against one server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from omixa_mock.gateway import Gateway, Settings, with_changes
from omixa_mock.mock import LocalClient, OmixaMockServer
from omixa_mock.server import run_in_thread
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address
from omixa_mock.trials.cases import Case
from omixa_mock.trials.clock import CallClock
from omixa_mock.trials.evidence import Evidence, image_calls
from omixa_mock.trials.output_files import find_files_flaw, read_files
from omixa_mock.trials.process import run_process
from omixa_mock.trials.trial import Trial, make_trial

__all__ = ["Program", "TrialServer", "run_trials", "serve_trials"]


@dataclass(frozen=True, slots=True)
class Program:
    """Client program.

    Attributes:
        command: The command; `{url}`, `{key}` and `{cwd}` in it stand for the base URL, the API key and this folder.
        output: A glob pattern of the files that it writes, below its working folder; empty if nobody looks.
        openai: True if it reads the variables of OpenAI's SDKs.
        timeout: The seconds after which it counts as hung.
    """

    command: tuple[str, ...]
    output: str = ""
    openai: bool = False
    timeout: float = 30.0

    def words(self, url: str, key: str) -> list[str]:
        """Return the command for one case, with absolute paths: it runs in another folder."""
        values = {"{url}": url, "{key}": key, "{cwd}": str(Path.cwd())}
        return [absolute(word, is_program=number == 0) for number, word in enumerate(replace_all(self.command, values))]


def replace_all(words: Sequence[str], values: Mapping[str, str]) -> Iterator[str]:
    """Yield words with every placeholder replaced."""
    for word in words:
        for placeholder, value in values.items():
            word = word.replace(placeholder, value)  # noqa: PLW2901  # one placeholder after the other
        yield word


def absolute(word: str, *, is_program: bool) -> str:
    """Return a word of a command as an absolute path, if it names an existing file; a bare program is on PATH."""
    is_path = os.sep in word if is_program else Path(word).is_file() or (os.sep in word and Path(word).is_dir())
    return str(Path(word).absolute()) if is_path else word


@dataclass(frozen=True, slots=True)
class TrialServer:
    """Gateway on a socket, with a workspace for each case.

    Attributes:
        url: The server's URL.
        gateway: The gateway.
        clock: The times at which calls ended.
    """

    url: str
    gateway: Gateway
    clock: CallClock

    def mock(self, key: str) -> OmixaMockServer:
        """Return the mock of a key's workspace."""
        return OmixaMockServer(self.url, key, LocalClient(self.gateway, key), self.gateway)


@contextmanager
def serve_trials(settings: Mapping[str, object]) -> Iterator[TrialServer]:
    """Run the server during the block."""
    clock = CallClock()
    terms = with_changes(Settings(), settings)
    gateway = Gateway(shipped_contract(), terms, keys="any", now=time.time, on_call=clock.note)
    with run_in_thread(build_app(gateway, ControlPolicy()), gateway, Address()) as url:
        yield TrialServer(url, gateway, clock)


def run_trials(
    server: TrialServer, program: Program, cases: Sequence[Case], parallel: int, advance: Callable[[], object]
) -> Iterator[Trial]:
    """Yield a trial for each case, in the sequence of the cases; some run at the same time."""
    with TemporaryDirectory(prefix="omixa-mock-") as root, ThreadPoolExecutor(parallel) as pool:
        futures = [
            pool.submit(run_case, server, program, case, Path(root, str(number))) for number, case in enumerate(cases)
        ]
        for future in as_completed(futures):
            future.result()
            advance()
        yield from (future.result() for future in futures)


def run_case(server: TrialServer, program: Program, case: Case, folder: Path) -> Trial:
    """Run a program once, and return its trial."""
    folder.mkdir()
    mock = server.mock(f"omx_live_gauntlet_{case.name.replace(' ', '_')}")
    if case.plan:
        mock.plan(case.plan)
    variables = mock.env(openai=program.openai)
    began = time.monotonic()
    ending = run_process(program.words(mock.base_url, mock.api_key), folder, variables, program.timeout)
    seconds = time.monotonic() - began
    calls = image_calls(mock)
    flaw = None
    if program.output and ending.exit_code == 0:
        files = read_files(folder, program.output)
        flaw = find_files_flaw(files, calls) if files else f"no file matches {program.output}"
    times = server.clock.times(calls)
    return make_trial(Evidence(case, calls, times, seconds, ending.exit_code, ending.last_words, flaw))
