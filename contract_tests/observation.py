"""Observations: what a call showed about one rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from omixa_mock import shipped_contract
from omixa_mock.kit.validation import validate_document

from .target import Response

__all__ = [
    "DOCUMENTED_STATUSES",
    "Observation",
    "expect",
    "expect_refusal",
    "is_documented",
    "provenance_of",
    "satisfied",
    "schema_violations",
    "validate_envelope",
    "validate_names",
    "violated",
]

# The statuses of refusals that docs/errors documents; any other is assumed.
DOCUMENTED_STATUSES = frozenset({401, 402, 403, 422, 503})
DOCUMENTED_RULE = "gateway.error.documented"
NAME = re.compile(r"[A-Za-z_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Observation:
    """Result of a call for one rule.

    Attributes:
        rule: The rule's id, for `omixa-mock explain`.
        satisfied: True if the gateway satisfies the rule.
        message: The actual and the expected value; empty if the rule is satisfied.
        pointer: The JSON pointer into the response's body, `status`, or the name of a header; empty if unknown.
        changes: The settings under which the fake behaves the same; empty if there are none.
        quote: The gateway's own words, which may concern the account; empty if there are none.
    """

    rule: str
    satisfied: bool
    message: str = ""
    pointer: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    quote: str = ""


@cache
def provenances() -> dict[str, tuple[str, str, str]]:
    """Return status, page and setting of every rule."""
    rules = shipped_contract().rules()
    return {rule.id: (rule.provenance.status, rule.provenance.page, rule.provenance.setting) for rule in rules}


def provenance_of(rule: str) -> tuple[str, str, str]:
    """Return status, page and setting of a rule."""
    return provenances()[rule]


def is_documented(rule: str) -> bool:
    """Return True if a page documents the rule, so that its violation is a failure."""
    return provenance_of(rule)[0] == "documented"


def satisfied(rule: str) -> Observation:
    """Return the observation of a satisfied rule."""
    return Observation(rule, satisfied=True)


def violated(rule: str, message: str, pointer: str = "", **changes: Any) -> Observation:
    """Return the observation of a violated rule."""
    return Observation(rule, satisfied=False, message=message, pointer=pointer, changes=changes)


def expect(rule: str, condition: object, message: str, pointer: str = "", **changes: Any) -> Observation:
    """Return the observation of a rule that is satisfied if a condition is true."""
    return satisfied(rule) if condition else violated(rule, message, pointer, **changes)


def expect_refusal(
    response: Response,
    rule: str,
    name: str,
    *,
    statuses: tuple[int, ...] = (),
    lenient: Mapping[str, Any] | None = None,
) -> Iterator[Observation]:
    """Yield the observations about a request that must be refused: whether, with which status, in which envelope.

    Args:
        response: The response.
        rule: The rule that a success violates.
        name: The error's name in the error table.
        statuses: The accepted statuses; by default that of the error table.
        lenient: The settings under which the fake accepts the request.
    """
    accepted = statuses or (shipped_contract().table["errors"][name]["status"],)
    if response.accepted:
        yield violated(rule, f"accepted with {response.status}; expected: a refusal", "status", **(lenient or {}))
        return
    if response.status in accepted:
        yield satisfied(rule)
    else:
        # The request was refused as the rule demands: only the status of the refusal is another.
        change = {"errors": {name: {"status": response.status}}}
        message = f"{response.status} came; expected: {' or '.join(map(str, accepted))}"
        yield violated(status_rule(rule, accepted), message, "status", **change)
    yield from validate_envelope(response, rule)
    if response.status == accepted[0]:
        yield from validate_names(response, name)


def status_rule(rule: str, accepted: tuple[int, ...]) -> str:
    """Return the rule about the status of a refusal: a documented one, or the probe's own."""
    return DOCUMENTED_RULE if DOCUMENTED_STATUSES.issuperset(accepted) else rule


def validate_envelope(response: Response, rule: str) -> Iterator[Observation]:
    """Yield the violations of a refusal's envelope.

    docs/errors shows the envelope for its own statuses. For any other status it is assumed, like the status itself.
    """
    for violated_rule, pointer, message in schema_violations(response, "error"):
        actual_rule = violated_rule if response.status in DOCUMENTED_STATUSES else own_rule(rule)
        yield violated(actual_rule, f"the refusal with {response.status} is no error envelope: {message}", pointer)


def own_rule(rule: str) -> str:
    """Return the probe's rule; for a documented one, the inferred rule that every refusal has the envelope."""
    return "gateway.error.envelope" if is_documented(rule) else rule


def validate_names(response: Response, name: str) -> Iterator[Observation]:
    """Yield the observations about a refusal's `type` and `code`."""
    if response.flaw or response.error("message") is None:
        return  # Another observation covers it.
    row = shipped_contract().table["errors"][name]
    for column in ("type", "code"):
        actual = response.error(column)
        rule = DOCUMENTED_RULE if row["provenance"][column]["status"] == "documented" else "gateway.error.names"
        # A name with digits may be an identifier of the account.
        is_name = actual is not None and NAME.fullmatch(actual)
        changes = {"errors": {name: {column: actual}}} if is_name else {}
        message = f"{response.status} has the {column} {actual!r}; expected: {row[column]!r}"
        yield expect(rule, actual == row[column], message, f"/error/{column}", **changes)


def schema_violations(response: Response, kind: str) -> list[tuple[str, str, str]]:
    """Return rule, pointer and message of each violation in a body; a body other than JSON violates `<kind>.type`.

    There are none in a body that cannot be read as its headers say: that is a violation of its own.
    """
    if response.flaw:
        return []
    violations = validate_document(shipped_contract(), response.body, kind).violations
    return [
        (
            f"{kind}.type" if violation.rule.startswith("gateway.body.") else violation.rule,
            violation.pointer,
            violation.message,
        )
        for violation in violations
    ]
