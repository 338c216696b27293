"""Judging a request, response or error by the contract, without a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from omixa_mock.gateway import Contract, Problem, Settings, Violation
from omixa_mock.gateway.input_images import read_input_images
from omixa_mock.gateway.judge import Judge
from omixa_mock.gateway.parse import count_names, parse_body
from omixa_mock.gateway.rules import Provenance

__all__ = ["KINDS", "check_document", "guess_kind"]

KINDS = ("request", "response", "error", "models", "usage-requests", "usage-rollups")
FILES = {"response": "image"}


def guess_kind(value: Any) -> str:
    """Which kind of document a value most likely is."""
    names = set(value) if isinstance(value, dict) else set()
    if "error" in names:
        return "error"
    if "period_type" in names:
        return "usage-rollups"
    if names == {"data"} and isinstance(value["data"], list):
        rows = set().union(*(row for row in value["data"] if isinstance(row, dict)))
        return "models" if "modality" in rows else "usage-requests" if "operation" in rows else "response"
    return "response" if names & {"data", "created", "usage"} else "request"


def check_document(contract: Contract, body: bytes, kind: str = "auto") -> tuple[str, list[Violation]]:
    """The kind of a document, and every rule that it breaks under the default settings.

    Args:
        contract: What to judge by; every model that it has is known, partial ones included.
        body: The document as JSON text.
        kind: One of `KINDS`, or `auto`.
    """
    settings = Settings(models=tuple(contract.requests))
    try:
        value = parse_body(body, settings) if kind in {"request", "auto"} else parse_reply(body, settings)
    except Problem as problem:
        return kind, [Violation("/", problem.rules[0], problem.message, Provenance("assumed"))]
    except orjson.JSONDecodeError as error:
        return kind, [Violation("/", "gateway.body.malformed", f"it is not JSON ({error}).", Provenance("assumed"))]
    kind = guess_kind(value) if kind == "auto" else kind
    if kind == "request":
        return kind, check_request(contract, value, settings)
    schema = contract.responses[FILES.get(kind, kind)]
    return kind, Judge(schema["x-omixa-document"], schema).violations(value)


def parse_reply(body: bytes, settings: Settings) -> Any:
    """The JSON value that a reply's body holds; refuses nesting that would crash whoever judges it."""
    value = orjson.loads(body)
    if isinstance(value, dict | list):
        count_names(value if isinstance(value, dict) else {"": value}, settings)
    return value


def check_request(contract: Contract, payload: Mapping[str, Any], settings: Settings) -> list[Violation]:
    """Every rule that a request breaks, those beyond JSON Schema included."""
    judge = contract.under(settings).judge_for(payload)
    return judge.violations(payload) + read_input_images(payload, judge.schema, settings).violations
