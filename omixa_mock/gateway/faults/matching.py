"""Call matching for plans, by request fields or by a predicate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from inspect import iscoroutinefunction
from typing import Any

from msgspec import Struct, field

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.common import hint_at
from omixa_mock.gateway.contract import SettingError, Terms
from omixa_mock.gateway.http import abbreviate

__all__ = ["ANY", "CALL_FIELDS", "Matcher", "Predicate", "read_matcher", "refuse_impossible", "value_of"]

Predicate = Callable[[Call], object]
# Fields of a call besides those of its request; the last two are known only when the call has ended.
CALL_FIELDS = ("operation", "status", "route")
OPERATIONS = ("generate", "edit", "merge")


def value_of(call: Call, name: str) -> Any:
    """Return a call's value of a field, with defaults filled in."""
    return getattr(call, name) if name in CALL_FIELDS else call.fields.get(name)


class Matcher(Struct, frozen=True):
    """Condition on valid calls: required field values, and a predicate.

    Attributes:
        fields: The required values of request fields and `operation`.
        predicate: A function of a valid `Call`; None for no further condition.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    predicate: Predicate | None = None

    def matches(self, call: Call) -> bool:
        """Return True if a call has all fields, and the predicate is true of it."""
        return all(value_of(call, name) == value for name, value in self.fields.items()) and (
            self.predicate is None or bool(self.predicate(call))
        )

    def __str__(self) -> str:
        conditions = [f"{name}={value!r}" for name, value in self.fields.items()]
        return ", ".join([*conditions, *([getattr(self.predicate, "__name__", "predicate")] if self.predicate else [])])

    def __bool__(self) -> bool:
        return bool(self.fields) or self.predicate is not None


ANY = Matcher()


def read_matcher(when: Any, fields: Mapping[str, Any] | None = None) -> Matcher:
    """Parse a matcher from a function or a table of fields, and more fields.

    Raises:
        SettingError: `when` is neither, or a field is not known yet when a plan fires.
    """
    table = {**(when if isinstance(when, Mapping) else {}), **(fields or {})}
    if iscoroutinefunction(when):
        raise SettingError("when is a coroutine function, whose result would come too late. Give a plain function")
    if not (when is None or callable(when) or isinstance(when, Mapping)):
        raise SettingError(
            f'when = {abbreviate(when)} is not accepted; accepted: fields, for instance {{"size": "1024x1536"}}'
        )
    for name in table:
        if name in {"status", "route"}:
            raise SettingError(f"when {name}: it is not known yet when a plan fires; accepted: request fields")
    return Matcher(table, when if callable(when) else None)


def refuse_impossible(matcher: Matcher, terms: Terms) -> None:
    """Refuse a matcher that no valid call can match.

    Raises:
        SettingError: A call has no such field, or the field never has that value.
    """
    known = (*CALL_FIELDS, *terms.contract.field_names)
    for name in matcher.fields:
        if name not in known:
            raise SettingError(f"when {abbreviate(name)}: a call has no such field. {hint_at(str(name), known)}")
    for name, value in matcher.fields.items():
        accepted = OPERATIONS if name == "operation" else choices(name, terms)
        if accepted and isinstance(value, str | int | float) and value not in accepted:
            values = ", ".join(map(str, accepted))
            raise SettingError(f"when {name} = {abbreviate(value)} can never be: a valid call has one of {values}")


def choices(name: str, terms: Terms) -> Collection[Any]:
    """Return the values that a field may have in requests to the enabled models; empty if they cannot be listed."""
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
