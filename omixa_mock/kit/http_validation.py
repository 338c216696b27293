"""Validation of HTTP messages: method, path, status and headers, then the body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from omixa_mock.gateway import Contract, Problem, Provenance, Settings, Violation, bearer_key
from omixa_mock.gateway.contract import format_value
from omixa_mock.gateway.http import ENDPOINTS, GENERATE, ErrorRow, find_endpoint
from omixa_mock.gateway.pipeline import refuse_content_encoding, refuse_content_type

from .exchange_validation import validate_exchange
from .validation import ValidationResult, validate_document

__all__ = ["HttpRequest", "HttpResponse", "response_kind", "validate_http_request", "validate_http_response"]

BASE = "/api/v1/"
KINDS_BY_ENDPOINT = {GENERATE: "response", **{name: name.replace("/", "-") for name in ENDPOINTS if name != GENERATE}}
# Errors of the mock alone, which no page of the gateway has.
MOCK_ONLY = frozenset({"control_refused"})
Errors = Mapping[str, ErrorRow]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """HTTP request with its body.

    Attributes:
        method: The method, in any case.
        path: The path, percent-decoded, without the query.
        headers: Header values by lower-case name.
        body: The body; empty if there is none.
        images: The images that were taken out of the body, by the token in place of their base64.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)  # they contain a key
    body: bytes = field(repr=False)
    images: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """HTTP response with its body.

    Attributes:
        status: The status code.
        body: The body; empty if there is none.
        media_type: The value of Content-Type; empty if the header is missing, None if unknown.
        path: The path of the request; empty if unknown.
        request: The body of the request; None if unknown.
        images: The images that were taken out of the body, by the token in place of their base64.
    """

    status: int
    body: bytes = field(repr=False)
    media_type: str | None = None
    path: str = ""
    request: bytes | None = field(default=None, repr=False)
    images: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def validate_http_request(
    contract: Contract, request: HttpRequest, settings: Settings | None = None
) -> ValidationResult:
    """Validate a request by its path, method, key, content type, content encoding and body.

    Args:
        contract: The contract.
        request: The request.
        settings: The settings; None for the default ones with all models of the contract.
    """
    path = strip_prefix(request.path)
    violations = list(violations_of_check(contract, "method", lambda: find_endpoint(request.method.upper(), path)))
    violations += violations_of_check(contract, "Authorization", lambda: bearer_key(request.headers))
    if ENDPOINTS.get(path.removeprefix(BASE)) == "GET":
        return ValidationResult("request", violations)
    for name, refuse in (("Content-Type", refuse_content_type), ("Content-Encoding", refuse_content_encoding)):
        violations += violations_of_check(contract, name, partial(refuse, request.headers, settings or Settings()))
    result = validate_document(contract, request.body, "request", settings, request.images)
    return ValidationResult("request", violations + result.violations, result.advisories)


def strip_prefix(path: str) -> str:
    """Return a path without the prefix of a proxy."""
    start = path.rfind(BASE)
    return path[start:] if start >= 0 else path


def violations_of_check(contract: Contract, place: str, check: Callable[[], object]) -> Iterator[Violation]:
    """Yield the violation that one of the gateway's own checks raises."""
    try:
        check()
    except Problem as problem:
        (rule,) = problem.rules
        actual_place = "path" if problem.name == "not_found" else place
        yield Violation(actual_place, rule, problem.message, provenance_of(contract, rule))


def provenance_of(contract: Contract, rule: str) -> Provenance:
    """Return the provenance of a behaviour of the gateway."""
    return Provenance.read(contract.table["behaviours"][rule.removeprefix("gateway.")])


def response_kind(status: int, path: str = "") -> str:
    """Return the kind of document expected in a response; empty for a status below 400 other than 2xx."""
    if status >= 400:
        return "error"
    return KINDS_BY_ENDPOINT.get(strip_prefix(path).removeprefix(BASE), "response") if 200 <= status < 300 else ""


