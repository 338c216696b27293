"""The command `validate`: validation of files against the contract."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from omixa_mock.kit.file_validation import FileValidator
from omixa_mock.kit.files.paths import Source, expand
from omixa_mock.kit.output_file import write_output
from omixa_mock.kit.reports.context import ReportContext
from omixa_mock.kit.reports.formats import FORMATS
from omixa_mock.kit.reports.text import advisories, summary
from omixa_mock.kit.validation import KINDS
from omixa_mock.shipped import shipped_contract

__all__ = ["validate"]

FINDINGS, COULD_NOT_CHECK = 1, 3


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["auto", *KINDS]),
    default="auto",
    show_default=True,
    help="Kind of document in PATH.",
)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Form of the report."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write the report here, all or nothing; - is standard output.",
)
@click.option(
    "--max-findings",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Report at most so many findings, and count the rest.",
)
@click.option(
    "--allow-skipped",
    is_flag=True,
    help="Exit with 0 or 1 although bodies, images or prompts were cut or not recorded, and could not be checked.",
)
def validate(
    paths: tuple[str, ...], kind: str, form: str, output: str | None, max_findings: int, *, allow_skipped: bool
) -> None:
    """Validate recorded or hand-written requests and responses against the contract.

    PATH is a file, a folder, a pattern such as "recordings/**/*.har", or - for standard input, the default.
    A file is JSON, JSON Lines (.jsonl, .ndjson: a document or an exchange a line), a HAR (Playwright's .har.zip
    too), or a VCR cassette.

    Exit code 0: everything was checked, and no rule is broken; advisories are printed on standard error.
    1: some rules are broken. 3: something could not be read, or there was nothing to check.
    """
    sources = [source for source in expand(paths or ("-",)) if not is_same_file(source.name, output)]
    if not sources:
        raise click.UsageError("There is nothing to check but the file that the report goes to. Name another one.")
    context = ReportContext(shipped_contract(), datetime.now(UTC), Path.cwd())
    with progress(sources) as advance:
        report = FileValidator(context.contract, kind, max_findings, allow_skipped).validate(sources, advance)
    text = FORMATS[form](report, context)
    # Formats for programs are UTF-8 everywhere; text for people has the terminal's encoding.
    write_report(text if form == "text" else text.encode(), output)
    for line in (*(advisories(report) if form == "text" else ()), *summary(report)):
        click.echo(line, err=True)
    if not report.is_complete:
        sys.exit(COULD_NOT_CHECK)
    sys.exit(FINDINGS if report.errors else 0)


def is_same_file(name: str, output: str | None) -> bool:
    """Return True if a file is the report, which a folder may hold from an earlier run."""
    return output not in {None, "-"} and Path(name).resolve() == Path(output).resolve()


@contextmanager
def progress(sources: list[Source]) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error if that is a terminal and the sizes are known."""
    length = sum(source.size for source in sources)
    hidden = not (length and sys.stderr.isatty())
    with click.progressbar(
        length=max(length, 1), label="Checking", file=sys.stderr, hidden=hidden, update_min_steps=max(length // 200, 1)
    ) as bar:
        yield bar.update


def write_report(text: str | bytes, output: str | None) -> None:
    """Write a report to a file, or to standard output."""
    if output in {None, "-"}:
        click.echo(text, nl=False)
        return
    write_output(Path(output), text if isinstance(text, bytes) else text.encode())
