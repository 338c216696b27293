"""Profile of a gateway: a file for `serve --config`, with what a run has observed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from omixa_mock import Settings
from omixa_mock.kit.text import printable

from .findings import merge_changes
from .report import Report

__all__ = ["NOT_OBSERVABLE", "format_profile", "to_toml"]

# Why a setting was not seen, of those that no probe can observe, or only under another setting.
NOT_OBSERVABLE: Mapping[str, str] = {
    "n_over_provider_limit": "the provider makes as many images as a page allows",
    "nesting_max": "a body that nests deeper than any documented field is refused for its unknown field",
    "balance_check": "it needs a wallet that is empty",
    "default_balance": "no documented endpoint returns a balance",
    "minimum_hold": "only the gateway observes a hold",
    "routes": "the provider's name never reaches a client",
    "latency": "no rule limits the duration of a call",
    "failover_latency": "it needs a route that is down",
    "client_leaves": "it needs a wallet that can be read",
    "retry_after": "it needs an exceeded rate limit",
    "seed": "the images of a gateway show no seed",
    "time_scale": "it concerns the delays of the fake",
    "hang_limit": "it concerns clients in the process of the fake",
}
# Settings that another one hides.
HIDDEN_BY: Mapping[str, str] = {"allowed_fields": "unknown_fields", "created": "clock"}
# Tables of which no run sees all rows.
SEEN_IN_PART: Mapping[str, str] = {"errors": "only some of its rows were seen, and these are as assumed"}
LEFT_OUT = "its probes were left out, or showed nothing"


def format_profile(report: Report) -> str:
    """Return a profile as TOML: the settings that were seen to differ, each below its observation."""
    settings = merge_changes(finding.changes for finding in report.findings)
    settings.pop("keys", None)  # A profile holds no key, and the fake accepts every key by default.
    if "unknown_fields" in settings:
        settings.pop("allowed_fields", None)  # Every field is ignored.
    date = f"{report.started_at:%Y-%m-%d}"
    lines = [
        f"# Seen by `omixa-mock verify` on {date}. Use it with: omixa-mock serve --config FILE",
        "",
        "[profile]",
        f"target = {to_toml(report.target)}",
        f"date = {date}",
        f"observed = {to_toml(report.observed)}",
        *settings_lines(report, settings),
        "",
        *not_seen(report),
    ]
    return "".join(f"{line}\n" for line in lines)


def settings_lines(report: Report, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of settings, then a table of its own for each setting that is one."""
    yield from ("", "[settings]")
    tables = {name: value for name, value in settings.items() if isinstance(value, Mapping)}
    for name, value in settings.items():
        if name not in tables:
            yield from (*comments(report, name), f"{name} = {to_toml(value)}")
    for name, rows in tables.items():
        yield from ("", *comments(report, name), f"[settings.{name}]")
        yield from (f"{to_key(key)} = {to_toml(row)}" for key, row in rows.items())


def comments(report: Report, name: str) -> Iterator[str]:
    """Yield the observations of a setting as comments, without the gateway's own words."""
    for finding in report.findings:
        if name in finding.changes:
            cause = next((cause for cause in finding.causes if name in cause.settings), finding.causes[0])
            yield f"# {report.started_at:%Y-%m-%d} {printable(f'{finding.rules[0]}: {cause} ({cause.probes[0]})')}"


def not_seen(report: Report) -> Iterator[str]:
    """Yield the settings of which nothing was seen, each with the reason, as comments."""
    yield "# not seen"
    for name in Settings.__struct_fields__:
        if name not in {*report.observed, *report.changed}:
            yield f"#   {name}: {reason_for(name, report)}"


def reason_for(name: str, report: Report) -> str:
    """Return the reason why a setting was not seen."""
    other = HIDDEN_BY.get(name)
    return f"{other} hides it" if other in report.changed else {**NOT_OBSERVABLE, **SEEN_IN_PART}.get(name, LEFT_OUT)


def to_toml(value: Any) -> str:
    """Return a value as TOML on one line: a text, a number, true or false, a list, a table."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{to_key(key)} = {to_toml(member)}' for key, member in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    # JSON's texts, numbers and booleans are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def to_key(name: str) -> str:
    """Return a key as TOML: bare if possible."""
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else to_toml(name)
