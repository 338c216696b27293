"""Contract rules with ids and provenance.

A rule's id consists of the document, the path of property names (`item` for
the elements of an array), and the JSON Schema keyword or the name that the
schema gives in its place: `request.n.maximum`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from .settings import Settings

__all__ = ["Provenance", "Rule", "apply_settings", "resolve", "rules_of"]

Json = Any


class Provenance(Struct, frozen=True):
    """Provenance of a rule.

    Attributes:
        status: `documented`, `inferred` or `assumed`.
        page: The page that documents it, or from which it is inferred.
        setting: The setting that changes an assumption.
        because: The reason for the inference or assumption.
    """

    status: str
    page: str = ""
    setting: str = ""
    because: str = ""

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Provenance:
        """Parse an `x-omixa-provenance` entry."""
        return cls(*(str(entry.get(name) or "") for name in ("status", "page", "setting", "because")))

    def __str__(self) -> str:
        if self.setting:
            return f"{self.status}: setting {self.setting}"
        return f"{self.status}: {self.page}" if self.page else self.status


class Rule(Struct, frozen=True):
    """Assertion of the contract: `keyword` with its `value`, at the path in the id."""

    id: str
    keyword: str
    value: Json
    provenance: Provenance
    description: str = ""


def resolve(schema: Json, node: Json) -> Json:
    """Return `node` with its local `$ref`, if it has one, merged in."""
    if "$ref" not in node:
        return node
    target = schema
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def rules_of(document: str, schema: Json) -> Iterator[Rule]:
    """Yield every rule of a schema, in document order."""
    yield from walk(document, schema, schema)


def walk(path: str, node: Json, schema: Json) -> Iterator[Rule]:
    """Yield the rules of a subschema and of its descendants."""
    node = resolve(schema, node)
    for keyword, entry in node.get("x-omixa-provenance", {}).items():
        name = entry.get("rule", keyword)
        yield Rule(f"{path}.{name}", keyword, node.get(keyword), Provenance.read(entry), node.get("description", ""))
    for kind in ("x-omixa-beyond", "x-omixa-advisories"):
        for name, entry in node.get(kind, {}).items():
            text = entry.get("description") or entry.get("message", "")
            yield Rule(f"{path}.{name}", kind, entry.get("schema"), Provenance.read(entry), text)
    for name, child in node.get("properties", {}).items():
        yield from walk(f"{path}.{name}", child, schema)
    if isinstance(node.get("items"), dict):
        yield from walk(f"{path}.item", node["items"], schema)


def apply_settings(node: Json, settings: Settings) -> Json:
    """Return the schema under settings: each assumed assertion depends on its setting.

    An assertion with `enforced` is removed if its setting has another value. One without
    takes its setting's value, translated by `values` if there is such a map.
    """
    if isinstance(node, list):
        return [apply_settings(child, settings) for child in node]
    if not isinstance(node, dict):
        return node
    applied = {key: apply_settings(child, settings) for key, child in node.items() if not key.startswith("x-omixa-")}
    for keyword, entry in node.get("x-omixa-provenance", {}).items():
        if not entry.get("setting") or keyword not in applied:
            continue
        value = getattr(settings, entry["setting"])
        if "enforced" not in entry:
            applied[keyword] = entry.get("values", {}).get(value, value)
        elif value != entry["enforced"]:
            del applied[keyword]
    return applied | {key: child for key, child in node.items() if key.startswith("x-omixa-")}
