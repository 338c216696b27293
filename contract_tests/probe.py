"""A probe: a call or a few, and what they say of the rules that are watched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from omixa_mock import Settings, shipped_contract
from omixa_mock.kit.validation import check_document

from .target import Answer, Target

__all__ = [
    "CAT",
    "MODEL",
    "Observation",
    "Probe",
    "Run",
    "Unseen",
    "broken",
    "expect_status",
    "judge_refusal",
    "kept",
    "refuse_unseen",
    "violations_of",
    "watch",
    "worst_price",
]

Json = Any
MODEL = "gpt-image-1.5"
CAT: Mapping[str, Json] = {"model": MODEL, "prompt": "a cat"}
FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a call said of one rule.

    Attributes:
        rule: Its id, for `omixa-mock explain`.
        kept: Whether the gateway does what the rule says.
        told: Where it does not: what came, and what was expected.
        alike: The setting's value that would let the fake do the same; empty where none is known.
        ends: Whether a refusal became a success, which costs money: then nothing more is asked.
    """

    rule: str
    kept: bool
    told: str = ""
    alike: str = ""
    ends: bool = False


def kept(rule: str) -> Observation:
    """A rule that the gateway keeps."""
    return Observation(rule, kept=True)


def broken(rule: str, told: str, alike: str = "") -> Observation:
    """A rule that it does not keep."""
    return Observation(rule, kept=False, told=told, alike=alike)


def watch(rule: str, holds: object, told: str, alike: str = "") -> Observation:
    """A rule, by whether it holds."""
    return kept(rule) if holds else broken(rule, told, alike)


def expect_status(rule: str, answer: Answer, *statuses: int, alike: str = "") -> Observation:
    """A rule that is about a status; `alike` may have a place for the one that came."""
    told = f"{answer.status} came; expected: {' or '.join(map(str, statuses))}"
    return watch(rule, answer.status in statuses, told, alike.replace("<status>", str(answer.status)))


class Unseen(Exception):  # noqa: N818  # named by what happened
    """The gateway was in no state to show what was asked: its wallet is empty, or it has no route at the moment."""


Run = Callable[[Target], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to a gateway.

    Attributes:
        name: What is asked, in a few words.
        run: Asks it.
        price: What it can cost at most, in USD; 0 where no gateway could charge for it.
        needs_key: Whether it says nothing without a real key.
        calls: How many orders share the price.
        breaks: The rule that a success would break; empty where a success is right, or costs nobody anything.
        alike: The setting's value that would let the fake succeed too.
    """

    name: str
    run: Run
    price: Decimal = FREE
    needs_key: bool = True
    calls: int = 1
    breaks: str = ""
    alike: str = ""


# The wallet is empty, or the gateway is overrun: neither says anything of the request. [docs/errors: 402]
TRANSIENT = frozenset({402, 429})


def refuse_unseen(answer: Answer, *more: int) -> None:
    """Stop where a gateway could not answer, whatever was asked; `more` are statuses that say so as well.

    Raises:
        Unseen: Saying what came.
    """
    if answer.status in TRANSIENT or answer.status in more or answer.status >= 500:
        raise Unseen(f"the gateway answered with {answer.status}: {answer.error('message')}")


@cache
def worst_price(n: int = 1) -> Decimal:
    """What `n` images cost at the most, in USD: of the dearest quality and size, by the assumed price table."""
    terms = shipped_contract().under(Settings())
    fields = shipped_contract().requests[MODEL]["properties"]
    prices = (
        terms.price(MODEL, quality, size) for quality in fields["quality"]["enum"] for size in fields["size"]["enum"]
    )
    return max(prices) * n


def violations_of(answer: Answer, kind: str) -> list[tuple[str, str]]:
    """The rules of a kind of document that a body breaks, with what came; one that is no JSON is of the wrong type."""
    found = check_document(shipped_contract(), answer.body, kind).violations
    return [(f"{kind}.type" if each.rule.startswith("gateway.body.") else each.rule, each.message) for each in found]


def judge_refusal(answer: Answer, status: int, name: str) -> Iterator[Observation]:
    """What every refusal must be: the envelope, with the names of the error table."""
    if answer.accepted:
        return  # A success is no refusal, which its status has told already.
    for rule, message in violations_of(answer, "error"):
        yield broken(rule, f"the refusal with {answer.status} is no envelope: {message}")
    row = shipped_contract().table["errors"][name]
    if answer.status == status and answer.error("message") is not None:
        for column in ("type", "code"):
            came = answer.error(column)
            yield watch(
                "gateway.error.names",
                came == row[column],
                f"{status} has the {column} {came!r}; assumed: {row[column]!r}",
                "" if came is None else f'errors = {{"{name}": {{"{column}": {json.dumps(came)}}}}}',
            )
