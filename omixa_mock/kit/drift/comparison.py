"""Comparison of a page with the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omixa_mock.gateway import Contract

from .calls import HEADERS, METHOD, URL
from .difference import RESPONSE_FILE, Drift, gateway_file, request_file
from .field_comparison import compare_fields
from .models import find_model
from .owners import find_owners
from .page import Page
from .price_comparison import compare_bill, compare_prices
from .sample_comparison import Mismatch, find_mismatches
from .table import Field

__all__ = ["Comparison", "find_drift"]

Json = Any
# The behaviours that HEADERS stem from.
HEADER_RULES = {"authorization": "key.bearer", "content-type": "body.media-type"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of comparing a page with the contract.

    Attributes:
        model: The model whose schema the page was compared with.
        drift: Every difference, once.
        compared: The parts that were compared, with their numbers.
        not_compared: The parts that are not on the page, or not readable.
    """

    model: str
    drift: tuple[Drift, ...]
    compared: tuple[str, ...]
    not_compared: tuple[str, ...]


def find_drift(page: Page, contract: Contract, model: str = "") -> Comparison:
    """Compare a page with the request schema of its model, and its samples with the schema of responses.

    Args:
        page: The result of `read_page`.
        contract: The contract to compare with, for instance `omixa_mock.shipped_contract()`.
        model: The page's model; detected on the page if omitted.

    Raises:
        PageError: The page names no model.
    """
    model = model or find_model(page, contract.requests)
    schema, response_schema = contract.requests[model], contract.responses["image"]
    owners = find_owners(page.tables, page.above, contract.requests)
    others = other_models(owners, model)
    fields = request_fields(page, owners, model, schema, response_schema)
    samples = [sample for sample in page.samples if sample.get("model") not in others]
    requests, responses = samples_like(samples, schema, response_schema), samples_like(samples, response_schema, schema)
    drift = [
        *compare_fields(fields, schema, model),
        *compare_samples("request sample", requests, schema, model),
        *compare_samples("response sample", responses, response_schema, model),
        *compare_calls(page),
        *compare_prices(page.prices, schema),
        *(
            difference
            for response in responses
            for difference in compare_bill(requests[0] if requests else {}, response, schema)
        ),
    ]
    compared = (f"fields: {len(fields)}", f"request samples: {len(requests)}", f"response samples: {len(responses)}")
    absent = (
        *(f"the table of {other}: {hint_at_table(other, contract)}" for other in sorted(others)),
        *left_out(page, fields, requests, responses),
    )
    return Comparison(model, tuple(dict.fromkeys(drift)), compared, absent)


def hint_at_table(model: str, contract: Contract) -> str:
    """Return how another model's table can be compared."""
    return f"compare it by --model {model}" if model in contract.requests else "there is no schema of it"


def overlap(names: Sequence[str], schema: Json) -> int:
    """Return how many names are properties of a schema."""
    return sum(name in schema["properties"] for name in names)


def request_fields(
    page: Page, owners: Sequence[frozenset[str]], model: str, schema: Json, response_schema: Json
) -> list[Field]:
    """Return the fields of a request, from one table or several.

    Tables of a response's members are left out, and those of other models.
    """
    chosen = [
        (table, owner)
        for table, owner in zip(page.tables, owners, strict=True)
        if is_like(table, schema, response_schema)
    ]
    own = [table for table, owner in chosen if not owner or model in owner]
    # Of a page of an unknown model every table counts, so that the differences show.
    if not any(model in owner for _, owner in chosen):
        own = [table for table, _ in chosen]
    return [field for table in own or [max(page.tables, key=len)] for field in table]


def is_like(table: Sequence[Field], schema: Json, other_schema: Json) -> bool:
    """Return True if a table shares more fields with a schema than with the other."""
    names = [field.name for field in table]
    return overlap(names, schema) > overlap(names, other_schema)


def other_models(owners: Sequence[frozenset[str]], model: str) -> frozenset[str]:
    """Return the models that have tables of their own on a page, if the compared model has one."""
    named = frozenset[str]().union(*owners)
    shared = frozenset[str]().union(*(owner for owner in owners if model in owner))
    return named - shared if model in named else frozenset()


def samples_like(samples: Sequence[Json], schema: Json, other_schema: Json) -> list[Json]:
    """Return the samples that share more members with a schema than with the other.

    Samples that share only one member count only if none shares more.
    """
    shared = [(sample, overlap(list(sample), schema)) for sample in samples]
    alike = [(sample, count) for sample, count in shared if count > overlap(list(sample), other_schema)]
    return [sample for sample, count in alike if count > 1] or [sample for sample, _ in alike]


def compare_samples(
    kind: Literal["request sample", "response sample"], samples: Sequence[Json], schema: Json, model: str
) -> Iterator[Drift]:
    """Yield every member of samples that differs, with the number of samples in which it does."""
    counts = Counter(
        mismatch for sample in samples for mismatch in dict.fromkeys(find_mismatches(sample, schema, schema))
    )
    for mismatch, count in counts.items():
        share = f" (in {count} of {len(samples)} samples)" if len(samples) > 1 else ""
        place = file_of(mismatch, kind, model)
        yield Drift(mismatch.path or "the sample", kind, f"{mismatch.page}{share}", mismatch.schema, place)


def file_of(mismatch: Mismatch, kind: str, model: str) -> str:
    """Return the place in a schema that a sample does not match."""
    if kind == "request sample":
        return request_file(model, *mismatch.steps)
    return f"{RESPONSE_FILE} /{'/'.join(mismatch.steps)}"


def compare_calls(page: Page) -> Iterator[Drift]:
    """Yield every endpoint, method and header that differs."""
    place = gateway_file("endpoint.single")
    for url in page.urls:
        if url != URL:
            yield Drift("endpoint", "endpoint", url, URL, place)
    for method in page.methods:
        if method != METHOD:
            yield Drift("method", "method", method, METHOD, place)
    for name, value in page.headers:
        own = name.lower() if name.lower() in HEADERS else "authorization"
        ours = HEADERS[own] if own == name.lower() else f"Authorization: {HEADERS[own]}"
        if value.casefold() != ours.casefold():
            yield Drift(name, "header", value, ours, gateway_file(HEADER_RULES[own]))


def left_out(page: Page, fields: Sequence[Field], requests: Sequence[Json], responses: Sequence[Json]) -> Iterator[str]:
    """Yield every part that could not be compared, with the reason."""
    absent = {
        "types: no column has them in English or Chinese": not any(field.type for field in fields),
        "required flags: no column has them in English or Chinese": all(field.required is None for field in fields),
        "accepted values: the table has no column of them": all(field.accepted is None for field in fields),
        "request sample: there is none on the page": not requests,
        "response sample: there is none on the page": not responses,
        "endpoint: there is none on the page": not page.urls,
        "method: there is none on the page": not page.methods,
        f"{page.unread_samples} samples that look like requests: they are no JSON": page.unread_samples,
    }
    yield from (part for part, is_absent in absent.items() if is_absent)
    for price in page.prices:
        if price.what == "unknown":
            yield f"${price.amount}: the words around it do not say what it is ({price.line[:80]})"
