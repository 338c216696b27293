"""A probe: a call or a few, and what they say of the rules that are watched."""

from __future__ import annotations

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
    """

    name: str
    run: Run
    price: Decimal = FREE
    needs_key: bool = True


def refuse_unseen(answer: Answer) -> None:
    """Stop where a gateway could not answer an order, whatever the order.

    Raises:
        Unseen: Saying what came.
    """
    if answer.status in {402, 403, 429, 503} or answer.status >= 500:
        raise Unseen(f"the gateway answered with {answer.status}: {answer.error('message')}")


@cache
def worst_price(n: int = 1) -> Decimal:
    """What `n` pictures cost at the most, in USD: of the dearest quality and size, by the assumed price table."""
    terms = shipped_contract().under(Settings())
    fields = shipped_contract().requests[MODEL]["properties"]
    prices = (
        terms.price(MODEL, quality, size) for quality in fields["quality"]["enum"] for size in fields["size"]["enum"]
    )
    return max(prices) * n


def judge_refusal(answer: Answer, status: int, name: str) -> Iterator[Observation]:
    """What every refusal must be: the envelope, with the names of the error table."""
    for violation in check_document(shipped_contract(), answer.body, "error").violations:
        yield broken(violation.rule, f"the refusal with {answer.status} is no envelope: {violation.message}")
    row = shipped_contract().table["errors"][name]
    if answer.status == status and answer.error("message") is not None:
        for column in ("type", "code"):
            came = answer.error(column)
            yield watch(
                "gateway.error.names",
                came == row[column],
                f"{status} has the {column} {came!r}; assumed: {row[column]!r}",
                f'errors = {{"{name}": {{"{column}": "{came}"}}}}',
            )
