"""Read endpoints: models, usage records, usage rollups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

import orjson

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.common import STAMP
from omixa_mock.gateway.http import GENERATE, JSON_TYPE, Problem, Response, redact
from omixa_mock.gateway.money import EXACT, on_the_wire
from omixa_mock.gateway.workspaces import Workspace

__all__ = ["READS", "json_response"]

Query = Mapping[str, str]


def json_response(value: Any, status: int = 200) -> Response:
    """Return a response with `value` as its JSON body."""
    return Response(status, (JSON_TYPE, STAMP), orjson.dumps(value))


def describe_models(workspace: Workspace, _: Query) -> Response:
    """Answer GET /api/v1/models: the models that the key may use. [older docs; the body is assumed]"""
    terms = workspace.terms
    allowed = workspace.models if workspace.models is not None else tuple(terms.models)
    rows = [
        {
            "id": name,
            "modality": model["modality"],
            "provider": next(iter(terms.routes(name)), ""),
            "price": {"per_image": on_the_wire(terms.price(name, "auto", "auto")), "currency": "USD"},
        }
        for name, model in terms.models.items()
        if name in allowed
    ]
    return json_response({"data": rows})


def describe_requests(workspace: Workspace, query: Query) -> Response:
    """Answer GET /api/v1/usage/requests: one record per call, newest first. [docs/usage; the body is assumed]"""
    calls = [call for call in workspace.journal if is_generation(call)][::-1]
    return json_response({"data": [describe_usage(call, workspace) for call in calls[: read_limit(query)]]})


def is_generation(call: Call) -> bool:
    """Return True if a call requested images; reading the usage does not count as usage."""
    return call.endpoint == GENERATE


def describe_usage(call: Call, workspace: Workspace) -> dict[str, Any]:
    """Return one usage record with the fields of docs/usage, without a provider's diagnostics."""
    model = (call.document or {}).get("model")
    problem = call.error
    row = workspace.terms.errors[problem.name] if problem else None
    return {
        "id": f"req_{call.number}",
        "created": call.created,
        "model": model if isinstance(model, str) else None,
        "operation": call.image_request.operation if call.image_request else None,
        "stream": False,
        "status": call.sent.status if call.sent else 499,
        "tokens": None,
        "cost": on_the_wire(call.charge),
        "latency_ms": 0,
        "error": {"type": row.type, "code": row.code, "message": problem.message} if problem and row else None,
    }


def read_limit(query: Query) -> int:
    """Parse the number of requested usage records (assumed: `limit`, 1 to 1000, default 100)."""
    text = query.get("limit", "100")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 1000):
        raise Problem(
            "invalid_request",
            f"limit = {redact(text)[:40]!r} is out of range; accepted: 1 to 1000. Send ?limit=100.",
            rules=("gateway.endpoint.usage-queries",),
        )
    return int(text)


# The periods of GET /api/v1/usage/rollups; `day` is documented, the others are assumed.
PERIODS: Mapping[str, str] = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


def describe_rollups(workspace: Workspace, query: Query) -> Response:
    """Answer GET /api/v1/usage/rollups?period_type=day: calls and cost by period. [docs/usage; body assumed]"""
    period_type = query.get("period_type", "day")
    if period_type not in PERIODS:
        raise Problem(
            "invalid_request",
            f"period_type = {redact(period_type)[:40]!r} is not accepted; accepted: {', '.join(PERIODS)}. "
            "Send ?period_type=day.",
            rules=("gateway.endpoint.usage-queries",),
        )
    periods: defaultdict[str, list[Call]] = defaultdict(list)
    for call in workspace.journal:
        if is_generation(call):
            periods[datetime.fromtimestamp(call.created, UTC).strftime(PERIODS[period_type])].append(call)
    return json_response(
        {"period_type": period_type, "data": [summarise(name, calls) for name, calls in sorted(periods.items())]}
    )


def summarise(period: str, calls: Sequence[Call]) -> dict[str, Any]:
    """Return one period of a rollup."""
    return {
        "period": period,
        "requests": len(calls),
        "failed": sum(call.error is not None or call.client_left for call in calls),
        "images": sum(len(call.fingerprints) for call in calls),
        "cost": on_the_wire(reduce(EXACT.add, (call.charge for call in calls), Decimal(0))),
    }


READS: Mapping[str, Callable[[Workspace, Query], Response]] = {
    "models": describe_models,
    "usage/requests": describe_requests,
    "usage/rollups": describe_rollups,
}
