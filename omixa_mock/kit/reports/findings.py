"""What judging files found, within bounds, and free of keys and control characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from omixa_mock.gateway.http import redact
from omixa_mock.kit.files.items import Document
from omixa_mock.kit.files.positions import Position
from omixa_mock.kit.validation import Verdict

__all__ = ["FileReport", "Finding", "Report"]

POINTER_MAX = 120
TROUBLES_MAX = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, or an advisory, and where it was found.

    Attributes:
        path: The file; `-` for standard input.
        position: Line and column in it.
        where: Which of several documents in that place; empty where the line says it.
        kind: What the document is.
        level: `error` for a broken rule, `warning` for an advisory.
        pointer: Into the document, or the part of the message around it.
        rule: The rule's id.
        message: What came, what is accepted, how to make it right.
        provenance: Where the rule comes from; empty for an advisory.
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
        """File, line and column, as editors open them."""
        column = f":{self.position.column}" if self.position.column else ""
        return f"{self.path}:{self.position.line}{column}"

    @property
    def sentence(self) -> str:
        """All but the place in the file and the rule."""
        return f"{self.where}{': ' if self.where else ''}{self.pointer}: {self.message}"

    @property
    def source(self) -> str:
        """The rule's id, and where it comes from."""
        return f"{self.rule}; {self.provenance}" if self.provenance else self.rule


@dataclass(slots=True)
class FileReport:
    """What became of a file.

    Attributes:
        path: The file; `-` for standard input.
        documents: How many were judged, by kind.
        broken: How many of them break a rule, by kind.
        errors: How many rules were broken.
        warnings: How many advisories there were.
        skipped: What was not judged, by reason.
        troubles: Why it could not be checked, or not all of it; the first ones.
        troubled: How many there were.
    """

    path: str
    documents: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    warnings: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    troubled: int = 0

    def add_trouble(self, message: str) -> None:
        """Say why something could not be checked."""
        self.troubled += 1
        if self.troubled <= TROUBLES_MAX:
            self.troubles.append(clean(message))


class Report:
    """What became of all files.

    Args:
        findings_max: How many findings are kept.

    Attributes:
        files: One for each file, in order.
        findings: The first ones, in order.
        left_out: How many more there were.
    """

    def __init__(self, findings_max: int) -> None:
        self.files: list[FileReport] = []
        self.findings: list[Finding] = []
        self.left_out = 0
        self._findings_max = findings_max

    def open(self, path: str) -> FileReport:
        """Begin the next file."""
        self.files.append(FileReport(clean(path)))
        return self.files[-1]

    def add(self, document: Document, verdict: Verdict) -> None:
        """File what judging a document of the last file found."""
        file = self.files[-1]
        file.documents[verdict.kind] += 1
        file.broken[verdict.kind] += not verdict.ok
        file.errors += len(verdict.violations)
        file.warnings += len(verdict.advisories)
        for violation in told(verdict):
            if len(self.findings) < self._findings_max:
                self.findings.append(make_finding(file.path, document, verdict, violation))
            else:
                self.left_out += 1

    @property
    def errors(self) -> int:
        """How many rules were broken in all."""
        return sum(file.errors for file in self.files)

    @property
    def judged(self) -> int:
        """How many documents were judged in all."""
        return sum(file.documents.total() for file in self.files)

    @property
    def is_complete(self) -> bool:
        """Whether there was something to judge, and all of it could be."""
        return self.judged > 0 and not any(file.troubled for file in self.files)


@dataclass(frozen=True, slots=True)
class Told:
    """A violation, or an advisory as if it were one."""

    level: str
    pointer: str
    rule: str
    message: str
    provenance: str


def told(verdict: Verdict) -> Iterator[Told]:
    """What a verdict says, broken rules first."""
    for each in verdict.violations:
        yield Told("error", each.pointer, each.rule, each.message, str(each.provenance))
    for advisory in verdict.advisories:
        yield Told("warning", "/", advisory.rule, advisory.message, "")


def make_finding(path: str, document: Document, verdict: Verdict, told: Told) -> Finding:
    """A finding in a file."""
    return Finding(
        path,
        document.place(told.pointer),
        clean(document.where),
        verdict.kind,
        told.level,
        shorten(clean(told.pointer)),
        clean(told.rule),
        clean(told.message),
        told.provenance,
    )


def shorten(pointer: str) -> str:
    """A pointer as long as a line can bear."""
    return pointer if len(pointer) <= POINTER_MAX else f"{pointer[:POINTER_MAX]}…"


def clean(text: str) -> str:
    """Text as a terminal, an XML file and a stranger may get it: without keys and what is not printable."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in redact(text))
