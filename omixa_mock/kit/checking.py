"""Judging files: every document in them, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from omixa_mock.gateway import Contract

from .exchanges import HttpResponse, check_http_response, kind_of_response
from .files.documents import documents_in
from .files.items import Advance, Document, Skip, Trouble
from .files.paths import STANDARD_INPUT, Source
from .reports.findings import FileReport, Report
from .validation import Verdict, check_document

__all__ = ["Check"]


@dataclass(frozen=True, slots=True)
class Check:
    """How files are to be judged.

    Attributes:
        contract: What to judge by.
        kind: What the files hold, or `auto`; of recorded exchanges, what to judge of them.
        findings_max: How many findings are kept; the others are counted.
    """

    contract: Contract
    kind: str = "auto"
    findings_max: int = 1000

    def run(self, sources: Iterable[Source], advance: Advance = lambda _: None) -> Report:
        """Validator every document in some files; `advance` is told of the bytes that were dealt with."""
        report = Report(self.findings_max)
        for source in sources:
            file = report.open(source.name)
            if source.trouble:
                file.add_trouble(source.trouble)
                continue
            try:
                self._read(source, report, advance)
            except OSError as error:
                file.add_trouble(f"cannot be read: {error.strerror}")
        return report

    def _read(self, source: Source, report: Report, advance: Advance) -> None:
        """Validator every document in a file."""
        if source.name == STANDARD_INPUT:
            self._judge_all(sys.stdin.buffer, source, report, advance)
            return
        with Path(source.name).open("rb") as stream:
            self._judge_all(stream, source, report, advance)

    def _judge_all(self, stream: BinaryIO, source: Source, report: Report, advance: Advance) -> None:
        """Validator every document in a stream, whose bytes are read as they are needed."""
        file = report.files[-1]
        for item in documents_in(source.name, stream, advance):
            match item:
                case Document():
                    self._validate(item, report, file)
                case Skip(reason):
                    file.skipped[reason] += 1
                case Trouble(message):
                    file.add_trouble(message)

    def _validate(self, document: Document, report: Report, file: FileReport) -> None:
        """Validator one document, unless it is of another kind than was asked for."""
        known = known_kind(document)
        if "auto" not in {self.kind, known} and self.kind != known:
            file.skipped[f"documents of another kind than {self.kind}"] += 1
        else:
            report.add(document, self._verdict(document, self.kind if known == "auto" else known))

    def _verdict(self, document: Document, kind: str) -> Verdict:
        """What judging a document finds; of a response whose status is known, by the status too."""
        if document.status is None:
            return check_document(self.contract, document.body, kind)
        return check_http_response(self.contract, HttpResponse(document.status, document.body, document.media_type))


def known_kind(document: Document) -> str:
    """What a document is, where its file or its status says so; else `auto`."""
    return document.kind if document.status is None else kind_of_response(document.status) or "response"
