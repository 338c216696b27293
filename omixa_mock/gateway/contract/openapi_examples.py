"""Examples of the OpenAPI description: bodies that the gateway accepts and returns under the given settings."""

from __future__ import annotations

from typing import Any

from omixa_mock.gateway.money import on_the_wire

from .contract import Terms

__all__ = ["error_example", "request_examples", "response_examples"]

Json = Any
# A PNG of one pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM4IWcDAALUASNyYth2AAAAAElFTkSuQmCC"
CREATED = 1780660800


def request_examples(terms: Terms) -> Json:
    """Return the named examples of an image request: a generation and an edit."""
    body = {"model": next(iter(terms.models)), "prompt": "a cat"}
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    return {
        "generation": {"summary": "Generate an image", "value": body},
        "edit": {"summary": "Edit an image", "value": {**body, "prompt": "a red hat", "input_images": [part]}},
    }


def response_examples(terms: Terms) -> dict[str, Json]:
    """Return an example of each response, by the name of its component."""
    model, facts = next(iter(terms.models.items()))
    cost = on_the_wire(terms.price(model, "auto", "auto"))
    price = {"per_image": cost, "currency": "USD"}
    record = {"id": "req_1", "created": CREATED, "model": model, "operation": "generate", "stream": False}
    record |= {"status": terms.settings.success_status, "tokens": None, "cost": cost, "latency_ms": 12, "error": None}
    period = {"period": "2026-06-05", "requests": 1, "failed": 0, "images": 1, "cost": cost}
    return {
        "ImageResponse": {
            "created": CREATED,
            "data": [{"b64_json": PNG, "url": None}],
            "usage": {"billed_amount": cost},
        },
        "ModelsResponse": {
            "data": [{"id": model, "modality": facts["modality"], "provider": terms.routes(model)[0], "price": price}]
        },
        "UsageRequestsResponse": {"data": [record]},
        "UsageRollupsResponse": {"period_type": "day", "data": [period]},
    }


def error_example(terms: Terms, name: str, message: str) -> Json:
    """Return the body of an error under settings."""
    row = terms.errors[name]
    return {"error": {"message": message, "type": row.type, "code": row.code}}
