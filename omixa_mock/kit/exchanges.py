"""Judging HTTP messages: what is around a body, and the body itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from omixa_mock.gateway import Contract, Problem, Provenance, Settings, Violation, bearer_key
from omixa_mock.gateway.contract import show
from omixa_mock.gateway.http import ENDPOINTS, GENERATE, ErrorRow, find_endpoint
from omixa_mock.gateway.pipeline import refuse_content_type

from .validation import Verdict, check_document

__all__ = ["HttpRequest", "HttpResponse", "check_http_request", "check_http_response", "kind_of_response"]

BASE = "/api/v1/"
KINDS_BY_ENDPOINT = {GENERATE: "response", **{name: name.replace("/", "-") for name in ENDPOINTS if name != GENERATE}}
# Rows that no page of the gateway's has: what only the fake says.
OURS = frozenset({"control_refused"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A whole request.

    Attributes:
        method: As it is sent.
        path: Percent-decoded, without the query.
        headers: Values by lower-case name.
        body: Empty where there is none.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)  # they carry a key
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response.

    Attributes:
        status: The status code.
        body: Empty where there is none.
        media_type: The value of Content-Type; empty where there was none, None where that is not known.
        path: Of the request that it answers; empty where that is not known.
    """

    status: int
    body: bytes = field(repr=False)
    media_type: str | None = None
    path: str = ""


def check_http_request(contract: Contract, request: HttpRequest) -> Verdict:
    """Validator a request by its path, method, key, content type and body."""
    settings = Settings()
    path = path_within(request.path)
    found = list(refusals(contract, "method", lambda: find_endpoint(request.method.upper(), path)))
    found += refusals(contract, "Authorization", lambda: bearer_key(request.headers))
    if ENDPOINTS.get(path.removeprefix(BASE)) == "GET":
        return Verdict("request", found)
    found += refusals(contract, "Content-Type", lambda: refuse_content_type(request.headers, settings))
    verdict = check_document(contract, request.body, "request")
    return Verdict("request", found + verdict.violations, verdict.advisories)


def path_within(path: str) -> str:
    """A path as the gateway has it, without the prefix of a proxy before it."""
    at = path.rfind(BASE)
    return path[at:] if at >= 0 else path


def refusals(contract: Contract, place: str, check: Callable[[], object]) -> Iterator[Violation]:
    """What one of the gateway's own checks has against a request."""
    try:
        check()
    except Problem as problem:
        (rule,) = problem.rules
        where = "path" if problem.name == "not_found" else place
        yield Violation(where, rule, problem.message, provenance_of(contract, rule))


def provenance_of(contract: Contract, rule: str) -> Provenance:
    """Where a behaviour of the gateway comes from."""
    return Provenance.read(contract.table["behaviours"][rule.removeprefix("gateway.")])


def kind_of_response(status: int, path: str = "") -> str:
    """Which kind of document a response of a status should hold; empty where it is neither success nor refusal."""
    if status >= 400:
        return "error"
    return KINDS_BY_ENDPOINT.get(path_within(path).removeprefix(BASE), "response") if 200 <= status < 300 else ""


def check_http_response(contract: Contract, response: HttpResponse) -> Verdict:
    """Validator a response by its status, content type and body; a refusal by the error table too."""
    kind = kind_of_response(response.status, response.path)
    if not kind:
        return Verdict("response", [neither(contract, response.status)])
    verdict = check_document(contract, response.body, kind)
    around = [*check_media_type(contract, response)]
    if kind == "error":
        around += check_status(contract, response.status)
        if verdict.ok:
            around += check_names(contract, response.status, orjson.loads(response.body)["error"])
    return Verdict(kind, around + verdict.violations)


def neither(contract: Contract, status: int) -> Violation:
    """The violation of a response that is neither a success nor a refusal."""
    rule = "gateway.endpoint.success-status"
    message = f"{status} is neither a success nor a refusal; accepted: 200, or a status of 400 and above."
    return Violation("status", rule, message, provenance_of(contract, rule))


def check_media_type(contract: Contract, response: HttpResponse) -> Iterator[Violation]:
    """Is the body announced as JSON?"""
    came = response.media_type
    if came is None or came.partition(";")[0].strip().lower() == "application/json":
        return
    said = f"{show(came)} came" if came else "there was none"
    rule = "gateway.response.media-type"
    message = f'{said}; accepted: application/json. Send the header "Content-Type: application/json".'
    yield Violation("Content-Type", rule, message, provenance_of(contract, rule))


def check_status(contract: Contract, status: int) -> Iterator[Violation]:
    """Is the status one of the error table's?"""
    known = sorted({row.status for row in rows(contract).values()})
    if status not in known:
        rule = "gateway.error.names"
        message = f"{status} is not in the error table; accepted: {', '.join(map(str, known))}."
        yield Violation("status", rule, message, provenance_of(contract, rule))


def check_names(contract: Contract, status: int, error: Mapping[str, Any]) -> Iterator[Violation]:
    """Are type and code those that the error table has beside the status?"""
    beside = {name: row for name, row in rows(contract).items() if row.status == status}
    if not beside or any((row.type, row.code) == (error["type"], error["code"]) for row in beside.values()):
        return
    name = nearest(beside, error)
    for column, wanted in (("type", beside[name].type), ("code", beside[name].code)):
        if error[column] != wanted:
            entry = contract.table["errors"][name]["provenance"][column]
            rule = f"gateway.error.{'documented' if entry['status'] == 'documented' else 'names'}"
            message = f'{show(error[column])} came with status {status}; accepted: "{wanted}" ({name}).'
            yield Violation(f"/error/{column}", rule, message, Provenance.read(entry))


def rows(contract: Contract) -> dict[str, ErrorRow]:
    """The error table, without what only the fake says."""
    table = contract.under(Settings()).errors
    return {name: row for name, row in table.items() if name not in OURS}


def nearest(beside: Mapping[str, ErrorRow], error: Mapping[str, Any]) -> str:
    """Which of the rows of one status was probably meant: the one that shares most with what came."""
    return max(beside, key=lambda name: sum(error[column] == getattr(beside[name], column) for column in COLUMNS))


COLUMNS: Sequence[str] = ("type", "code")
