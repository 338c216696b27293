"""Commands that tell what the contract says: explain, assumptions, openapi, schema."""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import click

from omixa_mock.gateway import CATALOGUE, Contract, Rule, Settings, describe_settings
from omixa_mock.gateway.contract import describe_api
from omixa_mock.shipped import shipped_contract

__all__ = ["assumptions", "explain", "openapi", "schema"]


@click.command()
@click.argument("what", required=False)
def explain(what: str | None) -> None:
    """Say what WHAT means and where it comes from; without it, list all that can be explained.

    WHAT is a rule's id such as request.n.maximum, as refusals and the header
    X-Omixa-Mock-Rules name it; the beginning of several ids; a setting, an
    error's name or status, or a fault.
    """
    lines = explain_all() if what is None else find_explanation(what.rstrip("."))
    if lines is None:
        names = [*rules_by_id(), *describe_settings(), *CATALOGUE, *errors()]
        near = difflib.get_close_matches(str(what), names, 3, cutoff=0.3)
        raise click.UsageError(f"There is no rule {what!r}. Near it: {', '.join(near) or 'none'}. `explain` lists all.")
    click.echo("\n".join(lines))


def rules_by_id() -> dict[str, Rule]:
    """Every rule of the contract."""
    return {rule.id: rule for rule in shipped_contract().rules()}


def errors() -> Mapping[str, Any]:
    """The error table, with provenance."""
    table: Mapping[str, Any] = shipped_contract().table["errors"]
    return table


def explain_all() -> list[str]:
    """The names of all that can be explained."""
    return [*rules_by_id(), *describe_settings(), *errors(), *(name for name in CATALOGUE if name not in errors())]


def find_explanation(what: str) -> list[str] | None:
    """What a name means, whatever it is the name of; None where it is none."""
    rules = rules_by_id()
    if what in rules:
        return describe_rule(rules[what])
    named = [name for name, row in errors().items() if what in {name, str(row["status"])}]
    lines = [line for name in named for line in describe_error(name)]
    lines += describe_fault(what) if what in CATALOGUE else []
    if what in describe_settings():
        lines += [
            describe_setting(what),
            *(f"  {name}" for name, rule in rules.items() if rule.provenance.setting == what),
        ]
    return lines or [name for name in rules if name.startswith((f"{what}.", f"request.{what}."))] or None


def describe_error(name: str) -> list[str]:
    """An error with each column's provenance."""
    row = errors()[name]
    columns = (
        f"  {column:<9} {row[column]} ({row['provenance'][column]['status']})" for column in ("status", "type", "code")
    )
    return [name, f"  error     {row['meaning']}", *columns]


def describe_fault(name: str) -> list[str]:
    """A fault of the catalogue."""
    kind = CATALOGUE[name]
    moments = " or ".join(moment.replace("_", " ") for moment in kind.moments)
    return [name, f"  fault     {kind.text}", f"  strikes   {moments}", f"  status    {kind.provenance}"]


def describe_rule(rule: Rule) -> list[str]:
    """A rule in a few lines."""
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
    """A setting with what it takes and its default."""
    if name == "keys":
        return "keys = any (or issued, or a list of keys)"
    kind, text, default = describe_settings()[name]
    choices = f" of {', '.join(map(str, get_args(kind)))}" if get_origin(kind) is Literal else ""
    shown = default if isinstance(default, str | int | float) else show_default(default)
    return f"{name} = {shown}{choices}: {text}"


def show_default(value: Any) -> str:
    """A default that is no plain word or number."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value) if not hasattr(value, "items") else "as shipped"


@click.command()
def assumptions() -> None:
    """List what the documentation leaves open, what the fake assumes, and the setting that changes it."""
    by_setting: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in shipped_contract().rules():
        if rule.provenance.status == "assumed":
            by_setting[rule.provenance.setting].append(rule)
    for name in sorted(filter(None, by_setting)):
        click.echo(describe_setting(name))
        for rule in by_setting[name]:
            click.echo(f"    {rule.id}: {rule.provenance.because}")
    click.echo("without a setting")
    for rule in by_setting[""]:
        click.echo(f"    {rule.id}: {rule.provenance.because}")


@click.command()
def openapi() -> None:
    """Print the gateway's API as OpenAPI 3.1."""
    contract: Contract = shipped_contract()
    click.echo(json.dumps(describe_api(contract, contract.under(Settings())), indent=2))


@click.command()
@click.argument("name")
def schema(name: str) -> None:
    """Print the JSON Schema NAME: a model; image, error, models, usage-requests, usage-rollups; fault-plan."""
    schemas = shipped_contract().schemas()
    if name not in schemas:
        raise click.UsageError(f"There is no schema {name!r}; there are: {', '.join(schemas)}.")
    click.echo(json.dumps(schemas[name], indent=2, ensure_ascii=False))
