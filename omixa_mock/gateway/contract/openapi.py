"""The gateway's API as OpenAPI 3.1, made from the schemas."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway.common import VERSION

from .contract import Contract, Terms
from .rules import apply_settings

__all__ = ["describe_api"]

Json = Any
REFUSALS = ("invalid_key", "insufficient_balance", "model_not_allowed", "invalid_request", "no_route")


def describe_api(contract: Contract, terms: Terms) -> Json:
    """The whole API: one POST, three GETs, one envelope for refusals.

    The request schemas are those in force under the settings; `$ref`s are local
    to the description, as OpenAPI tools expect.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Omixa image gateway (fake)",
            "version": VERSION,
            "description": "Made from omixa-mock's schemas; x-omixa-provenance says how well each rule is known.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": {
            "/api/v1/images/generations": {"post": describe_generation(contract, terms)},
            **describe_reads(terms),
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "omx_live_…"}},
            "schemas": describe_schemas(contract, terms),
            "responses": {name: describe_refusal(contract, name) for name in REFUSALS},
        },
    }


def describe_generation(contract: Contract, terms: Terms) -> Json:
    """POST /api/v1/images/generations."""
    bodies = [{"$ref": f"#/components/schemas/{component(model)}"} for model in terms.models]
    return {
        "operationId": "generateImages",
        "summary": "Generate, edit or merge images",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": bodies[0] if len(bodies) == 1 else {"anyOf": bodies}}},
        },
        "responses": {
            str(terms.settings.success_status): answer("The images and the bill", "image"),
            **{str(terms.errors[name].status): {"$ref": f"#/components/responses/{name}"} for name in (*REFUSALS,)},
            "default": answer(contract.responses["error"]["title"], "error"),
        },
    }


def describe_reads(terms: Terms) -> Json:
    """The GET endpoints."""
    refusals = {str(terms.errors["invalid_key"].status): {"$ref": "#/components/responses/invalid_key"}}
    period = {"name": "period_type", "in": "query", "schema": {"type": "string", "enum": ["hour", "day", "month"]}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}}
    invalid = {str(terms.errors["invalid_request"].status): {"$ref": "#/components/responses/invalid_request"}}

    def read(operation: str, schema: str, text: str, parameters: list[Json]) -> Json:
        responses = {"200": answer(text, schema), **refusals, **(invalid if parameters else {})}
        return {"get": {"operationId": operation, "summary": text, "parameters": parameters, "responses": responses}}

    return {
        "/api/v1/models": read("listModels", "models", "The models that the key may use", []),
        "/api/v1/usage/requests": read("listUsage", "usage-requests", "One record a call", [limit]),
        "/api/v1/usage/rollups": read("rollUpUsage", "usage-rollups", "Calls and cost by period", [period]),
    }


def describe_refusal(contract: Contract, name: str) -> Json:
    """One refusal, in the documented envelope."""
    return answer(contract.table["errors"][name]["meaning"], "error")


def answer(text: str, schema: str) -> Json:
    """A JSON response."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": text, "content": content}


def describe_schemas(contract: Contract, terms: Terms) -> Json:
    """Every schema as a component, with its local references moved below it."""
    requests = {component(model): apply_settings(contract.requests[model], terms.settings) for model in terms.models}
    return {name: localise(schema, name) for name, schema in {**requests, **contract.responses}.items()}


def component(model: str) -> str:
    """A model's name as a component's: OpenAPI allows A-Z a-z 0-9 . _ - there."""
    return f"request.{model}"


def localise(node: Json, name: str) -> Json:
    """A schema as a component: its own `$id` gone, `#/…` references made to start at the component."""
    if isinstance(node, list):
        return [localise(child, name) for child in node]
    if not isinstance(node, dict):
        return node
    moved = {key: localise(child, name) for key, child in node.items() if key not in {"$id", "$schema"}}
    if isinstance(node.get("$ref"), str):
        moved["$ref"] = node["$ref"].replace("#/", f"#/components/schemas/{name}/", 1)
    return moved
