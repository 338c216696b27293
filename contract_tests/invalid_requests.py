"""Probes of invalid requests: every shipped example, and the setting under which the fake accepts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .examples import read_examples
from .fields import LIMITED_FIELDS
from .limits import Refinement, refine
from .observation import Observation, expect_refusal, is_documented, provenance_of
from .probe import CAT, Probe, Run
from .target import Target

__all__ = ["INVALID_REQUESTS"]

Json = Any
# The value of each setting under which the fake accepts a request that it refuses by default.
LENIENT_VALUES: Mapping[str, str] = {
    "unknown_fields": "ignore",
    "empty_prompt": "allow",
    "remote_images": "accept",
    "image_checks": "ignore",
    "transparent_jpeg": "opaque",
}
ALLOWED_RULE = "gateway.field.allowed"
# Fields that client libraries add by themselves, each of which a gateway may accept alone.
KNOWN_FIELDS: Mapping[str, str] = {
    "request.additionalProperties--response-format": "response_format",
    "request.additionalProperties--stream": "stream",
}


def lenient_changes(name: str, rule: str) -> dict[str, Any]:
    """Return the settings under which the fake accepts an example; empty if there are none."""
    if name in KNOWN_FIELDS:
        return {}  # One further call tells which setting it is.
    setting = provenance_of(rule)[2]
    # Other patterns than https are no addresses that the fake would accept.
    if setting not in LENIENT_VALUES or (setting == "remote_images" and not name.endswith("--https")):
        return {}
    return {setting: LENIENT_VALUES[setting]}


def run_refused(name: str, rule: str, document: Json) -> Run:
    """Return the run of a probe with a request that violates a rule."""

    def run(target: Target) -> Iterator[Observation]:
        response = target.generate(document)
        if not response.accepted:
            yield from expect_refusal(response, rule, "invalid_request")
            return
        (accepted,) = expect_refusal(response, rule, "invalid_request", lenient=lenient_changes(name, rule))
        if name in KNOWN_FIELDS:
            yield from refine(accepted, lambda: is_field_known(target, KNOWN_FIELDS[name]))
        elif rule in LIMITED_FIELDS:
            yield from refine(accepted, lambda: LIMITED_FIELDS[rule].search_above(target, document))
        else:
            yield accepted

    return run


def is_field_known(target: Target, name: str) -> Refinement:
    """Return why an unknown field was accepted: for its name, or because every field is."""
    if target.generate({**CAT, "quality": "low", "omixa_mock_verify": 1}).accepted:
        return Refinement(changes={"unknown_fields": "ignore"})
    return Refinement(f"no other field is, so it is {name} that is known", {"allowed_fields": [name]}, ALLOWED_RULE)


def invalid_requests() -> Iterator[Probe]:
    """Yield a probe for each shipped example of an invalid request to this model."""
    for folder in ("invalid", "invalid-beyond-schema"):
        for name, document in read_examples(folder, "request."):
            rule = name.partition("--")[0]
            yield Probe(name, run_refused(name, rule, document), documented=is_documented(rule))


INVALID_REQUESTS = tuple(invalid_requests())
