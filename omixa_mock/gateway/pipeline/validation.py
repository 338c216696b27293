"""Request validation: a parsed body becomes an image request, or one refusal that names every broken rule."""

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

Document = Mapping[str, Any]


def validate_image_request(
    document: Document, reading: ImageReading, validator: Validator, settings: Settings
) -> tuple[ImageRequest, tuple[Advisory, ...]]:
    """Return the image request in a document, and its advisories.

    Args:
        document: The parsed body.
        reading: The result of reading its input images.
        validator: The validator of the requested model.
        settings: The settings in force.

    Raises:
        Problem: `invalid_request` with every rule that the document breaks. [docs/errors: 422]
    """
    violations, advisories = list(reading.violations), NO_ADVISORIES
    if not validator.is_clean(document):
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
        return image_request, ()  # the common case
    return image_request, tuple(advise(image_request, advisories, settings))


NO_ADVISORIES: Sequence[AdvisoryMatch] = ()


def is_refused(advisory: AdvisoryMatch, settings: Settings) -> bool:
    """Return True if a doubtful combination is refused under `settings` instead of advised against."""
    setting = advisory.violation.provenance.setting
    return bool(setting) and getattr(settings, setting) == advisory.refused_when


LIMIT = Provenance("assumed", setting="n_over_provider_limit")


def check_limit(document: Document, settings: Settings) -> Iterator[Violation]:
    """Yield a violation if `n` is over the provider's limit."""
    n = document.get("n", 1)
    if isinstance(n, bool) or not isinstance(n, int | float):
        return
    if settings.provider_limit < n <= 10:
        limit = settings.provider_limit
        yield Violation("/n", "gateway.provider-limit.how", f"{n} is over the provider's limit. Send {limit}.", LIMIT)


def advise(image_request: ImageRequest, advisories: Sequence[AdvisoryMatch], settings: Settings) -> Iterator[Advisory]:
    """Yield the advisories of a valid request."""
    yield from (Advisory(advisory.violation.rule, advisory.violation.message) for advisory in advisories)
    if image_request.n > settings.provider_limit:
        yield Advisory(
            "gateway.provider-limit.how",
            f"n is {image_request.n} and the provider makes {settings.provider_limit} at once: fewer images come back.",
        )
