"""Command `drift`: comparison of saved documentation pages with the schemas."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from omixa_mock.kit.drift import Comparison, PageError, find_drift, parse_columns, read_page
from omixa_mock.shipped import shipped_contract

__all__ = ["drift"]

FINDINGS, COULD_NOT_CHECK = 1, 3


def parse_option(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, str]:
    """Parse the value of `--columns`.

    Raises:
        BadParameter: A column is unknown, or has no heading.
    """
    try:
        return parse_columns(value) if value is not None else {}
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("pages", metavar="PAGE...", nargs=-1, required=True)
@click.option("--model", default="", help="The page's model, if the page does not name it.")
@click.option(
    "--columns",
    metavar="COLUMN=HEADING,...",
    callback=parse_option,
    help="Headings of the table's columns in other languages than English and Chinese, for instance "
    "name=Nom,type=Type,required=Requis. Columns: name, type, required, values, default.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
def drift(pages: tuple[str, ...], model: str, columns: Mapping[str, str], form: str) -> None:
    """Compare saved pages of a model's documentation with the schemas.

    PAGE is a file with the page's visible text, copied from a browser, or its HTML; - is standard input.
    No connection is opened.

    Exit code 0: no drift. 1: drift; each difference is printed on its own line. 3: a page could not be checked.
    """
    refuse_arguments(pages, model)
    results = [compare(page, model, columns) for page in pages]
    if form == "json":
        click.echo(json.dumps([to_json(*result) for result in results], indent=2, ensure_ascii=False))
    else:
        for page, result in results:
            print_result(page, result)
    sys.exit(max(code_of(result) for _, result in results))


def refuse_arguments(pages: tuple[str, ...], model: str) -> None:
    """Refuse URLs and unknown models.

    Raises:
        UsageError: A page is a URL, or the model is unknown.
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


def compare(page: str, model: str, columns: Mapping[str, str]) -> tuple[str, Comparison | str]:
    """Return a page with its comparison, or with the reason why it could not be compared."""
    try:
        body = sys.stdin.buffer.read() if page == "-" else Path(page).read_bytes()
        return page, find_drift(read_page(body, columns), shipped_contract(), model)
    except OSError as error:
        return page, f"it cannot be read: {error.strerror}"
    except PageError as error:
        return page, str(error)


def code_of(result: Comparison | str) -> int:
    """Return the exit code of one page."""
    if isinstance(result, str):
        return COULD_NOT_CHECK
    return FINDINGS if result.drift else 0


def print_result(page: str, result: Comparison | str) -> None:
    """Print differences on standard output, and everything else on standard error."""
    if isinstance(result, str):
        click.echo(f"{page}: could not be checked: {result}", err=True)
        return
    for difference in result.drift:
        click.echo(f"{page}: {difference}")
    for part in result.not_compared:
        click.echo(f"{page}: not compared: {part}", err=True)
    if not result.drift:
        click.echo(f"{page}: no drift ({result.model}: {', '.join(result.compared)})")


def to_json(page: str, result: Comparison | str) -> dict[str, Any]:
    """Return the result of one page as JSON."""
    if isinstance(result, str):
        return {"page": page, "error": result}
    return {"page": page, **asdict(result)}
