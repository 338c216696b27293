"""The command that verifies: the contract tests against a gateway, isolated from the user's own pytest."""

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
# What would let the user's own settings in.
FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


@click.command()
@click.argument("url")
@click.option(
    "--max-spend",
    default="0",
    metavar="USD",
    help="What all calls may cost together; each is counted at its worst price before it is made.  [default: 0]",
)
@click.option("-k", "only", metavar="WORDS", help="Only probes whose names have these words, as pytest's own -k.")
@click.option("-o", "--junit", type=click.Path(dir_okay=False), help="File for a JUnit XML report.")
@click.pass_context
def verify(ctx: click.Context, url: str, max_spend: str, only: str | None, junit: str | None) -> None:
    """Examine the gateway at URL, real or fake, by the contract.

    The key comes from OMIXA_API_KEY. Without --max-spend nothing can be charged: image requests are sent only
    without a key, with a made-up one, or without a model that exists.

    Exit code 0: it keeps the contract and every assumption. 1: a rule is broken, or an assumption is otherwise.
    2: it was told something that is not accepted. 3: the gateway could not be asked.
    """
    with as_file(files(SUITE)) as folder:
        arguments = [
            *("-c", str(folder / "verify.ini"), "--rootdir", str(folder), "--confcutdir", str(folder)),
            *(
                "--disable-plugin-autoload",
                "-p",
                "omixa_mock.pytest_plugin",
                "-p",
                "no:cacheprovider",
                "--tb=short",
            ),
            *("--omixa-mock-target", url, "--omixa-mock-max-spend", max_spend),
            *(("-k", only) if only else ()),
            *(("--junit-xml", str(Path(junit).absolute())) if junit else ()),
        ]
        environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        done = subprocess.run([sys.executable, "-m", "pytest", *arguments, str(folder)], env=environment, check=False)  # noqa: S603  # our own suite
    ctx.exit({4: 2, 5: 2}.get(done.returncode, done.returncode))
