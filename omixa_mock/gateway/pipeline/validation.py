"""Request validation: a parsed body becomes an image request, or one refusal that names every broken rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from omixa_mock.gateway.contract import (
    AdvisoryMatch,
    ImageReading,
    ImageRequest,
    ParsedBody,
    Provenance,
    Settings,
    Terms,
    Validator,
    Violation,
    describe_violations,
    read_image_request,
    read_input_images,
)
from omixa_mock.gateway.http import Advisory, Problem, redact

__all__ = ["find_ignored", "find_violations", "validate_body", "validate_image_request"]

Document = Mapping[str, Any]


def validate_body(parsed: ParsedBody, terms: Terms) -> ImageRequest:
    """Return the image request in a parsed body, which keeps it with its advisories.

    Raises:
        Problem: `invalid_request`.
    """
    validator = terms.validator_for(parsed.document)
    reading = read_input_images(parsed.document, validator.schema, terms.settings)
    image_request, parsed.advisories = validate_image_request(parsed.document, reading, validator, terms.settings)
    parsed.image_request = image_request
    return image_request


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
    ignored = find_ignored(document, validator, settings)
    if ignored:
        document = {name: value for name, value in document.items() if name not in ignored}
    violations, advisories = find_violations(document, reading, validator, settings)
    if violations:
        rules = tuple(dict.fromkeys(violation.rule for violation in violations))
        raise Problem("invalid_request", describe_violations(violations), rules=rules)
    image_request = read_image_request(document, validator, reading.images, reading.mask, settings)
    if not advisories and not ignored and image_request.n <= settings.provider_limit:
        return image_request, ()  # the common case
    return image_request, (*advise(image_request, advisories, settings), *advise_of_ignored(ignored, settings))


NO_ADVISORIES: Sequence[AdvisoryMatch] = ()


def find_violations(
    document: Document, reading: ImageReading, validator: Validator, settings: Settings
) -> tuple[list[Violation], Sequence[AdvisoryMatch]]:
    """Return every rule that a document without ignored fields breaks, and the doubtful combinations in it."""
    violations, advisories = list(reading.violations), NO_ADVISORIES
    if not validator.is_clean(document):
        advisories = validator.advisories(document)
        refused = (advisory.violation for advisory in advisories if is_refused(advisory, settings))
        violations = [*validator.violations(document), *violations, *refused]
    if settings.n_over_provider_limit == "refuse":
        violations = [*advise_limit(violations, settings), *check_limit(document, settings)]
    return violations, advisories


def find_ignored(document: Document, validator: Validator, settings: Settings) -> tuple[str, ...]:
    """Return the names of the fields that a setting ignores; a partial model's other fields count as known."""
    if not settings.allowed_fields and settings.unknown_fields != "ignore":
        return ()
    known = validator.schema["properties"]
    every = settings.unknown_fields == "ignore" and validator.schema["x-omixa-model"]["status"] != "partial"
    return tuple(name for name in document if name not in known and (every or name in settings.allowed_fields))


def is_refused(advisory: AdvisoryMatch, settings: Settings) -> bool:
    """Return True if a doubtful combination is refused under `settings` instead of advised against."""
    setting = advisory.violation.provenance.setting
    return bool(setting) and getattr(settings, setting) == advisory.refused_when


LIMIT = Provenance("assumed", setting="n_over_provider_limit")


def advise_limit(violations: Sequence[Violation], settings: Settings) -> Iterator[Violation]:
    """Yield violations, of which none advises an `n` above the provider's limit."""
    for violation in violations:
        message = violation.message.replace(" Send 10.", f" Send {settings.provider_limit}.")
        yield replace(violation, message=message) if violation.rule == "request.n.maximum" else violation


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


def advise_of_ignored(names: Sequence[str], settings: Settings) -> Iterator[Advisory]:
    """Yield an advisory on the fields that each of the two settings ignores."""
    allowed = [name for name in names if name in settings.allowed_fields]
    unknown = [name for name in names if name not in settings.allowed_fields]
    for rule, ignored, setting in (("allowed", allowed, "allowed_fields"), ("unknown", unknown, "unknown_fields")):
        if ignored:
            verb, reason = "is" if len(ignored) == 1 else "are", "the model's table lists no such field"
            message = f"{list_names(ignored)} {verb} ignored by the setting {setting}: {reason}."
            yield Advisory(f"gateway.field.{rule}", message)


def list_names(names: Sequence[str]) -> str:
    """Return names of a client's fields for a message, which is also the value of a header: in ASCII, abbreviated."""
    shown = ", ".join(json.dumps(redact(name)[:NAME_CHARS_MAX]) for name in names[:NAMES_MAX])
    return shown if len(names) <= NAMES_MAX else f"{shown} and {len(names) - NAMES_MAX:,} more"


NAMES_MAX = 12
NAME_CHARS_MAX = 60
