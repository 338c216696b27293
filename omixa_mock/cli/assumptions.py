"""Command `assumptions`: the rules that no page documents, and what a profile knows of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from omixa_mock.configuration import Tables, read_tables
from omixa_mock.gateway import Rule, SettingError, Settings, with_changes
from omixa_mock.shipped import shipped_contract

from .explanations import describe_rule, describe_setting, format_default, format_text

__all__ = ["assumptions"]

Json = dict[str, Any]


def read_option(_: click.Context, __: click.Parameter, path: Path | None) -> Tables | None:
    """Parse the file of `--config`.

    Raises:
        click.UsageError: The file is not accepted.
    """
    try:
        return None if path is None else read_tables(path)
    except SettingError as error:
        raise click.UsageError(str(error)) from None


@click.command()
@click.option(
    "--config", type=click.Path(path_type=Path), callback=read_option,
    help="File of `serve --config` or `verify --profile`: mark each setting as observed, contradicted or assumed.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, one for each setting.")
def assumptions(config: Tables | None, *, as_json: bool) -> None:
    """List what the documentation leaves open, what the fake assumes, and the setting that changes it.

    With --config, a setting is contradicted if the file changes it, observed if [profile] lists it, and assumed
    otherwise.
    """
    by_setting: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in shipped_contract().rules():
        if rule.provenance.status == "assumed":
            by_setting[rule.provenance.setting].append(rule)
    rows = [describe(name, by_setting[name], config) for name in (*sorted(filter(None, by_setting)), "")]
    click.echo(json.dumps(rows, indent=2) if as_json else "\n".join(line for row in rows for line in as_text(row)))


def describe(name: str, rules: list[Rule], config: Tables | None) -> Json:
    """Return a setting, what a file knows of it, and the rules that it changes; without a name, those of no setting."""
    setting = describe_setting(name) if name else {"kind": "setting", "name": None}
    observed = {"config": describe_status(name, config)} if name and config is not None else {}
    return {**setting, **observed, "rules": [describe_rule(rule) for rule in rules]}


def as_text(row: Json) -> list[str]:
    """Return a row as lines: the setting, its status in the file, and the reason of each rule."""
    head = format_text(row | {"rules": []}) if row["name"] else ["without a setting"]
    status = [f"  {row['config']}"] if "config" in row else []
    return [*head, *status, *(f"    {rule['name']}: {rule['because']}" for rule in row["rules"])]


def describe_status(name: str, config: Tables) -> str:
    """Return what a file knows of a setting: contradicted with both values, observed, or assumed."""
    values = {**config.server, **config.settings}
    if name in values:
        actual, assumed = READERS.get(name, read_setting)(name, values[name])
        if actual != assumed:
            return f"contradicted: {format_value(actual)}; assumed: {format_value(assumed)}"
    return "observed" if name in config.profile["observed"] else "assumed"


def read_setting(name: str, value: Any) -> tuple[Any, Any]:
    """Return the value of a setting in a file, and the default."""
    return getattr(with_changes(Settings(), {name: value}), name), getattr(Settings(), name)


def read_policy(_: str, value: Any) -> tuple[Any, Any]:
    """Return the policy on keys in a file without the keys, and the default."""
    return (value[0] if value in (["any"], ["issued"]) else "a list of keys"), "any"


READERS: Mapping[str, Callable[[str, Any], tuple[Any, Any]]] = {"keys": read_policy}


def format_value(value: Any) -> str:
    """Format a value on one line."""
    if isinstance(value, Mapping):
        return json.dumps(value, default=to_json, ensure_ascii=False) if value else "as shipped"
    return format_default(value)


def to_json(value: Any) -> Any:
    """Return a value inside a table as JSON has it."""
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else str(value)
