"""SARIF 2.1.0 report, for code scanning.

The § numbers refer to the OASIS standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from omixa_mock.gateway import VERSION, Rule

from .context import ReportContext
from .findings import FileReport, Finding, Report

__all__ = ["render"]

Json = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def render(report: Report, context: ReportContext) -> str:
    """Return the report as a SARIF log with one run."""
    ids = list(dict.fromkeys(finding.rule for finding in report.findings))
    known = {rule.id: rule for rule in context.contract.rules()}
    rules = [describe_rule(rule_id, known) for rule_id in ids]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [make_run(report, context, ids, rules)]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def make_run(report: Report, context: ReportContext, ids: list[str], rules: list[Json]) -> Json:
    """Return the run."""
    notifications = [make_notification(file, trouble, context) for file in report.files for trouble in file.troubles]
    return {
        "tool": {"driver": {"name": "omixa-mock", "version": VERSION, "semanticVersion": VERSION, "rules": rules}},
        # §3.20.14: a run that could not read all files was not successful.
        "invocations": [{"executionSuccessful": report.is_complete, "toolExecutionNotifications": notifications}],
        "columnKind": "unicodeCodePoints",
        "properties": {"documents": report.document_count, "findingsLeftOut": report.omitted},
        "results": [describe_finding(finding, ids.index(finding.rule), context) for finding in report.findings],
    }


def make_notification(file: FileReport, trouble: str, context: ReportContext) -> Json:
    """Return the notification of a read error."""
    location = {"physicalLocation": {"artifactLocation": locate(file.path, context)}}
    return {"level": "error", "message": {"text": trouble}, "locations": [location]}


def describe_finding(finding: Finding, index: int, context: ReportContext) -> Json:
    """Return a finding as a result (§3.27)."""
    region = {"startLine": finding.position.line}
    if finding.position.column:
        region["startColumn"] = finding.position.column
    physical = {"artifactLocation": locate(finding.path, context), "region": region}
    logical = {"fullyQualifiedName": f"{finding.where} {finding.pointer}".lstrip(), "kind": "member"}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": finding.sentence},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
    }


def locate(path: str, context: ReportContext) -> Json:
    """Return an artifact location (§3.4), relative to the source root if possible, as viewers expect."""
    uri = context.uri(path)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": ROOT}


def describe_rule(rule_id: str, known: Mapping[str, Rule]) -> Json:
    """Return a rule (§3.49) with its description and help."""
    rule = known.get(rule_id)
    text = (rule.description or f"{rule.keyword}: {show(rule.value)}") if rule else "A rule of the contract."
    descriptor = {"id": rule_id, "shortDescription": {"text": text}, "help": {"text": help_of(rule_id, rule)}}
    if rule:
        descriptor["properties"] = {"provenance": rule.provenance.status, "tags": ["contract", rule.provenance.status]}
    return descriptor


def help_of(rule_id: str, rule: Rule | None) -> str:
    """Return the help text of a rule: provenance, reason, command."""
    lines = [f"Where it comes from: {rule.provenance}."] if rule else []
    if rule and rule.provenance.because:
        lines.append(f"Why: {rule.provenance.because}.")
    return "\n".join([*lines, f"More: omixa-mock explain {rule_id}"])


def show(value: Any) -> str:
    """Return a rule's value as JSON."""
    return orjson.dumps(value).decode()
