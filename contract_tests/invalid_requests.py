"""Probes of invalid requests: every shipped example, and the setting under which the fake accepts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .examples import read_examples
from .limits import describe_limit, raise_limit
from .observation import Observation, expect_refusal, is_documented, provenance_of, violated
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
    setting = provenance_of(rule)[2]
    # Other patterns than https are no addresses that the fake would accept.
    if setting not in LENIENT_VALUES or (setting == "remote_images" and not name.endswith("--https")):
        return {}
    return {setting: LENIENT_VALUES[setting]}


def run_refused(name: str, rule: str, document: Json) -> Run:
    """Return the run of a probe with a request that violates a rule."""

    def run(target: Target) -> Iterator[Observation]:
        response = target.generate(document)
        if response.accepted and rule in SEARCHES:
            yield SEARCHES[rule](target, document)
            return
        field = KNOWN_FIELDS.get(name)
        if field and response.accepted and not target.generate({**CAT, "omixa_mock_verify": 1}).accepted:
            yield violated(ALLOWED_RULE, f"the field {field} was accepted", "status", allowed_fields=[field])
            return
        yield from expect_refusal(response, rule, "invalid_request", lenient=lenient_changes(name, rule))

    return run


# Limits that no page documents: the largest value that is searched.
PROMPT_SEARCHED = 2**20
IMAGES_SEARCHED = 64


def search_prompt(target: Target, document: Json) -> Observation:
    """Return the observation of a prompt that is longer than assumed, with the actual limit."""
    accepted = len(document["prompt"])

    def is_accepted(length: int) -> bool:
        return target.generate({**document, "quality": "low", "prompt": "x" * length}).accepted

    limit = raise_limit(is_accepted, accepted, PROMPT_SEARCHED)
    message = f"a prompt of {accepted:,} characters was accepted; {describe_limit(limit, 'characters')}"
    return violated("request.prompt.maxLength", message, "status", prompt_max_chars=limit)


def search_input_images(target: Target, document: Json) -> Observation:
    """Return the observation of more input images than assumed, with the actual limit."""
    images = document["input_images"]

    def is_accepted(count: int) -> bool:
        return target.generate({**document, "quality": "low", "input_images": (images * count)[:count]}).accepted

    limit = raise_limit(is_accepted, len(images), IMAGES_SEARCHED)
    message = f"{len(images)} input images were accepted; {describe_limit(limit, 'images')}"
    return violated("request.input_images.maxItems", message, "status", input_images_max=limit)


SEARCHES: Mapping[str, Callable[[Target, Json], Observation]] = {
    "request.prompt.maxLength": search_prompt,
    "request.input_images.maxItems": search_input_images,
}


def invalid_requests() -> Iterator[Probe]:
    """Yield a probe for each shipped example of an invalid request to this model."""
    for folder in ("invalid", "invalid-beyond-schema"):
        for name, document in read_examples(folder, "request."):
            rule = name.partition("--")[0]
            yield Probe(name, run_refused(name, rule, document), documented=is_documented(rule))


INVALID_REQUESTS = tuple(invalid_requests())
