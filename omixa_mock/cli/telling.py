"""Commands that tell what the contract says: explain, assumptions, openapi, schema."""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from typing import Any, Literal, get_args, get_origin

import click

from omixa_mock.gateway import Contract, Rule, Settings, describe_settings
from omixa_mock.gateway.openapi import describe_api
from omixa_mock.shipped import shipped_contract

__all__ = ["assumptions", "explain", "openapi", "schema"]


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Say what RULE demands and where it comes from.

    RULE is an id such as request.n.maximum, as refusals and the header
    X-Omixa-Mock-Rules name it.
    """
    rules = {each.id: each for each in shipped_contract().rules()}
    if rule not in rules:
        near = difflib.get_close_matches(rule, rules, 3, cutoff=0.3)
        raise click.UsageError(f"There is no rule {rule!r}. Near it: {', '.join(near) or 'none'}.")
    click.echo("\n".join(describe_rule(rules[rule])))


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
    """Print the JSON Schema NAME: a model, or image, error, models, usage-requests, usage-rollups."""
    schemas = shipped_contract().schemas()
    if name not in schemas:
        raise click.UsageError(f"There is no schema {name!r}; there are: {', '.join(schemas)}.")
    click.echo(json.dumps(schemas[name], indent=2, ensure_ascii=False))
