"""From a parsed body to an order of images, or one refusal that names every broken rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omixa_mock.gateway.contract import (
    AdvisoryMatch,
    ImageReading,
    ImageRequest,
    Provenance,
    Settings,
    Validator,
    Violation,
    describe_violations,
    read_image_request,
)
from omixa_mock.gateway.http import Advisory, Problem

__all__ = ["validate_image_request"]

Payload = Mapping[str, Any]


def validate_image_request(
    document: Payload, reading: ImageReading, validator: Validator, settings: Settings
) -> tuple[ImageRequest, tuple[Advisory, ...]]:
    """The order that a payload places, given what reading its images found, and what is doubtful about it.

    Raises:
        Problem: `invalid_request` with every rule that it breaks. [docs/errors: 422]
    """
    violations, advisories = list(reading.violations), NO_ADVISORIES
    if not validator.passes(document):
        advisories = validator.advisories(document)
        refused = (advisory.violation for advisory in advisories if is_refused(advisory, settings))
        violations = [*validator.violations(document), *violations, *refused]
    if settings.n_over_provider_limit == "refuse":
        violations += check_limit(document, settings)
    if violations:
        rules = tuple(dict.fromkeys(violation.rule for violation in violations))
        raise Problem("invalid_request", describe_violations(violations), rules=rules)
    image_request = read_image_request(document, validator, reading.images, reading.mask, settings)
    if not advisories and image_request.n <= settings.provider_limit:
        return image_request, ()  # as most are
    return image_request, tuple(advise(image_request, advisories, settings))


NO_ADVISORIES: Sequence[AdvisoryMatch] = ()


def is_refused(advisory: AdvisoryMatch, settings: Settings) -> bool:
    """Whether a doubtful combination is refused under `settings` instead of advised against."""
    setting = advisory.violation.provenance.setting
    return bool(setting) and getattr(settings, setting) == advisory.refused_when


LIMIT = Provenance("assumed", setting="n_over_provider_limit")


def check_limit(document: Payload, settings: Settings) -> Iterator[Violation]:
    """Refuse an `n` over the provider's limit."""
    n = document.get("n", 1)
    if isinstance(n, bool) or not isinstance(n, int | float):
        return
    if settings.provider_limit < n <= 10:
        limit = settings.provider_limit
        yield Violation("/n", "gateway.provider-limit.how", f"{n} is over the provider's limit. Send {limit}.", LIMIT)


def advise(image_request: ImageRequest, advisories: Sequence[AdvisoryMatch], settings: Settings) -> Iterator[Advisory]:
    """What is allowed but doubtful about an order."""
    yield from (Advisory(advisory.violation.rule, advisory.violation.message) for advisory in advisories)
    if image_request.n > settings.provider_limit:
        yield Advisory(
            "gateway.provider-limit.how",
            f"n is {image_request.n} and the provider makes {settings.provider_limit} at once: fewer images come back.",
        )
