"""Does an instance keep its schema, and if not, which rules does it break?

One source, two readers: `jsonschema-rs` lets pass in a microsecond what is beyond
doubt, as most is; only when it refuses is `jsonschema` imported to explain (a tenth
of a second, once). A test holds that they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs
from msgspec import Struct

from .rules import Provenance
from .violation_messages import Violation, pointer, say

__all__ = ["AdvisoryMatch", "Validator"]

Json = Any
Look = Callable[[Json], bool]
# A list of a million wrong items breaks a million rules: nobody reads beyond the first ones.
ERRORS_MAX = 1000
VIOLATIONS_MAX = 100


class AdvisoryMatch(Struct, frozen=True):
    """Something allowed but doubtful, unless its setting has the value under which it is refused."""

    violation: Violation
    refused_when: str | None


class Validator:
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
        self._advisories = schema.get("x-omixa-advisories", {})
        doubtless = [*schema.get("allOf", ()), *(entry["schema"] for entry in self._advisories.values())]
        self._passes = compiled({**schema, "allOf": doubtless} if doubtless else schema)
        self._keeping: dict[str, Look] = {}

    def passes(self, instance: Json) -> bool:
        """Whether `instance` keeps every rule of the schema, and is beyond doubt: one look, and nothing to explain."""
        return self._passes(instance)

    def accepts(self, instance: Json) -> bool:
        """Whether `instance` keeps every rule of the schema."""
        return self._passes(instance) or self._accepts(instance)

    @cached_property
    def _accepts(self) -> Look:
        return compiled(self.schema)

    def advisories(self, instance: Json) -> list[AdvisoryMatch]:
        """What is allowed but doubtful about `instance`."""
        return [
            read_advisory_match(self.document, name, entry)
            for name, entry in self._advisories.items()
            if not self._keeps(name, instance)
        ]

    def _keeps(self, advisory: str, instance: Json) -> bool:
        """Whether there is no reason for one advisory."""
        if advisory not in self._keeping:
            self._keeping[advisory] = compiled(self._advisories[advisory]["schema"])
        return self._keeping[advisory](instance)

    def violations(self, instance: Json) -> list[Violation]:
        """Every rule that `instance` breaks, sorted by place; empty where it breaks none."""
        if self.accepts(instance):
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


def compiled(schema: Json) -> Look:
    """What says whether an instance keeps a schema."""
    return jsonschema_rs.Draft202012Validator(schema).is_valid


def read_advisory_match(document: str, name: str, entry: Json) -> AdvisoryMatch:
    """A row of `x-omixa-advisories`."""
    violation = Violation("/", f"{document}.{name}", entry["message"], Provenance.read(entry))
    return AdvisoryMatch(violation, entry.get("refused_when"))
