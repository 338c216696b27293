"""The command that judges files: validate."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from omixa_mock.kit.validation import KINDS, check_document
from omixa_mock.shipped import shipped_contract

__all__ = ["validate"]

FINDINGS, COULD_NOT_CHECK = 1, 3


@click.command()
@click.argument("path", default="-")
@click.option(
    "--as", "kind", type=click.Choice(["auto", *KINDS]), default="auto", show_default=True, help="What PATH holds."
)
def validate(path: str, kind: str) -> None:
    """Judge the JSON in PATH (- for standard input) by the contract.

    Exit code 0: it keeps every rule; what is doubtful all the same is told on standard error. 1: it breaks
    some rules, which are printed. 3: it could not be read.
    """
    try:
        body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        click.echo(f"{path} cannot be read: {error.strerror}", err=True)
        sys.exit(COULD_NOT_CHECK)
    verdict = check_document(shipped_contract(), body, kind)
    for violation in verdict.violations:
        click.echo(f"{path}: {violation}")
    if verdict.violations:
        sys.exit(FINDINGS)
    for advisory in verdict.advisories:
        click.echo(f"{path}: advisory: {advisory.message} [{advisory.rule}]", err=True)
    click.echo(f"{path}: a valid {verdict.kind}", err=True)
