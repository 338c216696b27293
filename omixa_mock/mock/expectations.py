"""Matching of calls against expected fields, and the message if no call matches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from omixa_mock.gateway import Call
from omixa_mock.gateway.common import hint_at
from omixa_mock.gateway.contract import format_value
from omixa_mock.gateway.faults import CALL_FIELDS, value_of

from .descriptions import LINE_MAX, cut, describe_call, mention_unmatched, present

__all__ = ["explain_miss", "matches", "refuse_unknown_fields"]


def matches(call: Call, fields: Mapping[str, Any]) -> bool:
    """Return True if a call has all of `fields`; a value may be anything that compares, as dirty-equals does."""
    return all(value_of(call, name) == wanted for name, wanted in fields.items())


def refuse_unknown_fields(fields: Mapping[str, Any], request_fields: Collection[str]) -> None:
    """Refuse a field that no call can have: it would never match.

    Raises:
        TypeError: With the name that was probably meant.
    """
    __tracebackhide__ = True
    known = (*CALL_FIELDS, *request_fields)
    for name in fields:
        if name not in known:
            raise TypeError(f"A call has no field {name!r}. {hint_at(name, known)}")


def explain_miss(calls: Sequence[Call], unmatched: Sequence[Call], fields: Mapping[str, Any]) -> str:
    """Return why no call matched: the nearest one, with a tick or a cross for each field."""
    wanted = cut(", ".join(f"{name}={present(value)}" for name, value in fields.items()), LINE_MAX)
    if not calls:
        expected = f"Expected a call with {wanted}" if fields else "Expected a call"
        return cut(f"{expected}; the gateway was not called.{mention_unmatched(unmatched)}")
    nearest = max(
        calls, key=lambda call: (sum(matches(call, {name: value}) for name, value in fields.items()), call.number)
    )
    lines = [f"No call had {wanted}.", f"Nearest of {len(calls)}: {describe_call(nearest)}"]
    lines += [compare(nearest, name, value) for name, value in fields.items()]
    return cut("\n".join(lines))


def compare(call: Call, name: str, wanted: Any) -> str:
    """Return one field of a call beside the value that was wanted."""
    actual = value_of(call, name)
    if actual == wanted:
        return f"  ✓ {name} = {present(actual)}"
    return f"  ✗ {name} = {present(actual)}, wanted {present(wanted)}{difference(actual, wanted)}"


def difference(actual: Any, wanted: Any) -> str:
    """Return the place where two long texts begin to differ; empty for anything else."""
    if not (isinstance(actual, str) and isinstance(wanted, str)) or max(len(actual), len(wanted)) <= 60:
        return ""
    if actual.startswith("data:") or wanted.startswith("data:"):
        return ""  # Of base64 there is nothing to see.
    place = next(
        (i for i, (a, b) in enumerate(zip(actual, wanted, strict=False)) if a != b), min(len(actual), len(wanted))
    )
    start = max(0, place - 20)
    parts = (format_value(text[start : place + 30]) for text in (actual, wanted))
    return f"\n      they part at character {place}: {' / '.join(parts)}"
