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

from omixa_mock.gateway import Call, Gateway, Settings, with_changes
from omixa_mock.mock import LocalClient, OmixaMockServer
from omixa_mock.server import run_in_thread
from omixa_mock.shipped import shipped_contract
from omixa_mock.transports.app import build_app
from omixa_mock.transports.control import ControlPolicy
from omixa_mock.transports.listen import Address
from omixa_mock.trials.cases import Case, seed_of
from omixa_mock.trials.clock import CallClock
from omixa_mock.trials.evidence import Evidence, image_calls
from omixa_mock.trials.output_files import find_files_flaw, read_files
from omixa_mock.trials.process import RunningProcesses, run_process
from omixa_mock.trials.trial import Trial, make_trial

__all__ = ["Program", "TrialServer", "run_trials", "serve_trials"]

IMAGES = (".png", ".jpg", ".jpeg", ".webp")
STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Program:
    """Client program.

    Attributes:
        command: The command; `{url}`, `{key}` and `{cwd}` in it stand for the base URL, the API key and this folder.
        output: A glob pattern of the files that it writes, below its working folder; `-` for its standard output;
            empty if nobody looks.
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
        program, *arguments = replace_all(self.command, values)
        script = next((number for number, word in enumerate(arguments) if may_be_script(word)), None)
        if script is not None:
            # Only the first: another file may be one that the client writes, in its own folder.
            arguments[script] = str(Path(arguments[script]).absolute())
        return [str(Path(program).absolute()) if os.sep in program else program, *arguments]


def replace_all(words: Sequence[str], values: Mapping[str, str]) -> Iterator[str]:
    """Yield words with every placeholder replaced."""
    for word in words:
        for placeholder, value in values.items():
            word = word.replace(placeholder, value)  # noqa: PLW2901  # one placeholder after the other
        yield word


@dataclass(frozen=True, slots=True)
class TrialServer:
    """Gateway on a socket, with a workspace for each case.

    Attributes:
        url: The server's URL.
        gateway: The gateway.
        clock: The times at which calls began and ended.
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
    gateway = Gateway(shipped_contract(), terms, keys="any", now=time.time, on_start=clock.start, on_call=clock.end)
    with run_in_thread(build_app(gateway, ControlPolicy()), gateway, Address()) as url:
        yield TrialServer(url, gateway, clock)


def may_be_script(word: str) -> bool:
    """Return True if a word of a command names an existing file, and no image, which the client may write."""
    try:
        return Path(word).is_file() and not word.lower().endswith(IMAGES)
    except (OSError, ValueError):
        return False  # a script of some length, or with NUL in it


def run_trials(
    server: TrialServer, program: Program, cases: Sequence[Case], parallel: int, advance: Callable[[], object]
) -> Iterator[Trial]:
    """Yield a trial for each case, in the sequence of the cases; some run at the same time."""
    pool, running = ThreadPoolExecutor(parallel), RunningProcesses()
    try:
        futures = [pool.submit(run_case, server, program, case, running) for case in cases]
        for future in as_completed(futures):
            future.result()
            advance()
        yield from (future.result() for future in futures)
    except BaseException:
        running.end_all()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def run_case(server: TrialServer, program: Program, case: Case, running: RunningProcesses) -> Trial:
    """Run a program once, and return its trial."""
    mock = server.mock(f"omx_live_gauntlet_{case.name.replace(' ', '_')}")
    mock.configure(seed=seed_of(case))
    if case.plan:
        mock.plan(case.plan)
    variables = mock.env(openai=program.openai)
    with TemporaryDirectory(prefix="omixa-mock-", ignore_cleanup_errors=True) as root:
        folder = Path(root, "work")
        folder.mkdir()
        words, output = program.words(mock.base_url, mock.api_key), output_file(program, folder)
        began = time.monotonic()
        ending = run_process(words, folder, variables, program.timeout, running, output=output)
        seconds = time.monotonic() - began
        calls = image_calls(mock)
        flaw = find_output_flaw(program, folder, calls) if program.output and ending.exit_code == 0 else None
    spans = server.clock.spans(calls)
    return make_trial(Evidence(case, calls, spans, seconds, ending.exit_code, ending.last_words, flaw))


def output_file(program: Program, folder: Path) -> Path:
    """Return the file that gets the standard output of a run: one beside its folder, or none."""
    return folder.parent / "stdout" if program.output == STANDARD_OUTPUT else Path(os.devnull)


def find_output_flaw(program: Program, folder: Path, calls: Sequence[Call]) -> str:
    """Return what is wrong with the images that a run wrote; empty if nothing is."""
    try:
        if program.output == STANDARD_OUTPUT:
            files = {"its standard output": output_file(program, folder).read_bytes()}
        else:
            files = read_files(folder, program.output)
    except OSError as error:
        return f"{program.output} cannot be read: {error.strerror}"
    return find_files_flaw(files, calls) if files else f"no file matches {program.output}"
