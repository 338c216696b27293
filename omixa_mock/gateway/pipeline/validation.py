"""From a parsed body to an order of pictures, or one refusal that names every broken rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omixa_mock.gateway.contract import (
    Doubt,
    ImageOrder,
    ImageReading,
    Judge,
    Provenance,
    Settings,
    Violation,
    describe_violations,
    read_order,
)
from omixa_mock.gateway.http import Advisory, Problem

__all__ = ["place_order"]

Payload = Mapping[str, Any]


def place_order(
    payload: Payload, reading: ImageReading, judge: Judge, settings: Settings
) -> tuple[ImageOrder, tuple[Advisory, ...]]:
    """The order that a payload places, given what reading its pictures found, and what is doubtful about it.

    Raises:
        Problem: `invalid_request` with every rule that it breaks. [docs/errors: 422]
    """
    violations, doubts = list(reading.violations), NO_DOUBTS
    if not judge.passes(payload):
        doubts = judge.doubts(payload)
        refused = (doubt.violation for doubt in doubts if is_refused(doubt, settings))
        violations = [*judge.violations(payload), *violations, *refused]
    if settings.n_over_provider_limit == "refuse":
        violations += check_limit(payload, settings)
    if violations:
        rules = tuple(dict.fromkeys(violation.rule for violation in violations))
        raise Problem("invalid_request", describe_violations(violations), rules=rules)
    order = read_order(payload, judge, reading.images, reading.mask, settings)
    if not doubts and order.n <= settings.provider_limit:
        return order, ()  # as most are
    return order, tuple(advise(order, doubts, settings))


NO_DOUBTS: Sequence[Doubt] = ()


def is_refused(doubt: Doubt, settings: Settings) -> bool:
    """Whether a doubtful combination is refused under `settings` instead of advised against."""
    setting = doubt.violation.provenance.setting
    return bool(setting) and getattr(settings, setting) == doubt.refused_when


LIMIT = Provenance("assumed", setting="n_over_provider_limit")


def check_limit(payload: Payload, settings: Settings) -> Iterator[Violation]:
    """Refuse an `n` over the provider's limit."""
    n = payload.get("n", 1)
    if isinstance(n, bool) or not isinstance(n, int | float):
        return
    if settings.provider_limit < n <= 10:
        limit = settings.provider_limit
        yield Violation("/n", "gateway.provider-limit.how", f"{n} is over the provider's limit. Send {limit}.", LIMIT)


def advise(order: ImageOrder, doubts: Sequence[Doubt], settings: Settings) -> Iterator[Advisory]:
    """What is allowed but doubtful about an order."""
    yield from (Advisory(doubt.violation.rule, doubt.violation.message) for doubt in doubts)
    if order.n > settings.provider_limit:
        yield Advisory(
            "gateway.provider-limit.how",
            f"n is {order.n} and the provider makes {settings.provider_limit} at once: fewer pictures come back.",
        )
