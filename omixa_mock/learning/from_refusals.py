"""Lessons of refusals: names, statuses and headers of errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omixa_mock.gateway.http import BASE, ENDPOINTS
from omixa_mock.kit.files.elided import kind_of_elision

from .lessons import Contradiction, Lesson, agree, evidence_of
from .recordings import RecordedCall
from .samples import Sample, parse

__all__ = ["learn_errors", "learn_statuses"]

Json = Any
Lessons = Iterator[Lesson | Contradiction]
# Errors that come and go: one of them is no rule.
TRANSIENT = frozenset({429, 500, 502, 503, 504})
ENOUGH = 3
FAULT = "x-omixa-mock-fault"


def learn_errors(calls: Sequence[RecordedCall], samples: Sequence[Sample], table: Mapping[str, Json]) -> Lessons:
    """Yield status, type and code of each error whose name in the error table is certain.

    Args:
        calls: The calls, to any path.
        samples: Those to the generations endpoint.
        table: The error table of the contract.
    """
    names = names_by_status(table)
    valid = {id(sample.call) for sample in samples if sample.request is not None and not sample.broken}
    by_column: defaultdict[tuple[str, str], list[tuple[Json, RecordedCall]]] = defaultdict(list)
    for call in calls:
        name = name_of(call, names, is_valid=id(call) in valid)
        for column, value in columns_of(call) if name else ():
            by_column[name, column].append((value, call))
    for (name, column), seen in by_column.items():
        enough = ENOUGH if table[name]["status"] in TRANSIENT else 1
        yield from agree(f"errors.{name}.{column}", seen, enough=enough)


def name_of(call: RecordedCall, names: Mapping[int, str], *, is_valid: bool) -> str:
    """Return the name of the error that a call must get or got; empty if it is not certain."""
    if call.status < 400 or call.status == 401:
        return names.get(call.status, "")
    method = ENDPOINTS.get(call.path.removeprefix(BASE))
    if method is None:
        return "not_found"
    if method != call.method:
        return "method_not_allowed"
    name = names.get(call.status, "")
    # The filter of a provider refuses valid requests only; what else gets 400 has another reason.
    return "" if name == "moderation_refused" and not is_valid else name


def columns_of(call: RecordedCall) -> Iterator[tuple[str, Json]]:
    """Yield status, type and code of a refusal."""
    document = parse(call.response)
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        yield "status", call.status
        columns = ((column, error.get(column)) for column in ("type", "code"))
        yield from ((name, text) for name, text in columns if isinstance(text, str) and not kind_of_elision(text))


def names_by_status(table: Mapping[str, Json]) -> dict[int, str]:
    """Return the name of each status that belongs to one error of the gateway only."""
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for name, row in table.items():
        by_status[row["status"]].append(name)
    ours = {"control_refused", "malformed_http"}
    one = {status: [name for name in names if name not in ours] for status, names in by_status.items()}
    return {status: names[0] for status, names in one.items() if len(names) == 1}


def learn_statuses(samples: Sequence[Sample]) -> Lessons:
    """Yield the status of malformed bodies, whether a media type is required, and Retry-After."""
    malformed = [item for item in samples if is_json_type(item) and item.is_malformed]
    yield from agree("malformed_status", ((s.call.status, s.call) for s in malformed if s.call.status in {400, 422}))
    other = [item for item in samples if "content-type" in item.call.request_headers and not is_json_type(item)]
    ignored = [item.call for item in other if item.call.status == 422 or item.accepted]
    required = [item.call for item in other if item.call.status == 415]
    if ignored and not required:
        yield Lesson("content_type", "ignore", evidence_of(ignored))
    elif required and not ignored:
        yield Lesson("content_type", "require", evidence_of(required))
    yield from body_limit(samples)
    obeyed = [
        item.call for item in samples if FAULT in item.call.request_headers and FAULT in item.call.response_headers
    ]
    if obeyed:
        yield Lesson("fault_header", "obey", evidence_of(obeyed))
    waits = ((wait_of(item), item.call) for item in samples if item.call.status == 429 and wait_of(item))
    yield from agree("retry_after", waits, enough=ENOUGH)


def body_limit(samples: Sequence[Sample]) -> Lessons:
    """Yield the length of the largest body that was read, if larger ones were refused for it."""
    refused = [sample.call for sample in samples if sample.call.status == 413]
    largest = max((sample.call.size for sample in samples if sample.call.status != 413), default=0)
    if refused and 0 < largest < min(call.size for call in refused):
        yield Lesson("body_max", largest, evidence_of(refused))


def is_json_type(sample: Sample) -> bool:
    """Return True if a request is declared as JSON."""
    return "application/json" in sample.call.request_headers.get("content-type", "application/json").lower()


def wait_of(sample: Sample) -> int:
    """Return the seconds of Retry-After; 0 without."""
    text = sample.call.response_headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
