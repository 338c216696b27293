"""Probes of what a gateway tells without charge: models and usage."""

from __future__ import annotations

from collections.abc import Iterator

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.validation import check_document

from .probe import Observation, Probe, expect_status, watch
from .target import Answer, Target

__all__ = ["READS"]


def models(target: Target) -> Iterator[Observation]:
    """The list of models. [older docs]"""
    answer = target.ask("/api/v1/models")
    yield expect_status("gateway.endpoint.models", answer, 200)
    yield from judge_body(answer, "models", "gateway.endpoint.models-body")
    rows = answer.document.get("data") if isinstance(answer.document, dict) else None
    if isinstance(rows, list):
        listed = [str(row.get("id")) for row in rows if isinstance(row, dict)]
        served = list(Settings().models)
        told = f"the models are {', '.join(listed)}; the fake serves {', '.join(served)}"
        yield watch("gateway.endpoint.partial-models", listed == served, told, f"models = {','.join(listed)}")


def usage(target: Target) -> Iterator[Observation]:
    """What was used, call by call. [docs/usage]"""
    answer = target.ask("/api/v1/usage/requests")
    yield expect_status("gateway.endpoint.usage", answer, 200)
    yield from judge_body(answer, "usage-requests", "gateway.endpoint.usage-bodies")


def rollups(target: Target) -> Iterator[Observation]:
    """What was used, by period. [docs/usage]"""
    answer = target.ask("/api/v1/usage/rollups?period_type=day")
    yield expect_status("gateway.endpoint.usage", answer, 200)
    yield from judge_body(answer, "usage-rollups", "gateway.endpoint.usage-bodies")


def judge_body(answer: Answer, kind: str, rule: str) -> Iterator[Observation]:
    """Whether a body is as assumed."""
    if answer.status == 200:
        violations = check_document(shipped_contract(), answer.body, kind).violations
        told = "; ".join(f"{each.pointer}: {each.message}" for each in violations[:3])
        yield watch(rule, not violations, f"the body is another than assumed: {told}")


READS = (
    Probe("list of models", models),
    Probe("usage by call", usage),
    Probe("usage by period", rollups),
)
