"""Does an instance keep its schema, and if not, which rules does it break?

One source, two readers: `jsonschema-rs` accepts in a microsecond; only when it
refuses is `jsonschema` imported to explain (a tenth of a second, once). A test
holds that they agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import jsonschema_rs
from msgspec import Struct

from .repair import Violation, pointer, say
from .rules import Provenance

__all__ = ["Doubt", "Judge"]

Json = Any
# A list of a million wrong items breaks a million rules: nobody reads beyond the first ones.
ERRORS_MAX = 1000
VIOLATIONS_MAX = 100


class Doubt(Struct, gc=False, frozen=True):
    """Something allowed but doubtful, unless its setting has the value under which it is refused."""

    violation: Violation
    refused_when: str | None


class Judge:
    """Judges instances by one schema.

    Args:
        document: First part of the rules' ids, for instance `request`.
        schema: The schema in force.

    Attributes:
        defaults: What fields are where an instance has none.
    """

    def __init__(self, document: str, schema: Json) -> None:
        self.document = document
        self.schema = schema
        self.defaults = {name: row["default"] for name, row in schema.get("properties", {}).items() if "default" in row}
        self._accepts = jsonschema_rs.Draft202012Validator(schema).is_valid
        self._advisories = schema.get("x-omixa-advisories", {})
        # Most requests are beyond doubt: one look instead of one an advisory.
        doubtless = {"allOf": [entry["schema"] for entry in self._advisories.values()]} if self._advisories else True
        self._beyond_doubt = jsonschema_rs.Draft202012Validator(doubtless).is_valid
        self._compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def accepts(self, instance: Json) -> bool:
        """Whether `instance` keeps every rule of the schema."""
        return self._accepts(instance)

    def doubts(self, instance: Json) -> list[Doubt]:
        """What is allowed but doubtful about `instance`."""
        if self._beyond_doubt(instance):
            return []
        return [
            read_doubt(self.document, name, entry)
            for name, entry in self._advisories.items()
            if not self._keeps(name, instance)
        ]

    def _keeps(self, advisory: str, instance: Json) -> bool:
        """Whether there is no reason for one advisory."""
        if advisory not in self._compiled:
            self._compiled[advisory] = jsonschema_rs.Draft202012Validator(self._advisories[advisory]["schema"])
        return self._compiled[advisory].is_valid(instance)

    def violations(self, instance: Json) -> list[Violation]:
        """Every rule that `instance` breaks, sorted by place; empty where it breaks none."""
        if self._accepts(instance):
            return []
        from jsonschema import Draft202012Validator

        errors = list(islice(Draft202012Validator(self.schema).iter_errors(instance), ERRORS_MAX))
        # Where the type is wrong, what else the schema asks of the value says nothing more.
        mistyped = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
        errors = [error for error in errors if error.validator == "type" or tuple(error.absolute_path) not in mistyped]
        explained = (violation for error in errors for violation in self._explain(error))
        found = {violation.key: violation for violation in islice(explained, VIOLATIONS_MAX)}
        return sorted(found.values(), key=lambda violation: violation.key)

    def _explain(self, error: Any) -> Iterator[Violation]:
        """One jsonschema error as violations, each about one field."""
        path = tuple(error.absolute_path)
        entry = error.schema.get("x-omixa-provenance", {}).get(error.validator, {})
        names = ["item" if isinstance(step, int) else step for step in path]
        rule = ".".join([self.document, *names, entry.get("rule", error.validator)])
        provenance = Provenance.read(entry)
        for place, message in say(error.validator, error.validator_value, error.instance, error.schema):
            yield Violation(pointer((*path, *place)), rule, message, provenance)


def read_doubt(document: str, name: str, entry: Json) -> Doubt:
    """A row of `x-omixa-advisories`."""
    violation = Violation("/", f"{document}.{name}", entry["message"], Provenance.read(entry))
    return Doubt(violation, entry.get("refused_when"))
