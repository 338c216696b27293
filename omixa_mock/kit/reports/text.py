"""A report for people: a line for each broken rule, and what became of each file."""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Facts
from .findings import FileReport, Report

__all__ = ["NOUNS", "advisories", "plural", "render", "summary", "tell_file"]

# Of text that is not even JSON, nobody knows what it should have been.
NOUNS = {"auto": "document"}


def render(report: Report, _: Facts) -> str:
    """Every broken rule on a line of its own."""
    broken = [each for each in report.findings if each.level == "error"]
    lines = [f"{each.place}: {each.sentence} [{each.source}]" for each in broken]
    if report.left_out:
        lines.append(f"… and {plural(report.left_out, 'more finding')}, left out; --max-findings keeps more.")
    return "".join(f"{line}\n" for line in lines)


def advisories(report: Report) -> Iterator[str]:
    """What is allowed but doubtful, a line each."""
    for each in report.findings:
        if each.level == "warning":
            where = f"{each.where}: " if each.where else ""
            yield f"{each.place}: advisory: {where}{each.message} [{each.rule}]"


def summary(report: Report) -> Iterator[str]:
    """What became of each file, and of all of them."""
    for file in report.files:
        yield from tell_file(file)
    if len(report.files) > 1:
        unread = sum(1 for file in report.files if file.troubled)
        yield (
            f"{plural(len(report.files), 'file')}, {plural(report.judged, 'document')}: "
            f"{plural(report.errors, 'broken rule')}{f'; {unread:,} could not be checked' if unread else ''}"
        )


def tell_file(file: FileReport) -> Iterator[str]:
    """What became of a file."""
    yield from (f"{file.path}: {trouble}" for trouble in file.troubles)
    if file.troubled > len(file.troubles):
        yield f"{file.path}: and {plural(file.troubled - len(file.troubles), 'more trouble')}"
    if not file.troubled or file.documents:
        yield f"{file.path}: {outcome(file)}{skipped(file)}"


def outcome(file: FileReport) -> str:
    """What judging a file's documents came to."""
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


def skipped(file: FileReport) -> str:
    """What was not judged in a file."""
    told = ", ".join(f"{reason} ({number:,})" for reason, number in file.skipped.items())
    return f"; skipped: {told}" if told else ""


def plural(number: int, one: str, many: str = "") -> str:
    """A number of things."""
    return f"{number:,} {one if number == 1 else many or one.rstrip('s') + 's'}"
