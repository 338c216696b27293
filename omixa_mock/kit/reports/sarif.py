"""A report as SARIF 2.1.0, the form that code scanning reads.

Numbers in § are those of the OASIS standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from omixa_mock.gateway import VERSION, Rule

from .facts import Facts
from .findings import FileReport, Finding, Report

__all__ = ["render"]

Json = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def render(report: Report, facts: Facts) -> str:
    """The report as a SARIF log with one run."""
    ids = list(dict.fromkeys(finding.rule for finding in report.findings))
    known = {rule.id: rule for rule in facts.contract.rules()}
    rules = [describe_rule(each, known) for each in ids]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [make_run(report, facts, ids, rules)]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def make_run(report: Report, facts: Facts, ids: list[str], rules: list[Json]) -> Json:
    """The one run."""
    notes = [note(file, trouble, facts) for file in report.files for trouble in file.troubles]
    return {
        "tool": {"driver": {"name": "omixa-mock", "version": VERSION, "semanticVersion": VERSION, "rules": rules}},
        # §3.20.14: a run that could not look at everything was no success.
        "invocations": [{"executionSuccessful": report.is_complete, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "properties": {"documents": report.judged, "findingsLeftOut": report.left_out},
        "results": [describe_finding(finding, ids.index(finding.rule), facts) for finding in report.findings],
    }


def note(file: FileReport, trouble: str, facts: Facts) -> Json:
    """A notification of what could not be checked."""
    location = {"physicalLocation": {"artifactLocation": locate(file.path, facts)}}
    return {"level": "error", "message": {"text": trouble}, "locations": [location]}


def describe_finding(finding: Finding, index: int, facts: Facts) -> Json:
    """A result (§3.27)."""
    region = {"startLine": finding.position.line}
    if finding.position.column:
        region["startColumn"] = finding.position.column
    physical = {"artifactLocation": locate(finding.path, facts), "region": region}
    logical = {"fullyQualifiedName": f"{finding.where} {finding.pointer}".lstrip(), "kind": "member"}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": finding.sentence},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
    }


def locate(path: str, facts: Facts) -> Json:
    """An artifact location (§3.4): below the root of the sources where it can be, so that viewers find it."""
    uri = facts.uri(path)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": ROOT}


def describe_rule(name: str, known: Mapping[str, Rule]) -> Json:
    """A rule (§3.49), with what `omixa-mock explain` says of it."""
    rule = known.get(name)
    text = (rule.description or f"{rule.keyword}: {show(rule.value)}") if rule else "A rule of the contract."
    told = {"id": name, "shortDescription": {"text": text}, "help": {"text": help_of(name, rule)}}
    if rule:
        told["properties"] = {"provenance": rule.provenance.status, "tags": ["contract", rule.provenance.status]}
    return told


def help_of(name: str, rule: Rule | None) -> str:
    """Where a rule comes from, and where more is said."""
    lines = [f"Where it comes from: {rule.provenance}."] if rule else []
    if rule and rule.provenance.because:
        lines.append(f"Why: {rule.provenance.because}.")
    return "\n".join([*lines, f"More: omixa-mock explain {name}"])


def show(value: Any) -> str:
    """What a rule demands, as JSON."""
    return orjson.dumps(value).decode()
