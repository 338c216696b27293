"""Generated tables of the docs and fault names of the plan schema: `python docs/tables.py`.

Both repeat what the code defines. A test fails if a file differs from what this script writes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

from omixa_mock.cli.serve import serve
from omixa_mock.gateway import CATALOGUE, Duration, FaultKind, describe_settings
from omixa_mock.trials.cases import CASES
from omixa_mock.trials.outcomes import FAILURES

# Imported by name: the folder pytest_plugin is installed below omixa_mock under a mapping.
PLUGIN_OPTIONS = import_module("omixa_mock.pytest_plugin.options")
DOCS = Path(__file__).parent
# Written by `python tests/acceptance/fault_table.py`.
MEASURED = DOCS.parent / "tests" / "acceptance" / "fault_table.json"
PLAN_SCHEMA = DOCS.parent / "schemas" / "control" / "fault-plan.json"
PATTERN = re.compile(r'("pattern": )"[^"]*"')
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def flag_table() -> Iterator[str]:
    """Yield the flags of `serve` that are not settings."""
    yield "| flag | environment | what it does |"
    yield "|---|---|---|"
    for option in serve.params:
        if isinstance(option, click.Option) and option.name not in describe_settings():
            default = f" Default: `{option.default}`." if option.show_default else ""
            variables = "`, `".join(option.envvar or ())
            yield f"| `{'`, `'.join(option.opts)}` | `{variables}` | {option.help}{default} |"


def setting_table() -> Iterator[str]:
    """Yield every setting with its meaning, its accepted values and its default."""
    yield "| setting | what it decides | accepted | default |"
    yield "|---|---|---|---|"
    for name, (kind, text, default) in describe_settings().items():
        yield f"| `{name}` | {text} | {format_type(kind)} | {format_default(default)} |"


def format_type(kind: Any) -> str:
    """Return the accepted values of a setting's type."""
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    return TYPE_NAMES[get_origin(kind) or kind]


def format_default(default: Any) -> str:
    """Return a default as text; the contract ships the defaults of tables."""
    if isinstance(default, Mapping):
        return "as shipped"
    if default == ():
        return "none"
    return f"`{', '.join(default) if isinstance(default, tuple) else default}`"


def option_table() -> Iterator[str]:
    """Yield the options of the pytest plugin."""
    yield "| flag | environment | ini | what it does | default |"
    yield "|---|---|---|---|---|"
    for name, default, text in PLUGIN_OPTIONS.OPTIONS:
        flag = f"--omixa-mock-{name.replace('_', '-')}"
        variable = PLUGIN_OPTIONS.variable_of(name)
        yield f"| `{flag}` | `{variable}` | `omixa_mock_{name}` | {text} | {default or 'none'} |"


def fault_table() -> Iterator[str]:
    """Yield the catalogue of faults."""
    yield "| fault | what the client experiences | moment | charged | provenance |"
    yield "|---|---|---|---|---|"
    for name, kind in CATALOGUE.items():
        moments = " or ".join(moment.replace("_", " ") for moment in kind.moments)
        yield f"| `{name}` | {kind.text} | {moments} | {format_charged(kind)} | {kind.provenance} |"


def format_charged(kind: FaultKind) -> str:
    """Return `yes`, `no`, or the moment at which a call with this fault is charged."""
    if "after_capture" not in kind.moments:
        return "no"
    return "yes" if kind.moments == ("after_capture",) or not kind.loses else "only after capture"


