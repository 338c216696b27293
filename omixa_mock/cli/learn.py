"""The command `learn`: a profile from recorded traffic."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from omixa_mock.configuration import read_tables
from omixa_mock.gateway import Contract, SettingError
from omixa_mock.kit.output_file import write_output
from omixa_mock.kit.profile_file import format_profile_file
from omixa_mock.learning.learn import differences, learn_calls, make_profile
from omixa_mock.learning.recordings import RecordedCall, RecordingError, read_recording
from omixa_mock.learning.reports import read_report
from omixa_mock.shipped import shipped_contract

__all__ = ["learn"]

FILE = click.Path(dir_okay=False, path_type=Path)


class NothingLearnt(click.ClickException):
    """Recordings that cannot be read, or without a call."""

    exit_code = 3


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("-o", "--output", type=FILE, help="Write the profile here, all or nothing.  [default: standard output]")
@click.option(
    "--diff", "earlier", type=FILE, help="Compare with this profile, and write none: exit with 1 if it differs."
)
def learn(files: tuple[Path, ...], output: Path | None, earlier: Path | None) -> None:
    """Learn the settings of a gateway from recorded traffic, as a profile for `serve --config`.

    FILE is a HAR (of `omixa-mock proxy`, a browser, Playwright or mitmproxy), a .har.zip, JSON Lines with request,
    response and status, or a report of `verify --format json`. A setting is learnt with its evidence; what happened
    in two ways is told as a contradiction.

    Exit code 0: a profile was written, or nothing differs. 1: --diff found differences. 2: an argument is not accepted.
    3: a file cannot be read, or no call was recorded.
    """
    contract = shipped_contract()
    learnt = learn_calls(*read_all(files, contract))
    profile = make_profile(learnt, contract, datetime.now(UTC).date())
    if earlier is not None:
        lines = differences(profile, read_settings(earlier))
        click.echo("".join(f"{line}\n" for line in lines), nl=False)
        sys.exit(1 if lines else 0)
    text = format_profile_file(profile)
    if output is None:
        click.echo(text, nl=False)
        return
    write_output(output, text.encode(errors="replace"))
    differing = len(profile.settings)
    click.echo(f"{learnt.count} calls: {len(profile.observed)} settings as assumed, {differing} otherwise", err=True)


def read_all(files: tuple[Path, ...], contract: Contract) -> tuple[list[RecordedCall], Contract, list[Any]]:
    """Return the calls in all files, the contract, and the reports among the files.

    Raises:
        NothingLearnt: A file cannot be read or is no recording, or there is no call.
    """
    calls: list[RecordedCall] = []
    reports: list[Any] = []
    for path in files:
        try:
            report = read_report(path.read_bytes())
            if report is not None:
                reports.append(report)
            else:
                calls += read_recording(path)
        except RecordingError as error:
            raise NothingLearnt(f"{path}: {error}") from None
        except OSError as error:
            raise NothingLearnt(f"{path} cannot be read: {error.strerror}") from None
    if not calls and not reports:
        raise NothingLearnt("Record calls first: no file has one to a path below /api/v1/.")
    return calls, contract, reports


def read_settings(path: Path) -> dict[str, object]:
    """Return the settings of a profile.

    Raises:
        click.UsageError: The file is not accepted.
    """
    try:
        return dict(read_tables(path).settings)
    except SettingError as error:
        raise click.UsageError(str(error)) from None
