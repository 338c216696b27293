"""Comparison of a page's fields with a request schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from omixa_mock.gateway.contract import resolve

from .cells import Accepted, find_default, is_nothing, read_accepted, read_required, read_type
from .difference import Drift, Kind, request_file, show
from .table import Field

__all__ = ["compare_fields", "types_of"]

Json = Any
# The limits' keywords, by type.
LIMITS: Final = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
}
# A model's id, marked as code in prose.
MODEL: Final = re.compile(r"`(?=[^`]*\d)([a-zA-Z]+-[\w.-]+)`")
BOOLEANS: Final = {"true", "false"}


def compare_fields(fields: Sequence[Field], schema: Json, model: str) -> Iterator[Drift]:
    """Yield every difference of fields from a request schema, in the table's sequence; removed fields come last."""
    for field in fields:
        node, parent = find_node(schema, field.name)
        if node is None:
            yield Drift(field.name, "added", describe(field), "no such field", request_file(model, "properties"))
        else:
            yield from compare_field(field, node, is_required(field.name, parent), model)
    named = {field.name for field in fields}
    for name, node in schema["properties"].items():
        if name not in named:
            expected = f"{' or '.join(types_of(node))}, {'required' if name in schema['required'] else 'optional'}"
            yield Drift(name, "removed", "nothing of this field", expected, request_file(model, "properties", name))


def find_node(schema: Json, name: str) -> tuple[Json | None, Json]:
    """Return the schemas of a field and of its object; `input_images[].type` is a member of an item."""
    node, parent = schema, schema
    for step in name.replace("[]", ".[]").replace("[0]", ".[]").split("."):
        parent = node
        child = node.get("items") if step == "[]" else node.get("properties", {}).get(step)
        if child is None:
            return None, parent
        node = resolve(schema, child)
    return node, parent


def is_required(name: str, parent: Json) -> bool:
    """Return True if a field's object requires it."""
    return name.rpartition(".")[2] in parent.get("required", ())


def types_of(node: Json) -> list[str]:
    """Return the types that a schema accepts."""
    kind = node.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def describe(field: Field) -> str:
    """Return a row on one line."""
    required = {True: "required", False: "optional", None: field.required}[read_required(field.required or "?")]
    cells = (field.type, required, field.accepted, field.default and f"default {field.default}")
    return " · ".join(show([cell.replace("\n", ", ")]) for cell in cells if cell)


def compare_field(field: Field, node: Json, required: bool, model: str) -> Iterator[Drift]:  # noqa: FBT001
    """Yield every difference between a row and its schema."""
    steps = ("properties", *field.name.replace("[]", ".items").split("."))

    def drift(kind: Kind, page: str, schema: str, *keyword: str) -> Drift:
        return Drift(field.name, kind, page, schema, request_file(model, *steps, *keyword))

    if field.type is not None and read_type(field.type) != frozenset(types_of(node)):
        yield drift("type", show([field.type]), " or ".join(types_of(node)), "type")
    if field.required is not None and read_required(field.required) is not required:
        flag = {True: "required", False: "optional", None: show([field.required])}[read_required(field.required)]
        yield Drift(
            field.name, "required", flag, "required" if required else "optional", request_file(model, "required")
        )
    if field.accepted is not None:
        for kind, page, expected, keyword in compare_accepted(field.accepted, node):
            yield drift(kind, page, expected, keyword)
    for name in MODEL.findall(field.prose):
        if "const" in node and name != node["const"]:
            yield drift("accepted values", f"{name} in its description", show([node["const"]]), "const")
    default = default_of(field)
    if default is not None and default != json_text(node.get("default")):
        yield drift("default", default, json_text(node.get("default")) or "no default", "default")
    elif default is None and "default" in node and is_documented(node, "default"):
        yield drift("default", "no default", json_text(node["default"]), "default")


def default_of(field: Field) -> str | None:
    """Return the default of a row, from its column or its prose; None if it has none."""
    if field.default is not None:
        return None if is_nothing(field.default) else field.default.strip("`\"' ")
    values = read_accepted(field.accepted or "").values
    return find_default(f"{field.accepted or ''}\n{field.prose}", values)


def json_text(value: Any) -> str:
    """Return a value as a page prints it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def compare_accepted(cell: str, node: Json) -> Iterator[tuple[Kind, str, str, str]]:
    """Yield every difference of a cell of accepted values: kind, page, schema, keyword."""
    keyword = "const" if "const" in node else "enum"
    listed = [json_text(value) for value in ([node["const"]] if "const" in node else node.get("enum", []))]
    accepted = read_accepted(cell)
    if accepted.is_any and set(cell.split()) & set(listed):
        # A list without commas. Only its known values distinguish it from prose.
        accepted = Accepted(values=tuple(cell.split()))
    is_boolean = "boolean" in types_of(node) and set(accepted.values) <= BOOLEANS
    if set(accepted.values) != set(listed) and not is_boolean:
        yield (
            "accepted values",
            describe_values(accepted, cell, listed),
            show(listed) if listed else limits_text(node),
            keyword,
        )
    elif accepted.unread:
        yield "accepted values", show([cell]), limits_text(node), keyword
    elif not listed and not is_boolean:
        yield from compare_limits(accepted, node)


def describe_values(accepted: Accepted, cell: str, listed: Sequence[str]) -> str:
    """Return a page's values, with those that are new or gone."""
    if not accepted.values:
        return show([cell or "nothing of values"])
    new = [value for value in accepted.values if value not in listed]
    gone = [value for value in listed if value not in accepted.values]
    notes = [f"{word}: {show(values)}" for word, values in (("new", new), ("gone", gone)) if values and listed]
    return show(accepted.values) + (f" ({'; '.join(notes)})" if notes else "")


def compare_limits(accepted: Accepted, node: Json) -> Iterator[tuple[Kind, str, str, str]]:
    """Yield every difference of a limit. A limit that the page omits differs only if the schema has it from a page."""
    for keyword, limit in zip(limits_of(node), (accepted.low, accepted.high), strict=False):
        ours = node.get(keyword)
        is_omitted = limit is None and not (ours is not None and is_documented(node, keyword))
        if not is_omitted and (limit is None or ours is None or limit != Decimal(str(ours))):
            yield "range", f"{keyword} {limit}" if limit is not None else f"no {keyword}", limits_text(node), keyword


def limits_of(node: Json) -> tuple[str, ...]:
    """Return the limits' keywords for a schema's type."""
    return next((LIMITS[kind] for kind in types_of(node) if kind in LIMITS), ())


def limits_text(node: Json) -> str:
    """Return a schema's limits as text."""
    limits = [f"{keyword} {node[keyword]}" for keyword in limits_of(node) if keyword in node]
    return ", ".join(limits) or "any value of its type"


def is_documented(node: Json, keyword: str) -> bool:
    """Return True if the schema has a keyword from a page of the documentation."""
    status: str = node.get("x-omixa-provenance", {}).get(keyword, {}).get("status", "")
    return status == "documented"
