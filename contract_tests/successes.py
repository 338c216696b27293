"""Probes of valid requests: every shipped example, its images and its bill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .examples import read_examples
from .images import validate_success
from .limits import describe_limit, find_limit
from .observation import Observation, is_documented, satisfied, violated
from .prices import assumed_price
from .probe import Probe, Run
from .target import Target

__all__ = ["SUCCESSES"]

Json = Any
# The rule that a gateway violates by refusing an example, and the settings under which the fake refuses it too,
# by prefix of the example's name. The first match counts.
RULES_BY_PREFIX: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("request--advisory-", "gateway.field.edit-fields", {}),
    ("request--edit-with-mask-as-object", "gateway.field.mask-shape", {"mask_shape": "string"}),
    ("request--edit-with-mask-as-string", "gateway.field.mask-shape", {"mask_shape": "object"}),
    ("request--merge-with-mask", "gateway.field.mask-shape", {"mask_shape": "object"}),
    ("request--full", "gateway.field.mask-shape", {"mask_shape": "object"}),
    ("request--merge-of-16", "gateway.field.input-images", {}),
    ("request--prompt-of-32000", "gateway.field.prompt-length", {}),
    ("request--background-", "request.background.enum", {}),
    ("request--moderation-", "request.moderation.enum", {}),
    ("request--input-fidelity-", "request.input_fidelity.enum", {}),
    ("request--output-format-", "request.output_format.enum", {}),
    ("request--quality-", "request.quality.enum", {}),
    ("request--size-", "request.size.enum", {}),
    # An n that the documentation accepts, and that a provider may not.
    ("request--n-10", "gateway.provider-limit.how", {}),
    ("request--n-", "request.n.maximum", {}),
    ("request--", "gateway.endpoint.operations", {}),
)


def run_accepted(name: str, document: Json) -> Run:
    """Return the run of a probe with a valid request."""
    rule, changes = next((rule, changes) for prefix, rule, changes in RULES_BY_PREFIX if name.startswith(prefix))

    def run(target: Target) -> Iterator[Observation]:
        response = target.generate(document)
        if response.accepted:
            yield satisfied(ACCEPTED_RULES.get(rule, rule))
            yield from validate_success(response, document)
            return
        search = SEARCHES.get(rule) if response.status == 422 else None
        observation = (
            search(target, document) if search else violated(rule, REFUSED % response.status, "status", **changes)
        )
        yield replace(observation, quote=response.error("message") or "")

    return run


# 422 is the only refusal that a limit can explain.
REFUSED = "%d came; expected: an image"
# The rules that a success satisfies, if they are others than those that a refusal violates.
ACCEPTED_RULES = {"gateway.provider-limit.how": "request.n.maximum"}


def search_prompt(target: Target, document: Json) -> Observation:
    """Return the observation of a prompt that is too long, with the longest that is not."""
    length = len(document["prompt"])

    def is_accepted(shorter: int) -> bool:
        return target.generate({**document, "quality": "low", "prompt": "x" * shorter}).accepted

    limit = find_limit(is_accepted, 1, length)
    message = f"{REFUSED % 422}; {describe_limit(limit, 'characters')}"
    return violated("gateway.field.prompt-length", message, "status", prompt_max_chars=limit)


def search_input_images(target: Target, document: Json) -> Observation:
    """Return the observation of too many input images, with the largest number that is accepted."""
    images = document["input_images"]

    def is_accepted(count: int) -> bool:
        return target.generate({**document, "quality": "low", "input_images": images[:count]}).accepted

    limit = find_limit(is_accepted, 1, len(images))
    message = f"{REFUSED % 422}; {describe_limit(limit, 'input images')}"
    return violated("gateway.field.input-images", message, "status", input_images_max=limit)


def search_number(target: Target, document: Json) -> Observation:
    """Return the observation of a number of images that is refused, with the largest that is not."""

    def is_accepted(n: int) -> bool:
        return target.generate({**document, "quality": "low", "n": n}).accepted

    limit = find_limit(is_accepted, 1, document["n"])
    changes = {"n_over_provider_limit": "refuse", "provider_limit": limit}
    message = f"{REFUSED % 422}; {describe_limit(limit, 'images')}"
    return violated("gateway.provider-limit.how", message, "status", **changes)


def explain_edit_fields(target: Target, document: Json) -> Observation:
    """Return the observation of a mask or input_fidelity that was refused: without an image, or for its form."""
    mask = document.get("mask")
    part = {"type": "image_url", "image_url": {"url": mask}}
    if mask and target.generate({**document, "quality": "low", "mask": part}).accepted:
        return violated("gateway.field.mask-shape", REFUSED % 422, "status", mask_shape="object")
    return violated("gateway.field.edit-fields", REFUSED % 422, "status", edit_fields_without_images="refuse")


SEARCHES: Mapping[str, Callable[[Target, Json], Observation]] = {
    "gateway.field.prompt-length": search_prompt,
    "gateway.field.input-images": search_input_images,
    "gateway.provider-limit.how": search_number,
    "gateway.field.edit-fields": explain_edit_fields,
}


def valid_requests() -> Iterator[Probe]:
    """Yield a probe for each shipped example of a valid request to this model."""
    for name, document in read_examples("valid", "request--"):
        rule = next(rule for prefix, rule, _ in RULES_BY_PREFIX if name.startswith(prefix))
        price = assumed_price(document.get("quality", "auto"), document.get("size", "auto"))
        yield Probe(
            name, run_accepted(name, document), documented=is_documented(rule), price=price * int(document.get("n", 1))
        )


SUCCESSES = tuple(valid_requests())
