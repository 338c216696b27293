"""The command `verify`: the contract tests against a gateway, isolated from the user's own pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import click

__all__ = ["verify"]

# By name: the folder is installed below omixa_mock under a mapping.
SUITE = "omixa_mock.contract_tests"
# Prefixes of environment variables that would apply the user's own settings.
FOREIGN_PREFIXES = ("PYTEST_", "OMIXA_MOCK_")


@click.command()
@click.argument("url")
@click.option(
    "--max-spend",
    default="0",
    metavar="USD",
    help="Limit on the cost of all calls; each is counted at its worst price before it is made.  [default: 0]",
)
@click.option("-k", "only", metavar="WORDS", help="Only probes whose names have these words, as pytest's own -k.")
@click.option("-o", "--junit", type=click.Path(dir_okay=False), help="File for a JUnit XML report.")
@click.pass_context
def verify(ctx: click.Context, url: str, max_spend: str, only: str | None, junit: str | None) -> None:
    """Test the gateway at URL, real or fake, against the contract.

    The key comes from OMIXA_API_KEY. Without --max-spend nothing should be charged: image requests are sent only
    without a key, with a made-up one, or without a model that exists. A charge all the same, or one above the
    counted price, cannot be prevented; it ends the run and is reported.

    Exit code 0: the contract and every assumption hold. 1: a rule is broken, or an assumption is wrong.
    2: an argument is not accepted. 3: the gateway could not be reached.
    """
    refuse_empty(url, max_spend, junit)
    if junit:
        refuse_unwritable(Path(junit))
    with as_file(files(SUITE)) as folder:
        arguments = [
            *("-c", str(folder / "verify.ini"), "--rootdir", str(folder), "--confcutdir", str(folder)),
            *("--disable-plugin-autoload", "-p", "omixa_mock.pytest_plugin", "-p", "no:cacheprovider", "--tb=short"),
            # Option and value in one argument, since a value may begin with a dash.
            *(f"--omixa-mock-target={url}", f"--omixa-mock-max-spend={max_spend}"),
            *(("-k", only) if only is not None else ()),
            *(("--junit-xml", str(Path(junit).absolute())) if junit else ()),
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
        # -P: modules in the working directory must not be imported.
        command = [sys.executable, "-P", "-m", "pytest", *arguments, str(folder)]
        completed = subprocess.run(command, env=environment, check=False)  # noqa: S603  # our own suite
    ctx.exit({4: 2, 5: 2}.get(completed.returncode, completed.returncode))


def refuse_empty(url: str, max_spend: str, junit: str | None) -> None:
    """Refuse an empty argument, which is most likely a shell variable that was not set.

    Raises:
        click.UsageError: An argument is empty; the message names it.
    """
    arguments = {"URL": url, "--max-spend": max_spend, "--junit": junit}
    for name, value in arguments.items():
        if value is not None and not value.strip():
            raise click.UsageError(f"{name} is empty")


def refuse_unwritable(path: Path) -> None:
    """Refuse a report file that is not writable, before any request is sent.

    Raises:
        click.UsageError: The folder does not exist, or the file is not writable.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise click.UsageError(f"--junit {path}: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise click.UsageError(f"--junit {path} cannot be written")