def client_table(group: str) -> Iterator[str]:
    """Yield the result of each client of a group under each fault; clients with equal results share a column."""
    measured = json.loads(MEASURED.read_text("utf-8"))
    columns: dict[str, Mapping[str, str]] = {}
    for client, name in CLIENT_NAMES[group].items():
        results = measured[client]
        equal = [heading for heading, column in columns.items() if column == results]
        columns = {heading: column for heading, column in columns.items() if heading not in equal}
        columns[", ".join([*equal, name])] = results
    yield f"| fault | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for fault in dict.fromkeys(case.outcome for case in CASES):
        if any(fault not in column for column in columns.values()):
            sys.exit(f"{MEASURED.name} lacks {fault}. Run python tests/acceptance/fault_table.py first")
        yield f"| `{fault}` | {' | '.join(format_result(column[fault]) for column in columns.values())} |"


def format_result(text: str) -> str:
    """Return a client's result with its failures in bold."""
    return re.sub(rf"\b({'|'.join(FAILURES)})\b", r"**\1**", text)


CLIENT_NAMES: Mapping[str, Mapping[str, str]] = {
    "python": {
        "aiohttp": "aiohttp",
        "httpx": "httpx",
        "httpx2": "httpx2",
        "openai": "OpenAI SDK",
        "openai-without-retries": "OpenAI SDK, `max_retries=0`",
        "requests": "requests",
        "urllib": "urllib",
    },
    "node": {
        "fetch": "Node's fetch",
        "axios": "axios",
        "got": "got",
        "openai-node": "OpenAI SDK",
        "openai-node-without-retries": "OpenAI SDK, `maxRetries: 0`",
        "ai-sdk": "AI SDK",
        "langchain": "LangChain.js",
    },
    "others": {
        "curl": "curl, jq, base64",
        "php-curl": "PHP: curl",
        "guzzle": "PHP: Guzzle",
        "go": "Go: net/http",
        "csharp": "C#",
        "ruby": "Ruby: Net::HTTP",
        "java-http-client": "Java: HttpClient",
        "java-url-connection": "Java: HttpURLConnection",
    },
}
TYPE_NAMES: Mapping[Any, str] = {
    int: "an integer",
    float: "a number",
    Duration: "a [duration](faults.md#durations)",
    Decimal: "an amount in USD",
    tuple: "a list of names",
    Mapping: "a table",
}
TABLES: dict[str, Callable[[], Iterator[str]]] = {
    **{f"clients_{group}": partial(client_table, group) for group in CLIENT_NAMES},
    "faults": fault_table,
    "flags": flag_table,
    "options": option_table,
    "settings": setting_table,
}


def fault_pattern() -> str:
    """Return the regular expression of a fault in the plan schema: its name, moment and duration."""
    seconds = "([0-9]+([.][0-9]*)?|[.][0-9]+)(ms|s|m)?"
    duration = f"({seconds}|uniform:{seconds}[.][.]{seconds}|lognormal:{seconds}([.][.]{seconds})?)"
    names_by_suffix: dict[str, list[str]] = {}
    for name, kind in CATALOGUE.items():
        # A fault whose moment is before_hold is written with before_capture.
        moments = ["before_capture" if moment == "before_hold" else moment for moment in kind.moments]
        suffix = f"(_({'|'.join(moments)}))?" + (f"(:{duration})?" if kind.duration else "")
        names_by_suffix.setdefault(suffix, []).append(name)
    groups = (f"({'|'.join(names)}){suffix}" for suffix, names in names_by_suffix.items())
    return f"^({'|'.join(('ok', *groups))})$"


def fill_schema(text: str) -> str:
    """Return the text of the plan schema with the pattern of the existing faults."""
    pattern = json.dumps(fault_pattern())
    return PATTERN.sub(lambda found: found[1] + pattern, text)


def fill(text: str) -> str:
    """Return the text of a document with its tables written again."""
    return TABLE.sub(lambda found: found[1] + "\n".join(TABLES[found[2]]()) + "\n" + found[3], text)


if __name__ == "__main__":
    PLAN_SCHEMA.write_text(fill_schema(PLAN_SCHEMA.read_text("utf-8")), "utf-8")
    for path in DOCS.glob("*.md"):
        path.write_text(fill(path.read_text("utf-8")), "utf-8")
