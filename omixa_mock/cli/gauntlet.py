"""The command `gauntlet`: a verdict on any client, in any language."""

from __future__ import annotations

import difflib
import math
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from omixa_mock.gateway import SettingError
from omixa_mock.kit.atomic_write import write_atomically
from omixa_mock.kit.output_file import write_output
from omixa_mock.profile import read_profile
from omixa_mock.program_trials import Program, TrialServer, run_trials, serve_trials
from omixa_mock.trials.allowances import Allowance, read_allowances
from omixa_mock.trials.cases import HEALTHY, Case, choose_cases
from omixa_mock.trials.formats import FORMATS, format_summary, render_golden
from omixa_mock.trials.report import GauntletReport
from omixa_mock.trials.trial import Trial

__all__ = ["gauntlet"]

ALLOWANCES = Path("gauntlet.toml")
FILE = click.Path(dir_okay=False, path_type=Path)
# A closed terminal sends the second one; Windows has none.
SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class NoBaseline(click.ClickException):
    """Client that does not do its work without any fault."""

    exit_code = 3


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", metavar="-- CMD...", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--output",
    "pattern",
    default="",
    metavar="PATTERN",
    help='Files that CMD writes, for instance "out*.png"; - for its standard output.',
)
@click.option("--openai", is_flag=True, help="Set OPENAI_BASE_URL and OPENAI_API_KEY as well.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=30, show_default=True, help="Seconds for one run of CMD."
)
@click.option(
    "-j",
    "parallel",
    type=click.IntRange(1, 64),
    default=os.cpu_count() or 1,
    show_default="processors",
    help="Runs at the same time.",
)
@click.option("-k", "only", metavar="WORDS", help='Only cases whose names have these words: "reset or 503".')
@click.option("--faults", metavar="NAMES", help="Only these faults, separated by commas.")
@click.option("--quick", is_flag=True, help="Only 12 cases, one of each kind.")
@click.option("--list", "list_cases", is_flag=True, help="Print the names of the cases, and run nothing.")
@click.option(
    "--allow", "allow_file", type=FILE, help="Failures that you accept.  [default: gauntlet.toml, if there is one]"
)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Form of the report."
)
@click.option("-o", "--report", type=FILE, help="Write the report here.")
@click.option("--config", type=FILE, help="Settings of the fake, for instance a profile: a file of `serve --config`.")
@click.option("--golden", type=FILE, help="Compare outcomes, calls and charges with those in this file.")
@click.option("--update", is_flag=True, help="Write that file anew.")
def gauntlet(command: tuple[str, ...], **options: Any) -> None:
    """Run CMD once for each way in which a call can fail, and report what it did.

    CMD makes images: it posts one request, to OMIXA_BASE_URL with OMIXA_API_KEY, and is done. Each run has a key and
    an empty working folder of its own. {url}, {key} and {cwd} in CMD stand for the base URL, the key and this folder.

    A client fails a case if it paid again, hung, or swallowed the fault: it ended as a success without an image.

    Exit code 0: it failed no case. 1: it failed some, an allowance is not needed, or the golden file differs.
    2: an option is not accepted. 3: CMD does not make an image without a fault either.
    """
    cases = read_cases(options)
    if options["list_cases"]:
        click.echo("\n".join(case.name for case in cases))
        return
    if not command:
        raise click.UsageError(
            "There is no command. Write one behind --, for instance: omixa-mock gauntlet -- python app.py"
        )
    if options["update"] and not options["golden"]:
        raise click.UsageError("--update writes the file of --golden. Add --golden outcomes.txt.")
    refuse_unusable(options)
    program = Program(command, options["pattern"], options["openai"], options["timeout"])
    allowances = find_allowances(options["allow_file"])
    with ended_by_signals(), serve_trials(read_settings(options["config"])) as server:
        require_baseline(server, program)
        trials = run_with_progress(server, program, cases, options["parallel"])
    report = GauntletReport(tuple(trials), allowances)
    write_report(FORMATS[options["form"]](report), options["report"], format_summary(report))
    differs = options["golden"] is not None and compare(
        options["golden"], render_golden(report), update=options["update"]
    )
    sys.exit(0 if report.passed and not differs else 1)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the signals that end a process end its clients first, as Ctrl-C does: CI cancels a job by SIGTERM."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    before: dict[signal.Signals, Any] = {}
    with suppress(ValueError):  # in another thread than the main one
        for number in SIGNALS:
            if signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores SIGHUP
                before[number] = signal.signal(number, end)
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # as a shell says it; 1 is a client that failed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def refuse_unusable(options: dict[str, Any]) -> None:
    """Refuse a pattern and files that cannot be used, before the first run.

    Raises:
        click.UsageError: One of them cannot.
    """
    try:
        # An empty folder: the user's may have a million files.
        with TemporaryDirectory() as folder:
            list(Path(folder).glob(options["pattern"] or "*"))
    except (NotImplementedError, ValueError, OSError) as error:
        raise click.UsageError(
            f'--output is a pattern below the working folder, such as "out*.png" ({error}).'
        ) from None
    for name in ("report", "golden"):
        path = options[name]
        if path is not None and not path.absolute().parent.is_dir():
            raise click.UsageError(f"--{name} {path}: there is no folder {path.absolute().parent}")
    if not math.isfinite(options["timeout"]):
        raise click.UsageError("--timeout is a number of seconds, for instance 30.")


