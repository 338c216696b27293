"""Explanations of rules, settings, errors, faults and fields of other APIs: as JSON, and as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from omixa_mock.gateway import CATALOGUE, Rule, describe_settings
from omixa_mock.gateway.contract import OPENAI_FIELDS
from omixa_mock.shipped import shipped_contract

__all__ = [
    "describe_rule",
    "describe_setting",
    "explainable_names",
    "find_explanations",
    "format_default",
    "format_text",
]

Json = dict[str, Any]


def explainable_names() -> list[str]:
    """Return the names of everything that can be explained."""
    faults = (name for name in CATALOGUE if name not in errors())
    return [*rules_by_id(), *describe_settings(), "keys", *errors(), *faults, *OPENAI_FIELDS]


def find_explanations(name: str) -> list[Json]:
    """Return what is known of a rule, setting, error, status, fault, field, or beginning of ids; empty if nothing."""
    rules = rules_by_id()
    if name in rules:
        return [describe_rule(rules[name])]
    found = [describe_error(error) for error, row in errors().items() if name in {error, str(row["status"])}]
    found += [describe_fault(name)] if name in CATALOGUE else []
    found += [describe_foreign_field(name)] if name in OPENAI_FIELDS else []
    found += [describe_setting(name)] if name == "keys" or name in describe_settings() else []
    beginnings = (f"{name}.", f"request.{name}.")
    return found or [describe_rule(rule) for rule in rules.values() if rule.id.startswith(beginnings)]


def rules_by_id() -> dict[str, Rule]:
    """Return every rule of the contract by its id."""
    return {rule.id: rule for rule in shipped_contract().rules()}


def errors() -> Mapping[str, Any]:
    """Return the error table with provenance."""
    table: Mapping[str, Any] = shipped_contract().table["errors"]
    return table


def describe_rule(rule: Rule) -> Json:
    """Return a rule as JSON, with its provenance."""
    provenance = {name: getattr(rule.provenance, name) or None for name in ("status", "page", "because", "setting")}
    return {"kind": "rule", "name": rule.id, "keyword": rule.keyword, "value": rule.value,
            "description": rule.description or None, **provenance}  # fmt: skip


def describe_error(name: str) -> Json:
    """Return an error as JSON, with the provenance of each column."""
    row = errors()[name]
    columns = ("status", "type", "code")
    provenance = {column: row["provenance"][column]["status"] for column in columns}
    meaning = {"meaning": row["meaning"], "provenance": provenance}
    return {"kind": "error", "name": name, **{column: row[column] for column in columns}, **meaning}


def describe_fault(name: str) -> Json:
    """Return a fault of the catalogue as JSON."""
    fault = CATALOGUE[name]
    return {"kind": "fault", "name": name, "text": fault.text, "injected": [*fault.moments], "status": fault.provenance}


def describe_foreign_field(name: str) -> Json:
    """Return a field of other image APIs as JSON: who sends it, and what to do."""
    field = OPENAI_FIELDS[name]
    return {
        "kind": "field",
        "name": name,
        "refused_by": "request.additionalProperties",
        "sent_by": field.clients,
        "instead": field.remedy,
        "ignore": f'omixa-mock serve --allow-field {name}; in tests: allowed_fields="{name}"',
        "caution": ("the image would be lost" if field.renamed else field.caution) or None,
    }


def describe_setting(name: str) -> Json:
    """Return a setting as JSON: default, choices, text, and the rules that depend on it."""
    rules = [rule_id for rule_id, rule in rules_by_id().items() if rule.provenance.setting == name]
    if name == "keys":
        return {"kind": "setting", "name": name, "default": "any", "choices": ["any", "issued"], "rules": rules,
                "text": "the accepted API keys, or a list of keys"}  # fmt: skip
    kind, text, default = describe_settings()[name]
    shown = default if isinstance(default, str | int | float) else format_default(default)
    choices = [*get_args(kind)] if get_origin(kind) is Literal else None
    return {"kind": "setting", "name": name, "default": shown, "choices": choices, "text": text, "rules": rules}


def format_default(value: Any) -> str:
    """Format a default that is neither a word nor a number."""
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) if not hasattr(value, "items") else "as shipped"


def format_text(explanation: Json) -> list[str]:
    """Return an explanation as lines of text."""
    return FORMATS[explanation["kind"]](explanation)


def format_rule(rule: Json) -> list[str]:
    """Return the lines on a rule."""
    is_sentence = rule["keyword"] == "behaviour" or rule["keyword"].startswith("x-omixa")
    value = rule["description"] if is_sentence else f"{rule['keyword']}: {json.dumps(rule['value'])}"
    setting = describe_setting(rule["setting"]) if rule["setting"] else None
    rows = {
        "rule": value,
        "field": None if is_sentence else rule["description"],
        "status": rule["status"] + (f" ({rule['page']})" if rule["page"] else ""),
        "because": rule["because"],
        "setting": setting and format_setting(setting)[0],
    }
    return [rule["name"], *format_rows(rows)]


def format_error(error: Json) -> list[str]:
    """Return the lines on an error."""
    columns = {column: f"{error[column]} ({status})" for column, status in error["provenance"].items()}
    return [error["name"], *format_rows({"error": error["meaning"], **columns})]


def format_fault(fault: Json) -> list[str]:
    """Return the lines on a fault."""
    moments = " or ".join(moment.replace("_", " ") for moment in fault["injected"])
    return [fault["name"], *format_rows({"fault": fault["text"], "injected": moments, "status": fault["status"]})]


def format_field(field: Json) -> list[str]:
    """Return the lines on a field of other image APIs."""
    rows = {
        "field": f"no page documents {field['name']} as a field of a request",
        "refused": f"by {field['refused_by']} (assumed)",
        "sent by": field["sent_by"],
        "instead": field["instead"],
        "ignore": f"by {field['ignore']}",
        "but": field["caution"],
    }
    return [field["name"], *format_rows(rows)]


def format_setting(setting: Json) -> list[str]:
    """Return a setting on one line, and its rules on the others."""
    rules = [f"  {rule_id}" for rule_id in setting["rules"]]
    if setting["name"] == "keys":
        return ["keys = any (or issued, or a list of keys)", *rules]
    choices = f" of {', '.join(map(str, setting['choices']))}" if setting["choices"] else ""
    first = f"{setting['name']} = {setting['default']}{choices}: {setting['text']}"
    return [first, *rules]


def format_rows(rows: Mapping[str, str | None]) -> list[str]:
    """Return the rows that have a text, in two columns."""
    return [f"  {name:<9} {text}" for name, text in rows.items() if text]


FORMATS: Mapping[str, Callable[[Json], list[str]]] = {
    "rule": format_rule,
    "error": format_error,
    "fault": format_fault,
    "field": format_field,
    "setting": format_setting,
}
