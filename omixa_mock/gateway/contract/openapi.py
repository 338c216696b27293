"""OpenAPI 3.1 description of the gateway, generated from the schemas."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway.common import VERSION

from .contract import Contract, Terms
from .rules import apply_settings

__all__ = ["describe_api"]

Json = Any
REFUSALS = ("invalid_key", "insufficient_balance", "model_not_allowed", "invalid_request", "no_route")


def describe_api(contract: Contract, terms: Terms) -> Json:
    """Return the OpenAPI document of the whole API: one POST, three GETs, one error envelope.

    The request schemas are those under the given settings. Each `$ref` is local
    to the document, as OpenAPI tools expect.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Omixa image gateway (fake)",
            "version": VERSION,
            "description": "Generated from omixa-mock's schemas; x-omixa-provenance has the provenance of each rule.",
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
    """Return the operation POST /api/v1/images/generations."""
    bodies = [{"$ref": f"#/components/schemas/{component(model)}"} for model in terms.models]
    return {
        "operationId": "generateImages",
        "summary": "Generate, edit or merge images",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": bodies[0] if len(bodies) == 1 else {"anyOf": bodies}}},
        },
        "responses": {
            str(terms.settings.success_status): describe_response("The images and the bill", "image"),
            **{str(terms.errors[name].status): {"$ref": f"#/components/responses/{name}"} for name in (*REFUSALS,)},
            "default": describe_response(contract.responses["error"]["title"], "error"),
        },
    }


def describe_reads(terms: Terms) -> Json:
    """Return the paths of the GET endpoints."""
    refusals = {str(terms.errors["invalid_key"].status): {"$ref": "#/components/responses/invalid_key"}}
    period = {"name": "period_type", "in": "query", "schema": {"type": "string", "enum": ["hour", "day", "month"]}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}}
    invalid = {str(terms.errors["invalid_request"].status): {"$ref": "#/components/responses/invalid_request"}}

    def read(operation: str, schema: str, text: str, parameters: list[Json]) -> Json:
        responses = {"200": describe_response(text, schema), **refusals, **(invalid if parameters else {})}
        return {"get": {"operationId": operation, "summary": text, "parameters": parameters, "responses": responses}}

    return {
        "/api/v1/models": read("listModels", "models", "The models that the key may use", []),
        "/api/v1/usage/requests": read("listUsage", "usage-requests", "One record a call", [limit]),
        "/api/v1/usage/rollups": read("rollUpUsage", "usage-rollups", "Calls and cost by period", [period]),
    }


def describe_refusal(contract: Contract, name: str) -> Json:
    """Return the description of a refusal, in the documented envelope."""
    return describe_response(contract.table["errors"][name]["meaning"], "error")


def describe_response(text: str, schema: str) -> Json:
    """Return the description of a JSON response."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": text, "content": content}


def describe_schemas(contract: Contract, terms: Terms) -> Json:
    """Return every schema as a component, with its local references rewritten."""
    requests = {component(model): apply_settings(contract.requests[model], terms.settings) for model in terms.models}
    return {name: localise(schema, name) for name, schema in {**requests, **contract.responses}.items()}


def component(model: str) -> str:
    """Return the component name of a model; OpenAPI allows A-Z a-z 0-9 . _ - in it."""
    return f"request.{model}"


def localise(node: Json, name: str) -> Json:
    """Return a schema without `$id` and `$schema`, and with its `#/…` references below the component."""
    if isinstance(node, list):
        return [localise(child, name) for child in node]
    if not isinstance(node, dict):
        return node
    localised = {key: localise(child, name) for key, child in node.items() if key not in {"$id", "$schema"}}
    if isinstance(node.get("$ref"), str):
        localised["$ref"] = node["$ref"].replace("#/", f"#/components/schemas/{name}/", 1)
    return localised
