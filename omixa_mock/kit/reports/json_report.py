"""JSON report."""

from __future__ import annotations

from typing import Any

import orjson

from omixa_mock.gateway import VERSION

from .context import ReportContext
from .findings import FileReport, Finding, Report

__all__ = ["render"]


def render(report: Report, _: ReportContext) -> str:
    """Return the findings and the result for each file as JSON."""
    document = {
        "tool": {"name": "omixa-mock", "version": VERSION},
        "documents": report.document_count,
        "errors": report.errors,
        "warnings": sum(file.warnings for file in report.files),
        "findings_left_out": report.omitted,
        "files": [describe_file(file) for file in report.files],
        "findings": [describe_finding(finding) for finding in report.findings],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def describe_file(file: FileReport) -> dict[str, Any]:
    """Return the result for a file as JSON."""
    return {
        "path": file.path,
        "documents": dict(file.documents),
        "broken": dict(+file.broken),
        "errors": file.errors,
        "warnings": file.warnings,
        "skipped": dict(file.skipped),
        "troubles": file.troubles,
    }


def describe_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON."""
    return {
        "path": finding.path,
        "line": finding.position.line,
        "column": finding.position.column,
        "where": finding.where,
        "kind": finding.kind,
        "level": finding.level,
        "pointer": finding.pointer,
        "rule": finding.rule,
        "message": finding.message,
        "provenance": finding.provenance,
    }
