"""Fill what is written twice from the code that says it: `python docs/tables.py`.

That is the tables in the docs, and the names of faults in the schema of plans. A test fails while
one of them differs from what this makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

from omixa_mock.cli.serving import serve
from omixa_mock.gateway import CATALOGUE, Duration, FaultKind, describe_settings

# By name: the folder is installed below omixa_mock under a mapping.
OPTIONS = import_module("omixa_mock.pytest_plugin.options").OPTIONS
DOCS = Path(__file__).parent
# What `python tests/acceptance/fault_table.py` measured.
MEASURED = DOCS.parent / "tests" / "acceptance" / "fault_table.json"
PLANS = DOCS.parent / "schemas" / "control" / "fault-plan.json"
PATTERN = re.compile(r'("pattern": )"[^"]*"')
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def flags() -> Iterator[str]:
    """The flags of `serve` that are no settings."""
    yield "| flag | environment | what it does |"
    yield "|---|---|---|"
    for option in serve.params:
        if isinstance(option, click.Option) and option.name not in describe_settings():
            default = f" Default: `{option.default}`." if option.show_default else ""
            variables = "`, `".join(option.envvar or ())
            yield f"| `{'`, `'.join(option.opts)}` | `{variables}` | {option.help}{default} |"


def settings() -> Iterator[str]:
    """Every setting: what it decides, what it takes, what it is by default."""
    yield "| setting | what it decides | accepted | default |"
    yield "|---|---|---|---|"
    for name, (kind, text, default) in describe_settings().items():
        yield f"| `{name}` | {text} | {accepted(kind)} | {show(default)} |"


def accepted(kind: Any) -> str:
    """What a setting takes."""
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    return KINDS[get_origin(kind) or kind]


def show(default: Any) -> str:
    """A default; a table's is what the contract ships."""
    if isinstance(default, Mapping):
        return "as shipped"
    return f"`{', '.join(default) if isinstance(default, tuple) else default}`"


def options() -> Iterator[str]:
    """The options of the pytest plugin."""
    yield "| flag | environment | ini | what it does | default |"
    yield "|---|---|---|---|---|"
    for name, default, text in OPTIONS:
        flag = f"--omixa-mock-{name.replace('_', '-')}"
        yield f"| `{flag}` | `OMIXA_MOCK_{name.upper()}` | `omixa_mock_{name}` | {text} | {default or 'none'} |"


def faults() -> Iterator[str]:
    """The catalogue of faults."""
    yield "| fault | what the client experiences | when it strikes | charged | provenance |"
    yield "|---|---|---|---|---|"
    for name, kind in CATALOGUE.items():
        when = " or ".join(moment.replace("_", " ") for moment in kind.moments)
        yield f"| `{name}` | {kind.text} | {when} | {charged(kind)} | {kind.provenance} |"


def charged(kind: FaultKind) -> str:
    """Whether a call that a fault strikes is charged."""
    if "after_capture" not in kind.moments:
        return "no"
    return "yes" if kind.moments == ("after_capture",) or not kind.loses else "only after capture"


def clients() -> Iterator[str]:
    """What each client ends with under each fault; those that end alike share a column."""
    columns: dict[str, Mapping[str, str]] = {}
    for client, row in json.loads(MEASURED.read_text("utf-8")).items():
        alike = [heading for heading, other in columns.items() if other == row]
        columns = {heading: other for heading, other in columns.items() if heading not in alike}
        columns[", ".join([*alike, CLIENTS.get(client, client)])] = row
    yield f"| fault | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for fault in CATALOGUE:
        yield f"| `{fault}` | {' | '.join(row[fault] for row in columns.values())} |"


CLIENTS: Mapping[str, str] = {
    "node-fetch": "Node's fetch",
    "openai": "OpenAI SDK",
    "openai-without-retries": "OpenAI SDK, `max_retries=0`",
}
KINDS: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    Duration: "a [duration](faults.md#durations)",
    Decimal: "an amount in USD",
    tuple: "names",
    Mapping: "a table",
}
TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "clients": clients,
    "faults": faults,
    "flags": flags,
    "options": options,
    "settings": settings,
}


def fault_pattern() -> str:
    """What a fault may be written as, for the schema of plans: its names, moments and durations."""
    seconds = "([0-9]+([.][0-9]*)?|[.][0-9]+)(ms|s|m)?"
    duration = f"({seconds}|uniform:{seconds}[.][.]{seconds}|lognormal:{seconds}([.][.]{seconds})?)"
    alike: dict[str, list[str]] = {}
    for name, kind in CATALOGUE.items():
        moments = ["before_capture" if moment == "before_hold" else moment for moment in kind.moments]
        behind = f"(_({'|'.join(moments)}))?" + (f"(:{duration})?" if kind.duration else "")
        alike.setdefault(behind, []).append(name)
    groups = (f"({'|'.join(names)}){behind}" for behind, names in alike.items())
    return f"^({'|'.join(('ok', *groups))})$"


def fill_schema(text: str) -> str:
    """The schema of plans, with the faults that there are."""
    line = json.dumps(fault_pattern())
    return PATTERN.sub(lambda found: found[1] + line, text)


def fill(text: str) -> str:
    """A document with its tables made anew."""
    return TABLE.sub(lambda found: found[1] + "\n".join(TABLES[found[2]]()) + "\n" + found[3], text)


if __name__ == "__main__":
    PLANS.write_text(fill_schema(PLANS.read_text("utf-8")), "utf-8")
    for path in DOCS.glob("*.md"):
        path.write_text(fill(path.read_text("utf-8")), "utf-8")
