"""Commands that print parts of the contract: explain, openapi, schema."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import click

from omixa_mock.gateway import CATALOGUE, Contract, Rule, Settings, describe_settings
from omixa_mock.gateway.contract import LOCAL_SERVER, OPENAI_FIELDS, describe_api
from omixa_mock.shipped import shipped_contract

__all__ = ["describe_setting", "explain", "format_default", "openapi", "schema"]


@click.command()
@click.argument("what", required=False)
def explain(what: str | None) -> None:
    """Explain what WHAT means and give its source; without it, list everything that can be explained.

    WHAT is a rule's id such as request.n.maximum, as refusals and the header
    X-Omixa-Mock-Rules name it; the beginning of several ids; a setting, an
    error's name or status, a fault, or a field of other image APIs that
    clients send (response_format).
    """
    lines = explainable_names() if what is None else find_explanation(what.rstrip("."))
    if lines is None:
        names = [*rules_by_id(), *describe_settings(), *CATALOGUE, *errors(), *OPENAI_FIELDS]
        near = difflib.get_close_matches(str(what), names, 3, cutoff=0.3)
        raise click.UsageError(f"There is no rule {what!r}. Near it: {', '.join(near) or 'none'}. `explain` lists all.")
    click.echo("\n".join(lines))


def rules_by_id() -> dict[str, Rule]:
    """Return every rule of the contract by its id."""
    return {rule.id: rule for rule in shipped_contract().rules()}


def errors() -> Mapping[str, Any]:
    """Return the error table with provenance."""
    table: Mapping[str, Any] = shipped_contract().table["errors"]
    return table


def explainable_names() -> list[str]:
    """Return the names of everything that can be explained."""
    faults = (name for name in CATALOGUE if name not in errors())
    return [*rules_by_id(), *describe_settings(), *errors(), *faults, *OPENAI_FIELDS]


def find_explanation(name: str) -> list[str] | None:
    """Return the lines that explain a rule, setting, error or fault; None if the name is unknown."""
    rules = rules_by_id()
    if name in rules:
        return describe_rule(rules[name])
    error_names = [error for error, row in errors().items() if name in {error, str(row["status"])}]
    lines = [line for error in error_names for line in describe_error(error)]
    lines += describe_fault(name) if name in CATALOGUE else []
    lines += describe_foreign_field(name) if name in OPENAI_FIELDS else []
    if name in describe_settings():
        lines += [
            describe_setting(name),
            *(f"  {rule_id}" for rule_id, rule in rules.items() if rule.provenance.setting == name),
        ]
    return lines or [rule_id for rule_id in rules if rule_id.startswith((f"{name}.", f"request.{name}."))] or None


def describe_error(name: str) -> list[str]:
    """Return the lines on an error, with the provenance of each column."""
    row = errors()[name]
    columns = (
        f"  {column:<9} {row[column]} ({row['provenance'][column]['status']})" for column in ("status", "type", "code")
    )
    return [name, f"  error     {row['meaning']}", *columns]


def describe_fault(name: str) -> list[str]:
    """Return the lines on a fault of the catalogue."""
    kind = CATALOGUE[name]
    moments = " or ".join(moment.replace("_", " ") for moment in kind.moments)
    return [name, f"  fault     {kind.text}", f"  injected  {moments}", f"  status    {kind.provenance}"]


def describe_foreign_field(name: str) -> list[str]:
    """Return the lines on a field of other image APIs."""
    field = OPENAI_FIELDS[name]
    ignore = f"omixa-mock serve --allow-field {name}; in tests: allowed_fields={name!r}".replace("'", '"')
    harm = "the image would be lost" if field.renamed else field.caution
    return [
        name,
        f"  field     no page documents {name} as a field of a request",
        "  refused   by request.additionalProperties (assumed)",
        f"  sent by   {field.clients}",
        f"  instead   {field.remedy}",
        f"  ignore    by {ignore}",
        *([f"  but       {harm}"] if harm else []),
    ]


def describe_rule(rule: Rule) -> list[str]:
    """Return the lines on a rule."""
    lines = [rule.id]
    if rule.keyword == "behaviour" or rule.keyword.startswith("x-omixa"):
        lines.append(f"  rule      {rule.description}")
    else:
        lines.append(f"  rule      {rule.keyword}: {json.dumps(rule.value)}")
        if rule.description:
            lines.append(f"  field     {rule.description}")
    provenance = rule.provenance
    lines.append(f"  status    {provenance.status}{f' ({provenance.page})' if provenance.page else ''}")
    if provenance.because:
        lines.append(f"  because   {provenance.because}")
    if provenance.setting:
        lines.append(f"  setting   {describe_setting(provenance.setting)}")
    return lines


def describe_setting(name: str) -> str:
    """Return a setting's name, default, choices and description on one line."""
    if name == "keys":
        return "keys = any (or issued, or a list of keys)"
    kind, text, default = describe_settings()[name]
    choices = f" of {', '.join(map(str, get_args(kind)))}" if get_origin(kind) is Literal else ""
    shown = default if isinstance(default, str | int | float) else format_default(default)
    return f"{name} = {shown}{choices}: {text}"


def format_default(value: Any) -> str:
    """Format a default that is neither a word nor a number."""
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) if not hasattr(value, "items") else "as shipped"


@click.command()
@click.option("--server", default=LOCAL_SERVER, show_default=True, help="URL that generated clients call by default.")
def openapi(server: str) -> None:
    """Print the gateway's API as OpenAPI 3.1."""
    contract: Contract = shipped_contract()
    click.echo(json.dumps(describe_api(contract, contract.under(Settings()), server.rstrip("/")), indent=2))


@click.command()
@click.argument("name")
def schema(name: str) -> None:
    """Print the JSON Schema NAME: a model; image, error, models, usage-requests, usage-rollups; fault-plan, verdict."""
    schemas = shipped_contract().schemas()
    if name not in schemas:
        raise click.UsageError(f"There is no schema {name!r}; there are: {', '.join(schemas)}.")
    click.echo(json.dumps(schemas[name], indent=2, ensure_ascii=False))
