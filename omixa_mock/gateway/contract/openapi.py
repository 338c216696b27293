"""OpenAPI 3.1 description of the gateway, generated from the schemas."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from omixa_mock.gateway.common import VERSION

from .components import describe_components, reference
from .contract import Contract, Terms
from .openapi_examples import error_example, request_examples, response_examples
from .rules import rules_of

__all__ = ["LOCAL_SERVER", "describe_api"]

Json = Any
LOCAL_SERVER = "http://127.0.0.1:6649"
REAL_SERVER = "https://www.omixa.cloud"
REPOSITORY = "https://github.com/omixa-mock/omixa-mock"
REFUSALS = ("invalid_key", "insufficient_balance", "model_not_allowed", "invalid_request", "no_route")
TAGS = {
    "images": "Generate, edit and merge images.",
    "models": "The models that the key may use.",
    "usage": "The recorded calls and their cost.",
}
LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "Number of records, the latest first.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
}
PERIOD = {
    "name": "period_type",
    "in": "query",
    "description": "Length of a period.",
    "schema": {"type": "string", "enum": ["hour", "day", "month"], "default": "day"},
}


def describe_api(contract: Contract, terms: Terms, server: str = LOCAL_SERVER) -> Json:
    """Return the OpenAPI document of the whole API: one POST, three GETs, one error envelope.

    Args:
        contract: The contract documents.
        terms: The contract under settings; the request schemas follow from it.
        server: The origin that generated clients call by default.
    """
    return {
        "openapi": "3.1.0",
        "info": describe_project(),
        "servers": [
            {"url": server, "description": "omixa-mock"},
            {"url": REAL_SERVER, "description": "The real gateway, which bills."},
        ],
        "security": [{"key": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": {
            "/api/v1/images/generations": {"post": describe_generation(contract, terms)},
            **describe_reads(terms),
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "omx_live_…"}},
            "schemas": describe_components(contract, terms),
            "responses": {name: describe_refusal(contract, terms, name) for name in REFUSALS},
        },
        # Beside the schemas, because generators read a member `type` or `required` inside them as a keyword.
        "x-omixa-provenance": describe_provenance(contract, terms),
    }


def describe_project() -> Json:
    """Return the member `info`."""
    return {
        "title": "Omixa image gateway (fake)",
        "version": VERSION,
        "description": "Generated from omixa-mock's schemas. x-omixa-provenance has the source of each rule.",
        "contact": {"name": "omixa-mock", "url": REPOSITORY},
        "license": {"name": "MIT", "url": f"{REPOSITORY}/blob/main/LICENSE"},
    }


def describe_generation(contract: Contract, terms: Terms) -> Json:
    """Return the operation POST /api/v1/images/generations."""
    content = {"schema": reference("ImageRequest"), "examples": request_examples(terms)}
    images = response_examples(terms)["ImageResponse"]
    refusals = {str(terms.errors[name].status): {"$ref": f"#/components/responses/{name}"} for name in REFUSALS}
    fault = error_example(terms, "internal_error", contract.table["errors"]["internal_error"]["meaning"])
    return {
        "operationId": "generateImages",
        "summary": "Generate, edit or merge images",
        "description": "Generates without `input_images`, edits one, and merges several.",
        "tags": ["images"],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            str(terms.settings.success_status): describe_response("The images and the bill", "ImageResponse", images),
            **refusals,
            "default": describe_response(contract.responses["error"]["title"], "ErrorResponse", fault),
        },
    }


def describe_reads(terms: Terms) -> Json:
    """Return the paths of the GET endpoints."""
    examples = response_examples(terms)
    refusals = {str(terms.errors["invalid_key"].status): {"$ref": "#/components/responses/invalid_key"}}
    invalid = {str(terms.errors["invalid_request"].status): {"$ref": "#/components/responses/invalid_request"}}

    def read(operation: str, tag: str, schema: str, text: str, parameters: list[Json]) -> Json:
        success = {"200": describe_response(text, schema, examples[schema])}
        responses = {**success, **refusals, **(invalid if parameters else {})}
        about = {"operationId": operation, "summary": text, "description": f"{text}.", "tags": [tag]}
        return {"get": {**about, "parameters": parameters, "responses": responses}}

    return {
        "/api/v1/models": read("listModels", "models", "ModelsResponse", "The models that the key may use", []),
        "/api/v1/usage/requests": read("listUsage", "usage", "UsageRequestsResponse", "One record a call", [LIMIT]),
        "/api/v1/usage/rollups": read(
            "rollUpUsage", "usage", "UsageRollupsResponse", "Calls and cost by period", [PERIOD]
        ),
    }


def describe_refusal(contract: Contract, terms: Terms, name: str) -> Json:
    """Return the description of a refusal, in the documented envelope."""
    meaning = contract.table["errors"][name]["meaning"]
    return describe_response(meaning, "ErrorResponse", error_example(terms, name, meaning))


def describe_response(text: str, schema: str, example: Json) -> Json:
    """Return the description of a JSON response."""
    return {"description": text, "content": {"application/json": {"schema": reference(schema), "example": example}}}


def describe_provenance(contract: Contract, terms: Terms) -> Json:
    """Return the provenance of each rule of the schemas, by the rule's id; a rule of several models has the first's."""
    schemas = [*(contract.requests[model] for model in reversed(terms.models)), *contract.responses.values()]
    rules = (rule for schema in schemas for rule in rules_of(schema["x-omixa-document"], schema))
    return {rule.id: {key: text for key, text in structs.asdict(rule.provenance).items() if text} for rule in rules}
