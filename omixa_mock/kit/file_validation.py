"""Validation of files: each document in them, collected in a report."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from omixa_mock.gateway import Contract

from .exchange_validation import validate_exchange
from .files.documents import read_documents
from .files.elided import ELIDED_IMAGE, ELIDED_KEY, ELIDED_TEXT, elided_pointers
from .files.foreign import foreign_document
from .files.items import CUT_BODY, NO_BODY, Advance, Document, Skip, Trouble
from .files.paths import STANDARD_INPUT, Source
from .http_validation import HttpResponse, response_kind, validate_http_response
from .reports.findings import FileReport, Report
from .validation import ValidationResult, validate_document

__all__ = ["FileValidator"]

# Reasons for skipping a value, by what its placeholder stands for.
ELIDED = {
    ELIDED_IMAGE: "images that were not recorded",
    ELIDED_KEY: "texts with a key that were not recorded",
    ELIDED_TEXT: "prompts and other texts that were not recorded",
}


@dataclass(frozen=True, slots=True)
class FileValidator:
    """Validator of files by one contract.

    Attributes:
        contract: The contract.
        kind: The kind of the documents, or `auto`; of recorded exchanges, the kind to validate.
        findings_max: The number of findings to keep; the others are counted.
        allow_skipped: True if bodies that were cut or not recorded may be skipped; False if they are troubles.
    """

    contract: Contract
    kind: str = "auto"
    findings_max: int = 1000
    allow_skipped: bool = False

    def validate(self, sources: Iterable[Source], advance: Advance = lambda _: None) -> Report:
        """Return the report of every document in some files.

        Args:
            sources: The files.
            advance: Called with each number of bytes that were processed.
        """
        report = Report(self.findings_max)
        for source in sources:
            file = report.open(source.name)
            if source.trouble:
                file.add_trouble(source.trouble)
                continue
            try:
                self._validate_file(source, report, advance)
            except OSError as error:
                file.add_trouble(f"cannot be read: {error.strerror}")
        return report

    def _validate_file(self, source: Source, report: Report, advance: Advance) -> None:
        """Validate every document in a file."""
        if source.name == STANDARD_INPUT:
            self._validate_stream(sys.stdin.buffer, source, report, advance)
            return
        with Path(source.name).open("rb") as stream:
            self._validate_stream(stream, source, report, advance)

    def _validate_stream(self, stream: BinaryIO, source: Source, report: Report, advance: Advance) -> None:
        """Validate every document in a stream, which is read incrementally."""
        file = report.files[-1]
        for item in read_documents(source.name, stream, advance):
            match item:
                case Document():
                    self._add_document(item, report, file)
                case Skip(reason, side):
                    if not side or self._selects(side):
                        file.skipped[reason] += 1
                case Trouble(message):
                    file.add_trouble(message)
        if not self.allow_skipped:
            add_missing(file)

    def _selects(self, side: str) -> bool:
        """Return True if bodies of a side are to be validated."""
        return self.kind == "auto" or (self.kind == "request") == (side == "request")

    def _add_document(self, document: Document, report: Report, file: FileReport) -> None:
        """Validate one document; skip it if its kind is not the configured one."""
        known = known_kind(document)
        foreign = foreign_document(document.body, self.kind) if known == "auto" else ""
        if foreign:
            line = document.locate("/").line
            file.add_trouble(f"line {line:,}: {foreign}" if line > 1 else foreign)
        elif "auto" not in {self.kind, known} and self.kind != known:
            file.skipped[f"documents of another kind than {self.kind}"] += 1
        else:
            result = self._validate_document(document, self.kind if known == "auto" else known)
            report.add(document, without_elided(result, document, file))

    def _validate_document(self, document: Document, kind: str) -> ValidationResult:
        """Validate a document; a response with a known status or request, by those too."""
        status, body, request = document.status, document.body, document.request
        if status is not None:
            response = HttpResponse(status, body, document.media_type, request=request)
            return validate_http_response(self.contract, response)
        result = validate_document(self.contract, body, kind)
        if result.kind == "response" and request is not None:
            result.violations.extend(validate_exchange(self.contract, request, body))
        return result


def add_missing(file: FileReport) -> None:
    """Add what could not be validated to the troubles."""
    missing = sum(file.skipped[reason] for reason in (NO_BODY, CUT_BODY))
    if missing:
        file.add_trouble(f"{format_missing(missing)} Record them whole, or validate the rest by --allow-skipped.")
    elided = sum(file.skipped[reason] for reason in ELIDED.values())
    if elided:
        values = "1 value in a body was" if elided == 1 else f"{elided:,} values in bodies were"
        file.add_trouble(
            f"{values} not recorded. Record them by `omixa-mock proxy --images keep --prompts`, or validate the rest "
            "by --allow-skipped."
        )


def without_elided(result: ValidationResult, document: Document, file: FileReport) -> ValidationResult:
    """Return a result without violations of values that a placeholder stands for, which are counted as skipped."""
    elided = elided_pointers(document.body)
    for kind in elided.values():
        file.skipped[ELIDED[kind]] += 1
    violations = [violation for violation in result.violations if violation.pointer not in elided]
    return replace(result, violations=violations) if elided else result


def format_missing(count: int) -> str:
    """Return a sentence about bodies that could not be validated."""
    return "1 body was cut or not recorded." if count == 1 else f"{count:,} bodies were cut or not recorded."


def known_kind(document: Document) -> str:
    """Return the kind that the file or the status states; `auto` if neither does."""
    return document.kind if document.status is None else response_kind(document.status) or "response"
