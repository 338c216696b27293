"""Query parameters of the control routes: an unknown one, or a value that is not accepted, is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from starlette.requests import Request

from omixa_mock.gateway import Problem
from omixa_mock.gateway.common import nearest
from omixa_mock.gateway.contract import read_duration
from omixa_mock.gateway.http import abbreviate

__all__ = [
    "CLOSING",
    "HAR",
    "JOURNAL",
    "LEDGER",
    "ONE_CALL",
    "PLANS",
    "VERDICT",
    "WAIT",
    "Parameter",
    "read_query",
]

NAME_MAX = 200
# Seconds that a verdict waits for calls under way.
WAIT, WAIT_MAX = 2.0, 60.0


class Parameter(Struct, frozen=True):
    """One query parameter.

    Attributes:
        read: Parses a value; raises ValueError if it is not accepted.
        accepted: The accepted values, for a refusal.
        example: A value that is accepted.
    """

    read: Callable[[str], Any]
    accepted: str
    example: str


def one_of(*names: str) -> Parameter:
    """Return a parameter that takes one of some names."""
    return Parameter(lambda text: names[names.index(text)], ", ".join(names), names[0])


def whole_number(least: int, most: int, accepted: str, example: str) -> Parameter:
    """Return a parameter that takes an integer within bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            raise ValueError(text)
        return int(text[:20])

    return Parameter(read, accepted, example)


def read_wait(text: str) -> float:
    """Parse the seconds that a verdict waits."""
    duration = read_duration(text)
    if duration.kind != "fixed" or duration.seconds > WAIT_MAX:
        raise ValueError(text)
    return duration.seconds


def number_of(what: str) -> Parameter:
    """Return a parameter that takes the number of a thing."""
    return whole_number(0, 10**15, f"the number of {what}", "3")


FLAG = Parameter(lambda text: ("0", "1").index(text) == 1, "1 or 0", "1")
JOURNAL: Mapping[str, Parameter] = {
    "status": whole_number(100, 599, "a status, 100 to 599", "422"),
    "operation": one_of("generate", "edit", "merge"),
    "limit": whole_number(1, 10_000, "a number of calls, 1 to 10000", "10"),
    "since": number_of("a call, after which the listed ones came"),
    "before": number_of("a call, before which the listed ones came"),
    "unmatched": FLAG,
    "full": FLAG,
}
HAR: Mapping[str, Parameter] = {name: JOURNAL[name] for name in ("status", "operation", "limit", "since", "before")}
ONE_CALL: Mapping[str, Parameter] = {"full": FLAG}
LEDGER: Mapping[str, Parameter] = {
    "call": number_of("a call, whose entries are listed"),
    "since": number_of("an entry, after which the listed ones were written"),
    "limit": whole_number(1, 10_000, "a number of entries, 1 to 10000", "10"),
}
PLANS: Mapping[str, Parameter] = {"number": number_of("a plan")}
VERDICT: Mapping[str, Parameter] = {
    "wait": Parameter(read_wait, f"seconds, 0 to {WAIT_MAX:g}", "500ms"),
}
CLOSING: Mapping[str, Parameter] = {
    **VERDICT,
    "name": Parameter(lambda text: text[:NAME_MAX], "the name of a test", "test_checkout"),
}


def read_query(request: Request, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Parse the query of a control call.

    Raises:
        Problem: `invalid_request`, if a parameter is unknown or occurs twice, or its value is not accepted.
    """
    values: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        if name not in parameters:
            raise Problem("invalid_request", describe_unknown(name, parameters))
        if name in values:
            raise Problem("invalid_request", f"The parameter {name} occurs twice. Send it once.")
        values[name] = read_value(name, text, parameters[name])
    return values


def read_value(name: str, text: str, parameter: Parameter) -> Any:
    """Parse one value.

    Raises:
        Problem: `invalid_request`, with the accepted values.
    """
    try:
        return parameter.read(text)
    except ValueError:
        raise Problem(
            "invalid_request",
            f"{name} = {abbreviate(text)} is not accepted; accepted: {parameter.accepted}. "
            f"For instance ?{name}={parameter.example}",
        ) from None


def describe_unknown(name: str, parameters: Mapping[str, Parameter]) -> str:
    """Return the refusal of an unknown parameter: the one that was probably meant, and all of them with a value."""
    near = nearest(name, parameters)
    hint = f" Did you mean {near}?" if near is not None else ""
    examples = ", ".join(f"{known}={parameter.example}" for known, parameter in parameters.items())
    return f"There is no parameter {abbreviate(name)}.{hint} Accepted, each with an example: {examples}."