def validate_http_response(
    contract: Contract, response: HttpResponse, settings: Settings | None = None
) -> ValidationResult:
    """Validate a response by its status, content type and body; a refusal by the error table too.

    Args:
        contract: The contract.
        response: The response.
        settings: The settings; None for the default ones, with any limit of the provider.
    """
    errors = error_rows(contract, settings or Settings())
    kind = response_kind(response.status, response.path)
    if not kind:
        return ValidationResult("response", [unexpected_status(contract, response.status)])
    result = validate_document(contract, response.body, kind, images=response.images)
    violations = [*validate_media_type(contract, response)]
    if kind == "error":
        violations += validate_error_status(contract, response.status, errors)
        if result.ok:
            error = orjson.loads(response.body)["error"]
            violations += validate_error_names(contract, response.status, error, errors)
    exchanged = kind == "response" and response.request is not None
    body, request = response.body, response.request or b""
    limit = settings.provider_limit if settings else 1
    of_request = validate_exchange(contract, request, body, response.images, limit) if exchanged else []
    return ValidationResult(kind, violations + result.violations + of_request)


def unexpected_status(contract: Contract, status: int) -> Violation:
    """Return the violation of a status that is neither a success nor a refusal."""
    rule = "gateway.endpoint.success-status"
    message = f"{status} is neither a success nor a refusal; accepted: 200, or a status of 400 and above."
    return Violation("status", rule, message, provenance_of(contract, rule))


def validate_media_type(contract: Contract, response: HttpResponse) -> Iterator[Violation]:
    """Yield the violation of a Content-Type other than JSON."""
    actual = response.media_type
    if actual is None or actual.partition(";")[0].strip().lower() == "application/json":
        return
    description = f"{format_value(actual)} came" if actual else "there was none"
    rule = "gateway.response.media-type"
    message = f'{description}; accepted: application/json. Send the header "Content-Type: application/json".'
    yield Violation("Content-Type", rule, message, provenance_of(contract, rule))


def validate_error_status(contract: Contract, status: int, errors: Errors) -> Iterator[Violation]:
    """Yield the violation of a status that the error table does not have."""
    known = sorted({row.status for row in errors.values()})
    if status not in known:
        rule = "gateway.error.names"
        message = f"{status} is not in the error table; accepted: {', '.join(map(str, known))}."
        yield Violation("status", rule, message, provenance_of(contract, rule))


def validate_error_names(
    contract: Contract, status: int, error: Mapping[str, Any], errors: Errors
) -> Iterator[Violation]:
    """Yield the violations of a type and code that differ from the error table's for the status."""
    candidates = {name: row for name, row in errors.items() if row.status == status}
    if not candidates or any((row.type, row.code) == (error["type"], error["code"]) for row in candidates.values()):
        return
    name = closest_row(candidates, error)
    for column, expected in (("type", candidates[name].type), ("code", candidates[name].code)):
        if error[column] != expected:
            entry = contract.table["errors"][name]["provenance"][column]
            rule = f"gateway.error.{'documented' if entry['status'] == 'documented' else 'names'}"
            message = f'{format_value(error[column])} came with status {status}; accepted: "{expected}" ({name}).'
            yield Violation(f"/error/{column}", rule, message, Provenance.read(entry))


def error_rows(contract: Contract, settings: Settings) -> dict[str, ErrorRow]:
    """Return the error table without the errors of the mock alone."""
    table = contract.under(settings).errors
    return {name: row for name, row in table.items() if name not in MOCK_ONLY}


def closest_row(candidates: Mapping[str, ErrorRow], error: Mapping[str, Any]) -> str:
    """Return the name of the row that shares most columns with an error."""
    return max(
        candidates, key=lambda name: sum(error[column] == getattr(candidates[name], column) for column in COLUMNS)
    )


COLUMNS: Sequence[str] = ("type", "code")
