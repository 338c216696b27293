"""JSON Schema of a configuration file, made from the names and types that `serve` accepts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from omixa_mock.configuration import ALIASES
from omixa_mock.file_names import PROFILE_NAMES, SERVER_NAMES
from omixa_mock.gateway import Contract, Duration, describe_settings
from omixa_mock.gateway.contract import BOUNDS

__all__ = ["describe_config"]

Json = dict[str, Any]

# TOML has no null; a text must not have a NUL, which paths do not allow.
TEXT: Json = {"type": "string", "pattern": r"^[^\u0000]*$"}
TEXTS: Json = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
NAMES: Json = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
SIZE: Json = {"type": "string", "pattern": r"^\s*[0-9]+\s*([KMGkmg][Ii]?[Bb]|[Bb])?\s*$"}
AMOUNT: Json = {
    "anyOf": [
        {"type": "number", "minimum": 0, "exclusiveMaximum": 10**12},
        {"type": "string", "pattern": r"^\s*([0-9]{1,12}(\.[0-9]*)?|\.[0-9]+)\s*$"},
    ]
}
SECONDS: Json = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*$"}]
}
FEW = 100
NUMBER = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)(ms|s|m)?"
DURATION: Json = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 86_400},
        {"type": "string", "pattern": rf"^({NUMBER}|lognormal:{NUMBER}|(uniform|lognormal):{NUMBER}\.\.{NUMBER})$"},
    ]
}
TABLES: Mapping[str, Json] = {
    "prices": {"type": "object", "additionalProperties": {"anyOf": [AMOUNT, {"type": "object"}]}},
    "routes": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    "errors": {"type": "object", "additionalProperties": {"type": "object"}},
}
SERVER: Mapping[str, Json] = {
    "port": {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 65535},
            {"type": "string", "pattern": r"^[0-9]{1,5}$"},
        ]
    },
    "journal_bytes": {"anyOf": [{"type": "integer", "minimum": 0}, SIZE]},
    "keys": TEXTS,
    "allow_host": TEXTS,
    "cors_origin": TEXTS,
    "no_inspector": {"type": "boolean"},
    "log": {"enum": ["all", "refused", "none"]},
    "faults": {"type": "array", "items": {"anyOf": [TEXT, {"$ref": "#/$defs/fault-plan"}]}},
}
PROFILE: Mapping[str, Json] = {"target": TEXT, "date": TEXT, "observed": {"type": "array", "items": TEXT}}


def describe_config(contract: Contract) -> Json:
    """Return the JSON Schema of a configuration file. An editor reads TOML as JSON; dates are text for it."""
    server = {name: SERVER.get(name, TEXT) | {"description": accepted} for name, (_, accepted) in SERVER_NAMES.items()}
    settings = {
        name: describe_value(name, kind) | {"description": text}
        for name, (kind, text, _) in describe_settings().items()
    }
    profile = {name: PROFILE[name] | {"description": accepted} for name, (_, accepted) in PROFILE_NAMES.items()}
    tables = {"settings": describe_table(settings), "profile": describe_table(profile)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:omixa-mock:schema:config",
        "title": "Configuration file of omixa-mock serve --config",
        **describe_table(server | tables),
        "$defs": {"fault-plan": contract.controls["fault-plan"]},
    }


def describe_table(names: Mapping[str, Json]) -> Json:
    """Return the schema of a table: each name also with hyphens, and by its second name."""
    spellings = {
        spelling: value
        for name, value in names.items()
        for given in (name, ALIASES.get(name))
        if given
        for spelling in (given, given.replace("_", "-"))
    }
    return {"type": "object", "properties": spellings, "additionalProperties": False}


def describe_value(name: str, kind: Any) -> Json:
    """Return the schema of a setting's value."""
    if name in TABLES:
        return TABLES[name]
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return {"enum": [*choices, *(str(choice) for choice in choices if not isinstance(choice, str))]}
    if kind is int:
        low, high = BOUNDS.get(name, (0, None))
        bounds = {"minimum": low} | ({} if high is None else {"maximum": high})
        # JSON Schema cannot compare a number in a text: a few are listed.
        few = range(low, high + 1) if high is not None and high <= FEW else ()
        size = SIZE if low == 0 else SIZE | {"pattern": SIZE["pattern"].replace("[0-9]+", "0*[1-9][0-9]*", 1)}
        text = {"type": "string", "pattern": rf"^\s*({'|'.join(map(str, few))})[Bb]?\s*$"} if few else size
        return {"anyOf": [{"type": "integer", **bounds}, text]}
    return {Decimal: AMOUNT, float: SECONDS, Duration: DURATION}.get(kind, NAMES)
