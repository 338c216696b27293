"""Findings: the violations of a run, grouped by cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .observation import Observation, is_documented, provenance_of
from .runner import Result

__all__ = ["Cause", "Finding", "find_causes", "merge_changes"]

NUMBER_IN_POINTER = re.compile(r"(?<=/)\d+")
# Times, amounts and positions differ from call to call, and their cause does not.
NUMBER = re.compile(r"\d[\d.,:]*")


@dataclass(frozen=True, slots=True)
class Cause:
    """Actual behaviour of a gateway, which may violate several rules.

    Attributes:
        pointer: The JSON pointer into the response, `status`, or the name of a header; empty if unknown.
        message: The actual and the expected value.
        probes: The names of the probes that showed it.
        settings: The names of the settings that it changes.
        quote: The gateway's own words, the first time; empty if there are none.
    """

    pointer: str
    message: str
    probes: tuple[str, ...]
    settings: tuple[str, ...] = ()
    quote: str = ""

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message}" if self.pointer else self.message


@dataclass(frozen=True, slots=True)
class Finding:
    """Violated rules with the same causes.

    Attributes:
        rules: The rules.
        is_failure: True if a page documents the rules.
        causes: The causes.
        changes: The settings under which the fake behaves the same.
    """

    rules: tuple[str, ...]
    is_failure: bool
    causes: tuple[Cause, ...]
    changes: Mapping[str, Any]

    @property
    def probes(self) -> tuple[str, ...]:
        """Return the names of the probes that showed the finding."""
        return tuple(dict.fromkeys(name for cause in self.causes for name in cause.probes))

    @property
    def source(self) -> str:
        """Return the provenance of the rules."""
        status, page, setting = provenance_of(self.rules[0])
        return f"{status}: {page}" if page else f"{status}{f': setting {setting}' if setting else ''}"


# Whether a page documents the rule, the settings that change, pointer and message.
Key = tuple[bool, tuple[str, ...], str, str]


def find_causes(results: Iterable[Result]) -> list[Finding]:
    """Return the findings of a run, failures first: each cause once, and each rule once."""
    by_cause: dict[Key, list[tuple[str, Observation]]] = {}
    for result in results:
        for observation in result.violations:
            by_cause.setdefault(key_of(observation), []).append((result.probe.name, observation))
    by_rules: dict[tuple[str, ...], list[tuple[Key, list[tuple[str, Observation]]]]] = {}
    for key, violations in by_cause.items():
        rules = tuple(dict.fromkeys(observation.rule for _, observation in violations))
        by_rules.setdefault(rules, []).append((key, violations))
    findings = [make_finding(rules, causes) for rules, causes in by_rules.items()]
    return sorted(findings, key=lambda finding: not finding.is_failure)


def key_of(observation: Observation) -> Key:
    """Return what violations with the same cause have in common; the number of an image does not matter."""
    pointer = NUMBER_IN_POINTER.sub("0", observation.pointer)
    return (
        is_documented(observation.rule),
        tuple(sorted(observation.changes)),
        pointer,
        NUMBER.sub("0", observation.message),
    )


def make_finding(rules: tuple[str, ...], causes: list[tuple[Key, list[tuple[str, Observation]]]]) -> Finding:
    """Return the finding of rules with the same causes."""
    observations = [observation for _, violations in causes for _, observation in violations]
    return Finding(
        rules,
        is_documented(rules[0]),
        tuple(make_cause(key, violations) for key, violations in causes),
        merge_changes(observation.changes for observation in observations),
    )


def make_cause(key: Key, violations: list[tuple[str, Observation]]) -> Cause:
    """Return the cause of some violations, in the words of the first."""
    _, settings, pointer, _ = key
    first = violations[0][1]
    return Cause(pointer, first.message, tuple(dict.fromkeys(name for name, _ in violations)), settings, first.quote)


def merge_changes(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return all changes as one: tables and lists are united; what was observed in two ways is left out."""
    merged: dict[str, Any] = {}
    for change in changes:
        for name, value in change.items():
            merged[name] = unite(name, merged[name], value) if name in merged else value
    return {name: value for name, value in merged.items() if value is not CONFLICT}


CONFLICT = object()


def unite(name: str, first: Any, second: Any) -> Any:
    """Return one value for two that were observed for the same setting; `CONFLICT` if there is none."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return merge_changes((first, second))
    if isinstance(first, list) and isinstance(second, list):
        return list(dict.fromkeys([*first, *second]))
    if name == "weight":
        return min(first, second)
    return first if first == second else CONFLICT
