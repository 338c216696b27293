"""Text report: a line for each broken rule, and a summary of each file."""

from __future__ import annotations

from collections.abc import Iterator

from .context import ReportContext
from .findings import FileReport, Report

__all__ = ["NOUNS", "advisories", "format_file", "plural", "render", "summary"]

# The kind of text that is not JSON is unknown.
NOUNS = {"auto": "document"}


def render(report: Report, _: ReportContext) -> str:
    """Return a line for each broken rule."""
    broken = [finding for finding in report.findings if finding.level == "error"]
    lines = [f"{finding.place}: {finding.sentence} [{finding.source}]" for finding in broken]
    if report.omitted:
        lines.append(f"… and {plural(report.omitted, 'more finding')}, left out; --max-findings keeps more.")
    return "".join(f"{line}\n" for line in lines)


def advisories(report: Report) -> Iterator[str]:
    """Yield a line for each advisory."""
    for finding in report.findings:
        if finding.level == "warning":
            where = f"{finding.where}: " if finding.where else ""
            yield f"{finding.place}: advisory: {where}{finding.message} [{finding.rule}]"


def summary(report: Report) -> Iterator[str]:
    """Yield a summary of each file, then of all files."""
    for file in report.files:
        yield from format_file(file)
    if len(report.files) > 1:
        unread = sum(1 for file in report.files if file.trouble_count)
        yield (
            f"{plural(len(report.files), 'file')}, {plural(report.document_count, 'document')}: "
            f"{plural(report.errors, 'broken rule')}{f'; {unread:,} could not be checked' if unread else ''}"
        )


def format_file(file: FileReport) -> Iterator[str]:
    """Yield the summary of a file."""
    yield from (f"{file.path}: {trouble}" for trouble in file.troubles)
    if file.trouble_count > len(file.troubles):
        yield f"{file.path}: and {plural(file.trouble_count - len(file.troubles), 'more trouble')}"
    if not file.trouble_count or file.documents:
        yield f"{file.path}: {format_outcome(file)}{format_skipped(file)}"


def format_outcome(file: FileReport) -> str:
    """Return the result for a file's documents."""
    count = file.documents.total()
    if count == 0:
        return "nothing to check"
    if count == 1:
        (kind,) = file.documents
        noun = NOUNS.get(kind, kind)
        return f"a {noun} that breaks {plural(file.errors, 'rule')}" if file.errors else f"a valid {noun}"
    kinds = ", ".join(plural(number, NOUNS.get(kind, kind)) for kind, number in file.documents.items())
    if not file.errors:
        return f"{kinds}, all valid"
    return f"{kinds}; {plural(file.broken.total(), 'of them breaks', 'of them break')} {plural(file.errors, 'rule')}"


def format_skipped(file: FileReport) -> str:
    """Return the skipped parts of a file."""
    reasons = ", ".join(f"{reason} ({number:,})" for reason, number in file.skipped.items())
    return f"; skipped: {reasons}" if reasons else ""


def plural(number: int, singular: str, plural_form: str = "") -> str:
    """Return a number with its noun in singular or plural."""
    return f"{number:,} {singular if number == 1 else plural_form or singular.rstrip('s') + 's'}"
