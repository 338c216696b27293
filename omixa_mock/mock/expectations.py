"""Matching of calls against expected fields, and the message if no call matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from inspect import iscoroutinefunction, isroutine
from pathlib import PurePath
from typing import Any, TypeGuard

from omixa_mock.gateway import Call
from omixa_mock.gateway.calls import LINE_MAX, cut, describe_call, present
from omixa_mock.gateway.common import hint_at
from omixa_mock.gateway.contract import format_value
from omixa_mock.gateway.faults import CALL_FIELDS, value_of

from .absence import explain_absence, mention_under_way
from .workspace_client import WorkspaceClient

__all__ = ["explain_miss", "matches", "refuse_unknown_fields"]


def matches(call: Call, fields: Mapping[str, Any]) -> bool:
    """Return True if a call has all of `fields`."""
    return all(is_expected(value_of(call, name), wanted) for name, wanted in fields.items())


def is_expected(actual: Any, wanted: Any) -> bool:
    """Return True if a value is as expected: found by a pattern, accepted by a function, or else equal.

    Objects that compare, as those of dirty-equals and `unittest.mock.ANY`, are compared.
    """
    if isinstance(wanted, re.Pattern):
        return isinstance(actual, str) and wanted.search(actual) is not None
    if not is_predicate(wanted):
        return bool(actual == wanted)
    try:
        return bool(wanted(actual))
    except Exception:
        # A call without the field has no value that a predicate need expect.
        if actual is None:
            return False
        raise


def is_predicate(wanted: Any) -> TypeGuard[Callable[[Any], object]]:
    """Return True if an expected value is a function of the actual one."""
    if not callable(wanted) or isinstance(wanted, type):
        return False
    return isroutine(wanted) or isinstance(wanted, partial) or not compares(type(wanted))


def compares(kind: type[object]) -> bool:
    """Return True if objects of a type compare by more than identity."""
    return kind.__eq__ != object.__eq__


def refuse_unknown_fields(fields: Mapping[str, Any], request_fields: Collection[str]) -> None:
    """Refuse a field that no call can have, and a coroutine function: neither could ever be told from a match.

    Raises:
        TypeError: With the name that was probably meant.
    """
    __tracebackhide__ = True
    known = (*CALL_FIELDS, *request_fields)
    for name, wanted in fields.items():
        if name not in known:
            raise TypeError(f"A call has no field {name!r}. {hint_at(name, known)}")
        if iscoroutinefunction(wanted):
            raise TypeError(f"{name} is a coroutine function, which is never awaited. Give a plain function")


def explain_miss(calls: Sequence[Call], client: WorkspaceClient, fields: Mapping[str, Any]) -> str:
    """Return why no call matched: the nearest one, with a tick or a cross for each field."""
    wanted = cut(", ".join(f"{name}={present_wanted(value)}" for name, value in fields.items()), LINE_MAX)
    if not calls:
        return explain_absence(client).after(f"Expected a call with {wanted}; " if fields else "Expected a call; ")
    nearest = max(
        calls, key=lambda call: (sum(matches(call, {name: value}) for name, value in fields.items()), call.number)
    )
    lines = [f"No call had {wanted}.", f"Nearest of {len(calls)}: {describe_call(nearest)}"]
    lines += [compare(nearest, name, value) for name, value in fields.items()]
    return cut("\n".join(lines) + mention_under_way(client.unrecorded()))


def present_wanted(wanted: Any) -> str:
    """Return an expected value for a message; a function by its name, or by its place if it has none."""
    if not is_predicate(wanted):
        return cut(repr(wanted), 80) if isinstance(wanted, re.Pattern) else present(wanted)
    name = getattr(wanted, "__name__", "")
    code = getattr(wanted, "__code__", None)
    if name == "<lambda>" and code is not None:
        return f"lambda at {PurePath(code.co_filename).name}:{code.co_firstlineno}"
    return name or cut(repr(wanted), 80)


def compare(call: Call, name: str, wanted: Any) -> str:
    """Return one field of a call beside the value that was wanted."""
    actual = value_of(call, name)
    if is_expected(actual, wanted):
        return f"  ✓ {name} = {present(actual)}"
    if isinstance(wanted, re.Pattern):
        return f"  ✗ {name} = {present(actual)}, in which {present_wanted(wanted)} finds nothing"
    if is_predicate(wanted):
        return f"  ✗ {name} = {present(actual)}, for which {present_wanted(wanted)} is false"
    return f"  ✗ {name} = {present(actual)}, wanted {present(wanted)}{difference(actual, wanted)}"


def difference(actual: Any, wanted: Any) -> str:
    """Return the place where two long texts begin to differ; empty for anything else."""
    if not (isinstance(actual, str) and isinstance(wanted, str)) or max(len(actual), len(wanted)) <= 60:
        return ""
    if "data:" in {actual[:5].lower(), wanted[:5].lower()}:
        return ""  # Of base64 there is nothing to see.
    place = next(
        (i for i, (a, b) in enumerate(zip(actual, wanted, strict=False)) if a != b), min(len(actual), len(wanted))
    )
    start = max(0, place - 20)
    parts = (format_value(text[start : place + 30]) for text in (actual, wanted))
    return f"\n      they part at character {place}: {' / '.join(parts)}"
