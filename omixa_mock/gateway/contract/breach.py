"""Violated keyword of JSON Schema at one place of a document, and tests of the values that would be valid there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from .rules import resolve

__all__ = ["CREATED", "DATA_URL", "SECONDS_MAX", "Breach", "example_of", "format_advice"]

Json = Any
# Heads of values that are too long for a message. No value with an ellipsis is meant to be sent as it is.
DATA_URL = "data:image/png;base64,…"
BASE64 = "iVBORw0KGgo…"
TEXTS = (DATA_URL, "0.039000", "2026-06-05")
# What the documentation's samples have in these members.
TEXTS_BY_NAME: Mapping[str, str] = {
    "prompt": "a cat",
    "message": "Insufficient wallet balance.",
    "type": "billing_error",
    "code": "insufficient_balance",
    "id": "gpt-image-1.5",
    "modality": "image",
    "provider": "azure-openai",
    "b64_json": BASE64,
}
# As in responses/image.json: a larger number would be milliseconds.
SECONDS_MAX = 99_999_999_999
CREATED = 1_780_660_800


class Breach(Struct, frozen=True):
    """Violated keyword.

    Attributes:
        keyword: The keyword, for instance `maximum`.
        accepted: The keyword's value.
        actual: The value in the document.
        schema: The subschema that has the keyword.
        path: The path of the value.
        root: The whole schema.
        document: The whole document.
    """

    keyword: str
    accepted: Json
    actual: Json
    schema: Json
    path: tuple[str | int, ...]
    root: Json
    document: Json

    @property
    def in_request(self) -> bool:
        """Return True if the document is a request."""
        return bool(self.root.get("x-omixa-document") == "request")

    @property
    def verb(self) -> str:
        """Return the verb of a correction: clients send requests, and servers write responses."""
        return "Send" if self.in_request else "Write"

    @property
    def can_be_left_out(self) -> bool:
        """Return True if the value is an optional member of an object."""
        if not self.path or isinstance(self.path[-1], int):
            return False
        return self.path[-1] not in schema_at(self.root, self.path[:-1]).get("required", ())

    def fits(self, value: Json) -> bool:
        """Return True if `value` would break no rule in place of the actual value."""
        return self.is_valid(self.schema, value) and self._may_be_combined(value)

    def is_valid(self, schema: Json, value: Json) -> bool:
        """Return True if `value` is valid by a subschema."""
        from jsonschema import Draft202012Validator  # slow to import; only refusals need it

        return Draft202012Validator({**schema, "$defs": self.root.get("$defs", {})}).is_valid(value)

    def _may_be_combined(self, value: Json) -> bool:
        """Return True if the root's `not` allows `value` beside the other members, or forbids the actual one too."""
        if len(self.path) != 1 or "not" not in self.root:
            return True
        forbidden = self.root["not"]
        return not self.is_valid(forbidden, {**self.document, self.path[0]: value})

    def example(self) -> Json:
        """Return a value that fits; text with an ellipsis stands for an image."""
        return example_of(self.schema, self.root, str(self.path[-1]) if self.path else "")


def format_advice(value: Json) -> str:
    """Return a value as JSON that can be sent."""
    return json.dumps(value, ensure_ascii=False)


def schema_at(root: Json, path: tuple[str | int, ...]) -> Json:
    """Return the subschema at a path of a document; empty if there is none."""
    node = resolve(root, root)
    for step in path:
        child = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
        node = resolve(root, child) if isinstance(child, dict) else {}
    return node


def example_of(schema: Json, root: Json, name: str = "") -> Json:
    """Return a valid value of a schema, as short as possible; text with an ellipsis stands for an image."""
    schema = resolve(root, schema)
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "null" in kinds or not kinds:
        return None
    return EXAMPLES[kinds[0]](schema, root, name)


def example_text(schema: Json, _: Json, name: str) -> str:
    """Return an example of a text."""
    if "pattern" in schema:
        return next((text for text in TEXTS if re.search(schema["pattern"], text)), DATA_URL)
    return TEXTS_BY_NAME.get(name, "a text")


def example_integer(schema: Json, _: Json, __: str) -> int:
    """Return an example of an integer."""
    if schema.get("maximum") == SECONDS_MAX:
        return CREATED
    return max(1, int(schema.get("minimum", 1)))


def example_object(schema: Json, root: Json, _: str) -> Json:
    """Return an example of an object, with its required members."""
    members = schema.get("properties", {})
    return {name: example_of(members.get(name, {}), root, name) for name in schema.get("required", ())}


EXAMPLES: Mapping[str, Any] = {
    "string": example_text,
    "integer": example_integer,
    "number": example_integer,
    "boolean": lambda *_: False,
    "array": lambda schema, root, name: [example_of(schema.get("items", {}), root, name)],
    "object": example_object,
}
