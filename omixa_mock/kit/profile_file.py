"""Profile files: settings of a gateway as TOML, each below the evidence for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .text import printable

__all__ = ["ProfileFile", "format_profile_file", "to_toml"]


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """Content of a profile.

    Attributes:
        source: What wrote it.
        target: The origin of the gateway; empty if unknown.
        date: The date of the observations.
        observed: The settings that were seen to be as the fake assumes.
        settings: The settings that were seen to differ.
        evidence: The evidence for each of these, one line each.
        unknown: The reason for each setting of which nothing was seen.
        notes: Further lines, for instance about contradictions.
    """

    source: str
    target: str
    date: date
    observed: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def format_profile_file(profile: ProfileFile) -> str:
    """Return a profile as TOML, for `serve --config`."""
    lines = [
        f"# Written by `{profile.source}`. Use it with: omixa-mock serve --config FILE",
        "",
        "[profile]",
        *((f"target = {to_toml(profile.target)}",) if profile.target else ()),
        f"date = {profile.date.isoformat()}",
        f"observed = {to_toml(list(profile.observed))}",
        *settings_lines(profile),
        *(("", "# contradictory", *map(as_comment, profile.notes)) if profile.notes else ()),
        "",
        "# not seen",
        *(as_comment(f"{name}: {reason}") for name, reason in profile.unknown.items()),
    ]
    return "".join(f"{line}\n" for line in lines)


def settings_lines(profile: ProfileFile) -> Iterator[str]:
    """Yield the table of settings, then a table of its own for each setting that is one."""
    yield from ("", "[settings]")
    tables = {name: value for name, value in profile.settings.items() if isinstance(value, Mapping)}
    for name, value in profile.settings.items():
        if name not in tables:
            yield from (*comments(profile, name), f"{name} = {to_toml(value)}")
    for name, rows in tables.items():
        yield from ("", *comments(profile, name), f"[settings.{name}]")
        yield from (f"{to_key(key)} = {to_toml(row)}" for key, row in rows.items())


def comments(profile: ProfileFile, name: str) -> Iterator[str]:
    """Yield the evidence for a setting as comments."""
    yield from (f"# {printable(line)}" for line in profile.evidence.get(name, ()))


def as_comment(text: str) -> str:
    """Return text as an indented comment."""
    return f"#   {printable(text)}"


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
