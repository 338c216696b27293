"""Which calls a plan means: by what they ask for, or by a function of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from inspect import iscoroutinefunction
from typing import Any

from msgspec import Struct, field

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.common import hint_at
from omixa_mock.gateway.contract import SettingError, Terms
from omixa_mock.gateway.http import short

__all__ = ["ANY", "CALL_FIELDS", "Matcher", "Predicate", "read_matcher", "refuse_impossible", "value_of"]

Predicate = Callable[[Call], object]
# What can be asked of a call besides the fields of its request; the last two are known only when it has ended.
CALL_FIELDS = ("operation", "status", "route")
OPERATIONS = ("generate", "edit", "merge")


def value_of(call: Call, name: str) -> Any:
    """What a call says to a field: what was sent, or the default that was filled in."""
    return getattr(call, name) if name in CALL_FIELDS else call.fields.get(name)


class Matcher(Struct, frozen=True):
    """Which calls are meant: those that have all the fields, and of which the predicate is true.

    Attributes:
        fields: Request fields and `operation`, with the value of each.
        predicate: Told of a `Call` that was found valid; None for no further condition.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    predicate: Predicate | None = None

    def matches(self, call: Call) -> bool:
        """Whether a call is meant."""
        return all(value_of(call, name) == wanted for name, wanted in self.fields.items()) and (
            self.predicate is None or bool(self.predicate(call))
        )

    def __str__(self) -> str:
        told = [f"{name}={value!r}" for name, value in self.fields.items()]
        return ", ".join([*told, *([getattr(self.predicate, "__name__", "predicate")] if self.predicate else [])])

    def __bool__(self) -> bool:
        return bool(self.fields) or self.predicate is not None


ANY = Matcher()


def read_matcher(when: Any, fields: Mapping[str, Any] | None = None) -> Matcher:
    """A condition from a function or a table of fields, and more fields.

    Raises:
        SettingError: It is neither, or asks for what is not known yet.
    """
    table = {**(when if isinstance(when, Mapping) else {}), **(fields or {})}
    if iscoroutinefunction(when):
        raise SettingError("when is a coroutine function, whose answer would come too late. Give a plain function")
    if not (when is None or callable(when) or isinstance(when, Mapping)):
        raise SettingError(
            f'when = {short(when)} is not accepted; accepted: fields, for instance {{"size": "1024x1536"}}'
        )
    for name in table:
        if name in {"status", "route"}:
            raise SettingError(f"when {name}: it is not known yet when a plan has its turn; accepted: request fields")
    return Matcher(table, when if callable(when) else None)


def refuse_impossible(condition: Matcher, terms: Terms) -> None:
    """Refuse a matcher that no valid call can match.

    Raises:
        SettingError: A call has no such field, or the field never has that value.
    """
    known = (*CALL_FIELDS, *terms.contract.field_names)
    for name in condition.fields:
        if name not in known:
            raise SettingError(f"when {short(name)}: a call has no such field. {hint_at(str(name), known)}")
    for name, wanted in condition.fields.items():
        accepted = OPERATIONS if name == "operation" else choices(name, terms)
        if accepted and isinstance(wanted, str | int | float) and wanted not in accepted:
            raise SettingError(
                f"when {name} = {short(wanted)} can never be: a valid call has one of {', '.join(map(str, accepted))}"
            )


def choices(name: str, terms: Terms) -> Collection[Any]:
    """The values that a field of the enabled models' requests may have; empty where they cannot be counted."""
    if name == "model":
        return tuple(terms.models)
    found: dict[Any, None] = {}
    for model in terms.models:
        row = terms.contract.requests[model]["properties"].get(name)
        if row is None:
            continue
        if row.get("type") == "integer" and "maximum" in row:
            found |= dict.fromkeys(range(row["minimum"], row["maximum"] + 1))
        elif "enum" in row:
            found |= dict.fromkeys(row["enum"])
        else:
            return ()
    return tuple(found)
