"""GitHub workflow commands, which appear as annotations beside the lines."""

from __future__ import annotations

from collections.abc import Iterator

from .context import ReportContext
from .findings import Finding, Report
from .text import plural

__all__ = ["render"]

# The escapes of GitHub's own toolkit.
IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def render(report: Report, context: ReportContext) -> str:
    """Return a command for each finding, and for each file that could not be read."""
    return "".join(f"{line}\n" for line in commands(report, context))


def commands(report: Report, context: ReportContext) -> Iterator[str]:
    """Yield the commands, read errors first: GitHub shows the first ten of a level."""
    for file in report.files:
        for trouble in file.troubles:
            yield command("error", {"file": context.relative(file.path), "title": "could not check"}, trouble)
    for finding in report.findings:
        yield annotate(finding, context)
    if report.omitted:
        omitted = plural(report.omitted, "more finding")
        yield command("warning", {"title": "omixa-mock"}, f"{omitted} left out; --max-findings keeps more.")


def annotate(finding: Finding, context: ReportContext) -> str:
    """Return the command for a finding."""
    properties = {"file": context.relative(finding.path)}
    if properties["file"]:
        properties |= {"line": str(finding.position.line), "col": str(finding.position.column or "")}
    return command(finding.level, {**properties, "title": finding.rule}, f"{finding.sentence} [{finding.source}]")


def command(name: str, properties: dict[str, str], message: str) -> str:
    """Return a workflow command without its empty properties."""
    fields = ",".join(f"{name}={value.translate(IN_PROPERTY)}" for name, value in properties.items() if value)
    return f"::{name} {fields}::{message.translate(IN_MESSAGE)}"
