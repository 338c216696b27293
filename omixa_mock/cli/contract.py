"""Commands that print parts of the contract: explain, openapi, schema."""

from __future__ import annotations

import difflib
import json
from typing import Any

import click

from omixa_mock.config_schema import describe_config
from omixa_mock.gateway import Contract, Settings
from omixa_mock.gateway.contract import LOCAL_SERVER, describe_api
from omixa_mock.shipped import shipped_contract

from .explanations import explainable_names, find_explanations, format_text

__all__ = ["explain", "openapi", "schema"]


@click.command()
@click.argument("what", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, or of the names without WHAT.")
def explain(what: str | None, *, as_json: bool) -> None:
    """Explain what WHAT means and give its source; without it, list everything that can be explained.

    WHAT is a rule's id such as request.n.maximum, as refusals and the header
    X-Omixa-Mock-Rules name it; the beginning of several ids; a setting, an
    error's name or status, a fault, or a field of other image APIs that
    clients send (response_format).
    """
    if what is None:
        names = explainable_names()
        click.echo(json.dumps(names, indent=2) if as_json else "\n".join(names))
        return
    explanations = find_explanations(what.rstrip("."))
    if not explanations:
        near = difflib.get_close_matches(what, explainable_names(), 3, cutoff=0.3)
        raise click.UsageError(f"There is no rule {what!r}. Near it: {', '.join(near) or 'none'}. `explain` lists all.")
    click.echo(json.dumps(explanations, indent=2) if as_json else "\n".join(as_text(explanations)))


def as_text(explanations: list[dict[str, Any]]) -> list[str]:
    """Return explanations as lines; of several rules, only their ids."""
    if len(explanations) > 1 and all(row["kind"] == "rule" for row in explanations):
        return [row["name"] for row in explanations]
    return [line for row in explanations for line in format_text(row)]


@click.command()
@click.option("--server", default=LOCAL_SERVER, show_default=True, help="URL that generated clients call by default.")
def openapi(server: str) -> None:
    """Print the gateway's API as OpenAPI 3.1."""
    contract: Contract = shipped_contract()
    click.echo(json.dumps(describe_api(contract, contract.under(Settings()), server.rstrip("/")), indent=2))


@click.command()
@click.argument("name")
def schema(name: str) -> None:
    """Print the JSON Schema NAME.

    NAME is a model; image, error, models, usage-requests or usage-rollups; fault-plan or verdict of the control
    routes; or config, a configuration file.
    """
    contract = shipped_contract()
    schemas = {**contract.schemas(), "config": describe_config(contract)}
    if name not in schemas:
        raise click.UsageError(f"There is no schema {name!r}; there are: {', '.join(schemas)}.")
    click.echo(json.dumps(schemas[name], indent=2, ensure_ascii=False))
