"""JSON Schema validation, with explained violations.

`jsonschema-rs` validates an instance in a microsecond. Only if it finds an error,
`jsonschema` and the messages are imported to explain it (a tenth of a second, once).
A test verifies that the two agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from msgspec import Struct

from .rules import Provenance
from .violation import Violation, pointer

if TYPE_CHECKING:
    from .breach import Breach

__all__ = ["AdvisoryMatch", "Validator"]

Json = Any
IsValid = Callable[[Json], bool]
# A list of a million invalid items has a million errors; only the first ones are useful.
ERRORS_MAX = 1000
VIOLATIONS_MAX = 100


class AdvisoryMatch(Struct, frozen=True):
    """Advisory that applies to an instance; with a given value of its setting, it is a violation instead."""

    violation: Violation
    refused_when: str | None


class Validator:
    """Validator of one schema.

    Args:
        document: The first part of the rules' ids, for instance `request`.
        schema: The schema.

    Attributes:
        defaults: The default values of fields, by name.
    """

    def __init__(self, document: str, schema: Json) -> None:
        self.document = document
        self.schema = schema
        self.defaults = {name: row["default"] for name, row in schema.get("properties", {}).items() if "default" in row}
        self._advisories = schema.get("x-omixa-advisories", {})
        all_of = [*schema.get("allOf", ()), *(entry["schema"] for entry in self._advisories.values())]
        self._is_clean = compile_schema({**schema, "allOf": all_of} if all_of else schema)
        self._advisory_validators: dict[str, IsValid] = {}

    def is_clean(self, instance: Json) -> bool:
        """Return True if `instance` is valid and no advisory applies to it, in one validation."""
        return self._is_clean(instance)

    def is_valid(self, instance: Json) -> bool:
        """Return True if `instance` is valid."""
        return self._is_clean(instance) or self._is_valid(instance)

    @cached_property
    def _is_valid(self) -> IsValid:
        return compile_schema(self.schema)

    def advisories(self, instance: Json) -> list[AdvisoryMatch]:
        """Return the advisories that apply to a valid instance."""
        return [
            read_advisory_match(self.document, name, entry)
            for name, entry in self._advisories.items()
            if self._applies(name, instance)
        ]

    def _applies(self, advisory: str, instance: Json) -> bool:
        """Return True if an advisory applies to `instance`."""
        if advisory not in self._advisory_validators:
            self._advisory_validators[advisory] = compile_schema(self._advisories[advisory]["schema"])
        return not self._advisory_validators[advisory](instance)

    def violations(self, instance: Json) -> list[Violation]:
        """Return every violation of `instance`, sorted by path; empty if it is valid."""
        if self.is_valid(instance):
            return []
        from jsonschema import Draft202012Validator

        errors = list(islice(Draft202012Validator(self.schema).iter_errors(instance), ERRORS_MAX))
        # If the type is wrong, the other errors of the value are redundant.
        mistyped = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
        errors = [error for error in errors if error.validator == "type" or tuple(error.absolute_path) not in mistyped]
        explained = (violation for error in errors for violation in self._explain(error, instance))
        found = {violation.key: violation for violation in islice(explained, VIOLATIONS_MAX)}
        return sorted(found.values(), key=lambda violation: violation.key)

    def _explain(self, error: Any, instance: Json) -> Iterator[Violation]:
        """Yield the violations in one jsonschema error of an instance, each about one field."""
        from .breach import Breach
        from .violation_messages import explain

        path = tuple(error.absolute_path)
        breach = Breach(
            error.validator, error.validator_value, error.instance, error.schema, path, self.schema, instance
        )
        entry = error.schema.get("x-omixa-provenance", {}).get(error.validator, {})
        names = ["item" if isinstance(step, int) else step for step in path]
        rule = ".".join([self.document, *names, entry.get("rule", error.validator)])
        provenance = Provenance.read(entry if helps(entry, breach) else {**entry, "setting": ""})
        for subpath, message in explain(breach):
            yield Violation(pointer((*path, *subpath)), rule, message, provenance)


def helps(entry: Json, breach: Breach) -> bool:
    """Return True if a value of the setting in a provenance entry may accept the actual value."""
    values = entry.get("values", {}).values()
    return not values or any(breach.is_valid({breach.keyword: value}, breach.actual) for value in values)


def compile_schema(schema: Json) -> IsValid:
    """Return a function that validates instances of a schema."""
    return jsonschema_rs.Draft202012Validator(schema).is_valid


def read_advisory_match(document: str, name: str, entry: Json) -> AdvisoryMatch:
    """Parse an entry of `x-omixa-advisories`."""
    violation = Violation("/", f"{document}.{name}", entry["message"], Provenance.read(entry))
    return AdvisoryMatch(violation, entry.get("refused_when"))
