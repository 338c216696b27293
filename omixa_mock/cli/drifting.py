"""The command that holds saved documentation pages against the schemas: drift."""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from omixa_mock.kit.drift import Comparison, PageError, find_drift, read_page
from omixa_mock.shipped import shipped_contract

__all__ = ["drift"]

FINDINGS, COULD_NOT_CHECK = 1, 3


@click.command()
@click.argument("pages", metavar="PAGE...", nargs=-1, required=True)
@click.option("--model", default="", help="Whose page it is, if it does not say so itself.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
def drift(pages: tuple[str, ...], model: str, form: str) -> None:
    """Say how saved pages of a model's documentation differ from the schemas.

    PAGE is a file with what a browser shows of the page, copied as text, or its HTML; - is standard input.
    No connection is opened.

    Exit code 0: no drift. 1: drift; each difference is printed on its own line. 3: a page could not be checked.
    """
    refuse_arguments(pages, model)
    results = [check(page, model) for page in pages]
    if form == "json":
        click.echo(json.dumps([describe(*result) for result in results], indent=2, ensure_ascii=False))
    else:
        for page, result in results:
            tell(page, result)
    sys.exit(max(code_of(result) for _, result in results))


def refuse_arguments(pages: tuple[str, ...], model: str) -> None:
    """Refuse what this command cannot do.

    Raises:
        UsageError: A page is a URL, or there is no such model.
    """
    for page in pages:
        if re.match(r"https?://", page, re.IGNORECASE):
            raise click.UsageError(
                f"{page} is a URL, and this command opens no connection. Save the page, and name the file:\n"
                f"  curl --location --output page.html {shlex.quote(page)}\n  omixa-mock drift page.html"
            )
    known = shipped_contract().requests
    if model and model not in known:
        raise click.UsageError(f"There is no schema of a model {model!r}; there are: {', '.join(known)}.")


def check(page: str, model: str) -> tuple[str, Comparison | str]:
    """A page with what comparing it found, or why it could not be compared."""
    try:
        body = sys.stdin.buffer.read() if page == "-" else Path(page).read_bytes()
        return page, find_drift(read_page(body), shipped_contract(), model)
    except OSError as error:
        return page, f"it cannot be read: {error.strerror}"
    except PageError as error:
        return page, str(error)


def code_of(result: Comparison | str) -> int:
    """The exit code of one page."""
    if isinstance(result, str):
        return COULD_NOT_CHECK
    return FINDINGS if result.drift else 0


def tell(page: str, result: Comparison | str) -> None:
    """Print what was found: differences on standard output, all else that one should know on standard error."""
    if isinstance(result, str):
        click.echo(f"{page}: could not be checked: {result}", err=True)
        return
    for each in result.drift:
        click.echo(f"{page}: {each}")
    for what in result.not_compared:
        click.echo(f"{page}: not compared: {what}", err=True)
    if not result.drift:
        click.echo(f"{page}: no drift ({result.model}: {', '.join(result.compared)})")


def describe(page: str, result: Comparison | str) -> dict[str, Any]:
    """What was found, as JSON."""
    if isinstance(result, str):
        return {"page": page, "error": result}
    return {"page": page, **asdict(result)}
