"""Findings of file validation, bounded in number, without keys and control characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from omixa_mock.gateway.common import escape
from omixa_mock.gateway.http import redact
from omixa_mock.kit.files.items import Document
from omixa_mock.kit.files.positions import Position
from omixa_mock.kit.validation import ValidationResult

__all__ = ["FileReport", "Finding", "Report"]

POINTER_MAX = 120
TROUBLES_MAX = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Broken rule or advisory, with its position.

    Attributes:
        path: The file; `-` for standard input.
        position: The line and column in the file.
        where: The part of the line or entry; empty if the line identifies the document.
        kind: The kind of the document.
        level: `error` for a broken rule, `warning` for an advisory.
        pointer: The JSON pointer into the document, or the part of the HTTP message.
        rule: The rule's id.
        message: The actual value, the accepted values, the remedy.
        provenance: The provenance of the rule; empty for an advisory.
    """

    path: str
    position: Position
    where: str
    kind: str
    level: str
    pointer: str
    rule: str
    message: str
    provenance: str

    @property
    def place(self) -> str:
        """Return `path:line:column`, as editors parse it."""
        column = f":{self.position.column}" if self.position.column else ""
        return f"{self.path}:{self.position.line}{column}"

    @property
    def sentence(self) -> str:
        """Return the message with its pointer."""
        return f"{self.where}{': ' if self.where else ''}{self.pointer}: {self.message}"

    @property
    def source(self) -> str:
        """Return the rule's id and its provenance."""
        return f"{self.rule}; {self.provenance}" if self.provenance else self.rule


@dataclass(slots=True)
class FileReport:
    """Result for one file.

    Attributes:
        path: The file; `-` for standard input.
        documents: The number of validated documents by kind.
        broken: The number of documents with broken rules by kind.
        errors: The number of broken rules.
        warnings: The number of advisories.
        skipped: The number of skipped parts by reason.
        troubles: The first reasons why the file or a part of it could not be read.
        trouble_count: The number of all such reasons.
    """

    path: str
    documents: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    warnings: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    trouble_count: int = 0

    def add_trouble(self, message: str) -> None:
        """Add a reason why a part could not be read."""
        self.trouble_count += 1
        if self.trouble_count <= TROUBLES_MAX:
            self.troubles.append(clean(message))


class Report:
    """Result for all files.

    Args:
        findings_max: The number of findings to keep.

    Attributes:
        files: The results by file, in order.
        findings: The first findings, in order.
        omitted: The number of further findings.
    """

    def __init__(self, findings_max: int) -> None:
        self.files: list[FileReport] = []
        self.findings: list[Finding] = []
        self.omitted = 0
        self._findings_max = findings_max

    def open(self, path: str) -> FileReport:
        """Add and return the result for the next file."""
        self.files.append(FileReport(clean(path)))
        return self.files[-1]

    def add(self, document: Document, result: ValidationResult) -> None:
        """Add the result for a document of the last file."""
        file = self.files[-1]
        file.documents[result.kind] += 1
        file.broken[result.kind] += not result.ok
        file.errors += len(result.violations)
        file.warnings += len(result.advisories)
        for entry in entries_of(result):
            if len(self.findings) < self._findings_max:
                self.findings.append(make_finding(file.path, document, result.kind, entry))
            else:
                self.omitted += 1

    @property
    def errors(self) -> int:
        """Return the number of broken rules."""
        return sum(file.errors for file in self.files)

    @property
    def document_count(self) -> int:
        """Return the number of validated documents."""
        return sum(file.documents.total() for file in self.files)

    @property
    def is_complete(self) -> bool:
        """Return True if there were documents and all parts could be read."""
        return self.document_count > 0 and not any(file.trouble_count for file in self.files)


@dataclass(frozen=True, slots=True)
class Entry:
    """Violation or advisory in a common form."""

    level: str
    pointer: str
    rule: str
    message: str
    provenance: str


def entries_of(result: ValidationResult) -> Iterator[Entry]:
    """Yield the violations, then the advisories."""
    for violation in result.violations:
        provenance = str(violation.provenance)
        yield Entry("error", violation.pointer, violation.rule, violation.message, provenance)
    for advisory in result.advisories:
        yield Entry("warning", "/", advisory.rule, advisory.message, "")


def make_finding(path: str, document: Document, kind: str, entry: Entry) -> Finding:
    """Return the finding for an entry in a file."""
    return Finding(
        path,
        document.locate(entry.pointer),
        clean(document.where),
        kind,
        entry.level,
        shorten(clean(entry.pointer)),
        clean(entry.rule),
        clean(entry.message),
        entry.provenance,
    )


def shorten(pointer: str) -> str:
    """Return a pointer of at most `POINTER_MAX` characters."""
    return pointer if len(pointer) <= POINTER_MAX else f"{pointer[:POINTER_MAX]}…"


def clean(text: str) -> str:
    """Return text without keys, with every unprintable character escaped."""
    return escape(redact(text))
