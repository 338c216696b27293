"""Everything in which a page differs from the contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omixa_mock.gateway import Contract

from .calls import HEADERS, METHOD, URL
from .difference import RESPONSE_FILE, Drift, gateway_file, request_file
from .fields import compare_fields
from .models import find_model
from .money import compare_bill, compare_prices
from .page import Page
from .shapes import Misfit, misfits
from .table import Field

__all__ = ["Comparison", "find_drift"]

Json = Any
# The behaviours that say what HEADERS says.
HEADER_RULES = {"authorization": "key.bearer", "content-type": "body.media-type"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing a page with the contract found.

    Attributes:
        model: Whose schema the page was held against.
        drift: Every difference, once.
        compared: What was compared, in words.
        not_compared: What the page does not show, or not so that it can be read.
    """

    model: str
    drift: tuple[Drift, ...]
    compared: tuple[str, ...]
    not_compared: tuple[str, ...]


def find_drift(page: Page, contract: Contract, model: str = "") -> Comparison:
    """Compare a page with the request schema of its model, and its samples with the schema of responses.

    Args:
        page: What `read_page` made of a saved page.
        contract: What to compare with, for instance `omixa_mock.shipped_contract()`.
        model: Whose page it is; found on the page if left out.

    Raises:
        PageError: The page does not say which model it is about.
    """
    model = model or find_model(page, contract.requests)
    schema, response_schema = contract.requests[model], contract.responses["image"]
    fields = request_fields(page, schema, response_schema)
    requests, responses = (samples_like(page, own, other) for own, other in pair(schema, response_schema))
    drift = [
        *compare_fields(fields, schema, model),
        *compare_samples("request sample", requests, schema, model),
        *compare_samples("response sample", responses, response_schema, model),
        *compare_calls(page),
        *compare_prices(page.prices, schema),
        *(each for response in responses for each in compare_bill(requests[0] if requests else {}, response, schema)),
    ]
    compared = (f"fields: {len(fields)}", f"request samples: {len(requests)}", f"response samples: {len(responses)}")
    return Comparison(model, tuple(dict.fromkeys(drift)), compared, tuple(left_out(page, fields, requests, responses)))


def pair(schema: Json, response_schema: Json) -> Iterator[tuple[Json, Json]]:
    """Each of the two schemas, with the other."""
    yield schema, response_schema
    yield response_schema, schema


def overlap(names: Sequence[str], schema: Json) -> int:
    """How many names are properties of a schema."""
    return sum(name in schema["properties"] for name in names)


def request_fields(page: Page, schema: Json, response_schema: Json) -> list[Field]:
    """The fields of a request, be they in one table or in several. A page may have tables of a response's members too."""
    tables = [[field.name for field in table] for table in page.tables]
    chosen = [
        table
        for table, names in zip(page.tables, tables, strict=True)
        if overlap(names, schema) > overlap(names, response_schema)
    ]
    return [field for table in chosen or [max(page.tables, key=len)] for field in table]


def samples_like(page: Page, schema: Json, other: Json) -> list[Json]:
    """The samples of a schema, judged by the names of their members; one name will do only if no sample has more."""
    shared = [(sample, overlap(list(sample), schema)) for sample in page.samples]
    alike = [(sample, count) for sample, count in shared if count > overlap(list(sample), other)]
    return [sample for sample, count in alike if count > 1] or [sample for sample, _ in alike]


def compare_samples(
    kind: Literal["request sample", "response sample"], samples: Sequence[Json], schema: Json, model: str
) -> Iterator[Drift]:
    """Every member of samples that differs, and in how many of them it does."""
    counts = Counter(misfit for sample in samples for misfit in dict.fromkeys(misfits(sample, schema, schema)))
    for misfit, count in counts.items():
        where = f" (in {count} of {len(samples)} samples)" if len(samples) > 1 else ""
        place = file_of(misfit, kind, model)
        yield Drift(misfit.path or "the sample", kind, f"{misfit.page}{where}", misfit.schema, place)


def file_of(misfit: Misfit, kind: str, model: str) -> str:
    """Where the schema says what a sample does not keep."""
    if kind == "request sample":
        return request_file(model, *misfit.steps)
    return f"{RESPONSE_FILE} /{'/'.join(misfit.steps)}"


def compare_calls(page: Page) -> Iterator[Drift]:
    """The addresses and methods that are not ours."""
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
    """What could not be compared, and why."""
    absent = {
        "types: the table has no column of them": not any(field.type for field in fields),
        "required flags: the table has no column of them": all(field.required is None for field in fields),
        "accepted values: the table has no column of them": all(field.accepted is None for field in fields),
        "request sample: there is none on the page": not requests,
        "response sample: there is none on the page": not responses,
        "endpoint: there is none on the page": not page.urls,
        "method: there is none on the page": not page.methods,
        f"{page.unread_samples} samples that look like requests: they are no JSON": page.unread_samples,
    }
    yield from (what for what, is_absent in absent.items() if is_absent)
    for price in page.prices:
        if price.what == "unknown":
            yield f"${price.amount}: the words around it do not say what it is ({price.line[:80]})"
