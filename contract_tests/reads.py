"""Probes of the read endpoints, which are free: models and usage."""

from __future__ import annotations

from collections.abc import Iterator

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.validation import validate_document

from .observation import Observation, expect, satisfied, violated
from .probe import MODEL, Probe
from .target import Response, Target

__all__ = ["READS"]


def models(target: Target) -> Iterator[Observation]:
    """Probe the list of models. [older docs]"""
    response = target.call("/api/v1/models")
    yield expect_success("gateway.endpoint.models", response)
    yield from validate_body(response, "models", "gateway.endpoint.models-body")
    rows = response.document.get("data") if isinstance(response.document, dict) else None
    if isinstance(rows, list):
        actual = [str(row.get("id")) for row in rows if isinstance(row, dict)]
        expected = list(Settings().models)
        message = f"the models are {', '.join(actual)[:300]}; the fake serves {', '.join(expected)}"
        known = [name for name in actual if name in shipped_contract().requests]
        changes = {"models": known} if MODEL in known and known != expected else {}
        yield expect("gateway.endpoint.partial-models", actual == expected, message, "/data", **changes)


def usage(target: Target) -> Iterator[Observation]:
    """Probe the usage by call. [docs/usage]"""
    response = target.call("/api/v1/usage/requests")
    yield expect_success("gateway.endpoint.usage", response)
    yield from validate_body(response, "usage-requests", "gateway.endpoint.usage-bodies")


def rollups(target: Target) -> Iterator[Observation]:
    """Probe the usage by period. [docs/usage]"""
    response = target.call("/api/v1/usage/rollups?period_type=day")
    yield expect_success("gateway.endpoint.usage", response)
    yield from validate_body(response, "usage-rollups", "gateway.endpoint.usage-bodies")


def expect_success(rule: str, response: Response) -> Observation:
    """Return the observation about the status of a read."""
    return expect(rule, response.accepted, f"{response.status} came; expected: 200", "status")


def validate_body(response: Response, kind: str, rule: str) -> Iterator[Observation]:
    """Yield the observations about the body of a success."""
    if not response.accepted:
        return
    violations = validate_document(shipped_contract(), response.body, kind).violations
    if not violations:
        yield satisfied(rule)
    for violation in violations[:3]:
        yield violated(rule, f"the body is another than assumed: {violation.message}", violation.pointer)


READS = (
    Probe("list of models", models, documented=True),
    Probe("usage by call", usage, documented=True),
    Probe("usage by period", rollups, documented=True),
)
