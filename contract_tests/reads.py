"""Probes of the read endpoints, which are free: models and usage."""

from __future__ import annotations

from collections.abc import Iterator

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.validation import validate_document

from .probe import Observation, Probe, expect, expect_status
from .target import Response, Target

__all__ = ["READS"]


def models(target: Target) -> Iterator[Observation]:
    """Probe the list of models. [older docs]"""
    response = target.call("/api/v1/models")
    yield expect_status("gateway.endpoint.models", response, 200)
    yield from validate_body(response, "models", "gateway.endpoint.models-body")
    rows = response.document.get("data") if isinstance(response.document, dict) else None
    if isinstance(rows, list):
        actual = [str(row.get("id")) for row in rows if isinstance(row, dict)]
        expected = list(Settings().models)
        message = f"the models are {', '.join(actual)}; the fake serves {', '.join(expected)}"
        setting = f"models = {','.join(actual)}"
        yield expect("gateway.endpoint.partial-models", actual == expected, message, setting)


def usage(target: Target) -> Iterator[Observation]:
    """Probe the usage by call. [docs/usage]"""
    response = target.call("/api/v1/usage/requests")
    yield expect_status("gateway.endpoint.usage", response, 200)
    yield from validate_body(response, "usage-requests", "gateway.endpoint.usage-bodies")


def rollups(target: Target) -> Iterator[Observation]:
    """Probe the usage by period. [docs/usage]"""
    response = target.call("/api/v1/usage/rollups?period_type=day")
    yield expect_status("gateway.endpoint.usage", response, 200)
    yield from validate_body(response, "usage-rollups", "gateway.endpoint.usage-bodies")


def validate_body(response: Response, kind: str, rule: str) -> Iterator[Observation]:
    """Yield the observation about the body of a success."""
    if response.status == 200:
        violations = validate_document(shipped_contract(), response.body, kind).violations
        details = "; ".join(f"{violation.pointer}: {violation.message}" for violation in violations[:3])
        yield expect(rule, not violations, f"the body is another than assumed: {details}")


READS = (
    Probe("list of models", models),
    Probe("usage by call", usage),
    Probe("usage by period", rollups),
)
