"""The command `verify`: the probes against a gateway."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from omixa_mock.kit.output_file import write_output
from omixa_mock.kit.text import has_words

from .address import parse_amount, parse_key, parse_url
from .formats import FORMATS, format_summary
from .probe import Probe
from .profile import format_profile
from .report import Report, make_report
from .runner import PROBES, ProbeRunner
from .target import Target
from .transport import send_over_http

__all__ = ["verify"]

EXIT_CODES = {"passed": 0, "failed": 1, "inconclusive": 3}
WRITABLE = click.Path(dir_okay=False, allow_dash=True)


@click.command()
@click.argument("url")
@click.option(
    "--max-spend",
    default="0",
    metavar="USD",
    help="Limit on the cost of all calls. An open call counts at its worst price, a finished one at its bill.  "
    "[default: 0]",
)
@click.option("-k", "only", metavar="WORDS", help='Only probes whose names have these words, for instance "size or n".')
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Form of the report."
)
@click.option("-o", "--output", type=WRITABLE, metavar="FILE", help="Write the report here; - is standard output.")
@click.option(
    "--profile", type=click.Path(dir_okay=False), metavar="FILE", help="Write what was seen here, for `serve --config`."
)
@click.option(
    "--allow-inconclusive", is_flag=True, help="Exit with 0 although some probes got no answer that shows anything."
)
def verify(url: str, max_spend: str, only: str | None, **options: Any) -> None:
    """Test the gateway at URL, real or fake, against the contract.

    The key comes from OMIXA_API_KEY. Without --max-spend no request is sent under it that any gateway could charge
    for: each lacks both a model and a prompt.

    Exit code 0: the contract and every assumption hold, as far as probes were made. 1: a rule is broken, or an
    assumption is wrong. 2: an argument is not accepted. 3: a probe got no answer, or none that shows anything.
    """
    files = {f"--{name}": options[name] for name in ("output", "profile")}
    refuse_empty({"URL": url, "--max-spend": max_spend, "-k": only, **files})
    refuse_unwritable(files)
    try:
        key = parse_key(os.environ.get("OMIXA_API_KEY", ""))
        origin, limit = parse_url(url, key), parse_amount(max_spend)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not key and (limit or options["profile"]):
        raise click.UsageError("Set OMIXA_API_KEY: without a key nothing can be spent, and too little is seen.")
    probes = tuple(probe for probe in PROBES if only is None or has_words(probe.name, only))
    if not probes:
        raise click.UsageError(f"No probe has {only!r} in its name. Use other words, for instance -k size.")
    started_at = datetime.now(UTC)
    runner = run(Target(send_over_http(origin), key, origin), limit, probes)
    report = make_report(runner, origin, started_at, allow_inconclusive=options["allow_inconclusive"])
    write_results(report, options["form"], options["output"], options["profile"])
    sys.exit(EXIT_CODES[report.verdict])


def run(target: Target, max_spend: Decimal, probes: Iterable[Probe]) -> ProbeRunner:
    """Run probes with a progress bar on standard error, if that is a terminal; Ctrl-C keeps what was seen."""
    runner = ProbeRunner(target, max_spend)
    probes = tuple(probes)
    with click.progressbar(
        length=len(probes), label="Verifying", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        try:
            runner.run_all(probes, bar.update)
        except KeyboardInterrupt:
            runner.end_reason = "it was interrupted"
    return runner


def write_results(report: Report, form: str, output: str | None, profile: str | None) -> None:
    """Write the profile, then the report; a report in a file leaves its last line on standard output."""
    if profile is not None:
        write(format_profile(report), profile)
    write(FORMATS[form](report), output or "-")
    if output not in {None, "-"}:
        click.echo(format_summary(report))


def write(text: str, path: str) -> None:
    """Write text to a file, or to standard output."""
    if path == "-":
        click.echo(text, nl=False)
        return
    write_output(Path(path), text.encode(errors="replace"))


def refuse_empty(arguments: dict[str, str | None]) -> None:
    """Refuse an empty argument, which is most likely a shell variable that was not set.

    Raises:
        click.UsageError: An argument is empty; the message names it.
    """
    for name, value in arguments.items():
        if value is not None and not value.strip():
            raise click.UsageError(f"{name} is empty")


def refuse_unwritable(paths: dict[str, str | None]) -> None:
    """Refuse a file that is not writable, before any request is sent.

    Raises:
        click.UsageError: The folder does not exist, or the file is not writable.
    """
    for name, text in paths.items():
        if text in {None, "-"}:
            continue
        path = Path(str(text))
        folder = path.absolute().parent
        if not folder.is_dir():
            raise click.UsageError(f"{name} {path}: there is no folder {folder}")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise click.UsageError(f"{name} {path} cannot be written")
