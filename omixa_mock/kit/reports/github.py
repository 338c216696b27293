"""A report as workflow commands, which GitHub shows as annotations beside the lines."""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Facts
from .findings import Finding, Report
from .text import plural

__all__ = ["render"]

# As GitHub's own toolkit escapes them: in a message, and in a property.
IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def render(report: Report, facts: Facts) -> str:
    """A command for each finding, and for each file that could not be checked."""
    return "".join(f"{line}\n" for line in commands(report, facts))


def commands(report: Report, facts: Facts) -> Iterator[str]:
    """The commands, troubles first: GitHub shows the first ten of a level."""
    for file in report.files:
        for trouble in file.troubles:
            yield command("error", {"file": facts.relative(file.path), "title": "could not check"}, trouble)
    for finding in report.findings:
        yield annotate(finding, facts)
    if report.left_out:
        left = plural(report.left_out, "more finding")
        yield command("warning", {"title": "omixa-mock"}, f"{left} left out; --max-findings keeps more.")


def annotate(finding: Finding, facts: Facts) -> str:
    """The command for a finding."""
    place = {"file": facts.relative(finding.path)}
    if place["file"]:
        place |= {"line": str(finding.position.line), "col": str(finding.position.column or "")}
    return command(finding.level, {**place, "title": finding.rule}, f"{finding.sentence} [{finding.source}]")


def command(name: str, properties: dict[str, str], message: str) -> str:
    """A workflow command; properties that are empty are left out."""
    told = ",".join(f"{name}={value.translate(IN_PROPERTY)}" for name, value in properties.items() if value)
    return f"::{name} {told}::{message.translate(IN_MESSAGE)}"
