"""OpenAPI components, made from the schemas: plain JSON Schema that every generator of clients accepts.

Generators differ in what they support. So a component has no `$defs`, `$id`, `title` or keyword of our own,
`enum` in place of `const`, `anyOf` in place of several types, and a name for every object. A default is a part
of the description, since clients would send a `default` with every request, or require the field.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .contract import Contract, Terms
from .rules import apply_settings, resolve

__all__ = ["describe_components", "reference", "request_name"]

Json = Any
# The component of each object, by its path in the rules' ids. A mask may be written as an image part.
NAMES = {
    "request.input_images.item": "ImagePart",
    "request.input_images.item.image_url": "ImageUrl",
    "request.mask": "ImagePart",
    "request.mask.image_url": "ImageUrl",
    "response": "ImageResponse",
    "response.data.item": "GeneratedImage",
    "response.usage": "ImageUsage",
    "error": "ErrorResponse",
    "error.error": "ErrorDetail",
    "models": "ModelsResponse",
    "models.data.item": "ImageModel",
    "models.data.item.price": "ModelPrice",
    "usage-requests": "UsageRequestsResponse",
    "usage-requests.data.item": "UsageRecord",
    "usage-requests.data.item.error": "UsageError",
    "usage-rollups": "UsageRollupsResponse",
    "usage-rollups.data.item": "UsagePeriod",
}
KEYWORDS = {
    "array": ("items", "minItems", "maxItems"),
    "boolean": (),
    "integer": ("minimum", "maximum"),
    "null": (),
    "object": ("required", "properties", "additionalProperties", "not"),
    "string": ("minLength", "maxLength", "pattern"),
}
# The value null, in the one spelling that every generator has a type for.
ONLY_NULL = {"type": ["string", "null"], "const": None}
INT32_MAX = 2**31 - 1


def describe_components(contract: Contract, terms: Terms) -> dict[str, Json]:
    """Return the schemas of the description by component name, the requests under the given settings."""
    components: dict[str, Json] = {}
    for model in terms.models:
        schema = apply_settings(contract.requests[model], terms.settings)
        Components(schema, components).convert("request", schema, request_name(model, terms))
    if len(terms.models) > 1:
        components["ImageRequest"] = choose_by_model(terms)
    for schema in contract.responses.values():
        Components(schema, components).convert(schema["x-omixa-document"], schema)
    return components


def request_name(model: str, terms: Terms) -> str:
    """Return the component name of a model's requests: ImageRequest, unless there are several models."""
    if len(terms.models) == 1:
        return "ImageRequest"
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", model)) + "Request"


def choose_by_model(terms: Terms) -> Json:
    """Return the schema of a request to any of several models."""
    references = {model: reference(request_name(model, terms)) for model in terms.models}
    mapping = {model: schema["$ref"] for model, schema in references.items()}
    return {
        "description": "Body of POST /api/v1/images/generations. Its `model` selects the schema.",
        "anyOf": list(references.values()),
        "discriminator": {"propertyName": "model", "mapping": mapping},
    }


def reference(name: str) -> Json:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


class Components:
    """Converter of one schema, which adds each object with a name to the components."""

    def __init__(self, root: Json, components: dict[str, Json]) -> None:
        self._root = root
        self._components = components

    def convert(self, path: str, node: Json, name: str = "") -> Json:
        """Return a subschema as OpenAPI; `path` is its path in the rules' ids."""
        node = resolve(self._root, node)
        name = name or NAMES.get(path, "")
        about = describe_value(node)
        variants = [self._variant(path, node, kind) for kind in types_of(node)]
        if len(variants) == 1:
            return self._reference(name, about, variants[0]) or {**about, **variants[0]}
        return {**about, "anyOf": [self._reference(name, about, variant) or variant for variant in variants]}

    def _variant(self, path: str, node: Json, kind: str) -> Json:
        """Return the subschema of a value of one type."""
        if types_of(node) == ["null"]:
            return dict(ONLY_NULL)
        schema = {"type": kind, **{key: node[key] for key in KEYWORDS[kind] if key in node}}
        if values := [value for value in values_of(node) if kind != "null" and type_of(value) == kind]:
            schema["enum"] = values
        if "properties" in schema:
            children = schema["properties"].items()
            schema["properties"] = {name: self.convert(f"{path}.{name}", child) for name, child in children}
        if "items" in schema:
            schema["items"] = self.convert(f"{path}.item", schema["items"])
        if schema.get("maximum", 0) > INT32_MAX:
            schema["format"] = "int64"
        return schema

    def _reference(self, name: str, about: Json, schema: Json) -> Json | None:
        """Return a reference to an object's component; None if it has no name, or another object has it."""
        if not name or schema["type"] != "object":
            return None
        known = self._components.setdefault(name, {**about, **schema})
        return reference(name) if without_description(known) == schema else None


def describe_value(node: Json) -> Json:
    """Return the description of a subschema, which ends with its default."""
    default = f"Default: {json.dumps(node['default'])}." if "default" in node else ""
    text = " ".join(filter(None, (node.get("description", ""), default)))
    return {"description": text} if text else {}


def types_of(node: Json) -> list[str]:
    """Return the types that a subschema accepts; without `type`, those of its values."""
    types = node.get("type") or list(dict.fromkeys(type_of(value) for value in values_of(node)))
    return types if isinstance(types, list) else [types]


def values_of(node: Json) -> list[Json]:
    """Return the values of `enum` or `const`; none if there is neither."""
    return [node["const"]] if "const" in node else node.get("enum", [])


def type_of(value: Json) -> str:
    """Return the JSON type of a value of an `enum`."""
    return "null" if value is None else "string" if isinstance(value, str) else "integer"


def without_description(schema: Json) -> Json:
    """Return a schema without its own description."""
    return {key: child for key, child in schema.items() if key != "description"}
