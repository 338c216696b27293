"""Probes, observations and helpers for the definition of probes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.validation import validate_document

from .target import Response, Target

__all__ = [
    "CAT",
    "MODEL",
    "Inconclusive",
    "Observation",
    "Probe",
    "Run",
    "expect",
    "expect_status",
    "raise_if_inconclusive",
    "satisfied",
    "schema_violations",
    "validate_refusal",
    "violated",
    "worst_price",
]

Json = Any
MODEL = "gpt-image-1.5"
CAT: Mapping[str, Json] = {"model": MODEL, "prompt": "a cat"}
FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Observation:
    """Result of a call for one rule.

    Attributes:
        rule: The rule's id, for `omixa-mock explain`.
        satisfied: True if the gateway satisfies the rule.
        message: The actual and the expected value; empty if the rule is satisfied.
        setting: The setting's value under which the mock behaves the same; empty if unknown.
        ends_run: True if a success in place of a refusal, or a wrong bill, ends the run.
    """

    rule: str
    satisfied: bool
    message: str = ""
    setting: str = ""
    ends_run: bool = False


def satisfied(rule: str) -> Observation:
    """Return the observation of a satisfied rule."""
    return Observation(rule, satisfied=True)


def violated(rule: str, message: str, setting: str = "") -> Observation:
    """Return the observation of a violated rule."""
    return Observation(rule, satisfied=False, message=message, setting=setting)


def expect(rule: str, condition: object, message: str, setting: str = "") -> Observation:
    """Return the observation of a rule that is satisfied if a condition is true."""
    return satisfied(rule) if condition else violated(rule, message, setting)


def expect_status(rule: str, response: Response, *statuses: int, setting: str = "") -> Observation:
    """Return the observation of a rule about a status; `<status>` in `setting` stands for the actual status."""
    message = f"{response.status} came; expected: {' or '.join(map(str, statuses))}"
    return expect(rule, response.status in statuses, message, setting.replace("<status>", str(response.status)))


class Inconclusive(Exception):  # noqa: N818  # not an error of the suite
    """Gateway temporarily unable to handle the call, for instance with an empty wallet or without a route."""


Run = Callable[[Target], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Probe:
    """Test of one aspect of a gateway.

    Attributes:
        name: A short description.
        run: The function that makes the calls and yields the observations.
        price: The maximum price in USD; 0 if no gateway can charge for the calls.
        needs_key: True if the probe needs a real key.
        calls: The number of image requests that share the price.
        refusal_rule: The rule that a success violates; empty if a success is right or free.
        setting: The setting's value under which the mock also accepts the request.
    """

    name: str
    run: Run
    price: Decimal = FREE
    needs_key: bool = True
    calls: int = 1
    refusal_rule: str = ""
    setting: str = ""


# An empty wallet and an exceeded rate limit: neither depends on the request. [docs/errors: 402]
TRANSIENT = frozenset({402, 429})


def raise_if_inconclusive(response: Response, *statuses: int) -> None:
    """Raise `Inconclusive` for a transient status, a server error or one of `statuses`.

    Raises:
        Inconclusive: The status does not depend on the request.
    """
    if response.status in TRANSIENT or response.status in statuses or response.status >= 500:
        raise Inconclusive(f"the gateway answered with {response.status}: {response.error('message')}")


@cache
def worst_price(n: int = 1) -> Decimal:
    """Return the maximum price of `n` images in USD, by the assumed price table."""
    terms = shipped_contract().under(Settings())
    properties = shipped_contract().requests[MODEL]["properties"]
    qualities, sizes = properties["quality"]["enum"], properties["size"]["enum"]
    return max(terms.price(MODEL, quality, size) for quality in qualities for size in sizes) * n


def schema_violations(response: Response, kind: str) -> list[tuple[str, str]]:
    """Return rule and message of each violation in a body; a body other than JSON violates `<kind>.type`."""
    violations = validate_document(shipped_contract(), response.body, kind).violations
    return [
        (f"{kind}.type" if violation.rule.startswith("gateway.body.") else violation.rule, violation.message)
        for violation in violations
    ]


def validate_refusal(response: Response, status: int, name: str) -> Iterator[Observation]:
    """Yield the observations about a refusal's envelope and its names in the error table."""
    if response.accepted:
        return  # The observation of the status covers a success.
    for rule, message in schema_violations(response, "error"):
        yield violated(rule, f"the refusal with {response.status} is no envelope: {message}")
    row = shipped_contract().table["errors"][name]
    if response.status == status and response.error("message") is not None:
        for column in ("type", "code"):
            actual = response.error(column)
            yield expect(
                "gateway.error.names",
                actual == row[column],
                f"{status} has the {column} {actual!r}; assumed: {row[column]!r}",
                "" if actual is None else f'errors = {{"{name}": {{"{column}": {json.dumps(actual)}}}}}',
            )
