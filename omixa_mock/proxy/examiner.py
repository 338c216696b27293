"""Validation of exchanges by the contract, and the report of all findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as replace_dataclass
from typing import Any

from msgspec import structs

from omixa_mock.gateway import Contract, Provenance, Settings, Violation
from omixa_mock.kit.files.items import Document
from omixa_mock.kit.files.positions import Position
from omixa_mock.kit.http_validation import HttpRequest, HttpResponse, validate_http_request, validate_http_response
from omixa_mock.kit.reports.findings import Report
from omixa_mock.kit.validation import ValidationResult

from .bodies import Recorder
from .exchange import Exchange
from .fields import first, joined

__all__ = ["Examiner", "add_to_report", "redact_result"]

CODING = "gateway.response.content-encoding"
DEFAULTS = Settings()
NOT_KEPT = "bodies that are longer than the proxy keeps"
NOT_WHOLE = "responses that did not come whole"


class Examiner:
    """Validator of exchanges under settings.

    Args:
        contract: The contract.
        settings: The settings; None for the default ones with all models of the contract.
    """

    def __init__(self, contract: Contract, settings: Settings | None) -> None:
        self._contract = contract
        self._settings = settings
        self._coding = next(rule.provenance for rule in contract.rules() if rule.id == CODING)

    def examine_request(self, exchange: Exchange) -> ValidationResult | None:
        """Return the result for a request, whose content was taken; None if it was not kept."""
        content = exchange.content.get("request")
        if content is None:
            return None
        # Not copied: only the type is narrower than what the validation takes.
        body: Any = content.body
        request = HttpRequest(exchange.method, exchange.path, joined(exchange.fields), body, content.images)
        return validate_http_request(self._contract, request, self._settings)

    def examine_response(self, exchange: Exchange) -> ValidationResult | None:
        """Return the result for a response; None if it is not whole, or is the proxy's own."""
        content = exchange.content.get("response")
        if exchange.own or exchange.outcome != "complete" or content is None or exchange.method == "HEAD":
            return None
        media_type = first(exchange.response_fields, b"content-type").decode("latin-1")
        body: Any = content.body
        request: Any = exchange.content["request"].body if exchange.content.get("request") else None
        response = HttpResponse(exchange.status, body, media_type, exchange.path, request, content.images)
        result = validate_http_response(self._contract, response, self._settings or DEFAULTS)
        if exchange.flaw:
            result.violations.insert(0, self._coding_violation(exchange.flaw))
        return result

    def _coding_violation(self, flaw: str) -> Violation:
        provenance: Provenance = self._coding
        return Violation("Content-Encoding", CODING, f"{flaw}. Send the body as its header says.", provenance)


def redact_result(result: ValidationResult, recorder: Recorder) -> ValidationResult:
    """Return a result whose messages have neither keys nor prompts."""
    violations = [
        structs.replace(
            found, message=recorder.text(found.message), pointer=recorder.pointer(found.pointer, found.rule)
        )
        for found in result.violations
    ]
    advisories = [structs.replace(found, message=recorder.text(found.message)) for found in result.advisories]
    return replace_dataclass(result, violations=violations, advisories=advisories)


def add_to_report(report: Report, exchange: Exchange, line: int, redact: Callable[[str], str]) -> None:
    """Add the results of an exchange to the report; `line` is that of its entry in the recording."""
    file = report.files[-1]
    if len(exchange.content) < 2:
        file.skipped[NOT_KEPT] += 1
    if exchange.outcome not in {"complete", "refused by the proxy"}:
        file.skipped[NOT_WHOLE] += 1
    for side, result in exchange.results.items():
        status = f" {exchange.status}" if side == "response" else ""
        where = f"exchange {exchange.number}: {side}{status} of {exchange.method} {exchange.path}"
        document = Document(result.kind, b"", lambda _: Position(line), redact(where))
        report.add(document, result)