def read_cases(options: dict[str, Any]) -> Sequence[Case]:
    """Return the cases that the options choose.

    Raises:
        click.UsageError: A fault is unknown, or there is no such case.
    """
    faults = [name.strip() for name in (options["faults"] or "").split(",") if name.strip()]
    try:
        return choose_cases(faults, options["only"], quick=options["quick"])
    except SettingError as error:
        raise click.UsageError(str(error)) from None


def read_settings(path: Path | None) -> dict[str, Any]:
    """Return the settings of a configuration file."""
    try:
        return {} if path is None else read_profile(path)
    except SettingError as error:
        raise click.UsageError(str(error)) from None


def find_allowances(path: Path | None) -> tuple[Allowance, ...]:
    """Return the allowances of a file; by default of gauntlet.toml, if there is one."""
    if path is None and not ALLOWANCES.exists():
        return ()
    try:
        return read_allowances(path or ALLOWANCES)
    except SettingError as error:
        raise click.UsageError(str(error)) from None


def require_baseline(server: TrialServer, program: Program) -> None:
    """Run the client without a fault.

    Raises:
        NoBaseline: It cannot be started, or does not pay for one image and end as a success.
    """
    try:
        (trial,) = run_trials(server, program, [HEALTHY], 1, lambda: None)
    except OSError as error:
        raise NoBaseline(f"CMD cannot be started: {error.strerror}: {program.command[0]}") from None
    if trial.outcomes[0].name != "recovered" or trial.charges != 1:
        raise NoBaseline(f"CMD must make one request, pay for it and end with 0 if nothing fails; it {trial.summary}")


def run_with_progress(server: TrialServer, program: Program, cases: Sequence[Case], parallel: int) -> list[Trial]:
    """Run the cases with a progress bar on standard error, if that is a terminal."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=len(cases), label="Running", file=sys.stderr, hidden=hidden) as bar:
        return list(run_trials(server, program, cases, parallel, lambda: bar.update(1)))


def write_report(text: str, path: Path | None, summary: str) -> None:
    """Write a report to a file, with its last line on standard output; or all of it there."""
    if path is None:
        click.echo(text, nl=False)
        return
    write_output(path, text.encode(errors="replace"))
    click.echo(summary)


def read_golden(path: Path) -> list[str]:
    """Return the lines of a golden file; none if there is no file."""
    try:
        return path.read_text("utf-8").splitlines() if path.exists() else []
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--golden {path} cannot be read: {error}") from None


def compare(path: Path, text: str, *, update: bool) -> bool:
    """Return True if a golden file has another text, and print the difference; or write the file anew."""
    if update:
        write_atomically(path, text.encode())
        return False
    names = {line.partition(":")[0] for line in text.splitlines()}
    # Cases that were not tried now differ in nothing.
    before = [line for line in read_golden(path) if line.partition(":")[0] in names]
    difference = difflib.unified_diff(before, text.splitlines(), str(path), "this run", lineterm="")
    lines = list(difference)
    if lines:
        click.echo("\n".join(lines), err=True)
        click.echo(f"To accept it: --golden {path} --update", err=True)
    return bool(lines)
