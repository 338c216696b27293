"""Probes of valid requests: every shipped example, its images and its bill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .examples import read_examples
from .fields import LIMITED_FIELDS
from .images import validate_success
from .limits import Refinement, refine
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
        quote = response.error("message") or ""
        refusal = violated(rule, f"{response.status} came; expected: an image", "status", **changes)
        if response.status == 422 and rule in SEARCHES:
            yield from refine(replace(refusal, quote=quote), lambda: SEARCHES[rule](target, document))
        else:
            yield replace(refusal, quote=quote)

    return run


# The rules that a success satisfies, if they are others than those that a refusal violates.
ACCEPTED_RULES = {"gateway.provider-limit.how": "request.n.maximum"}


def search_number(target: Target, document: Json) -> Refinement:
    """Return the largest number of images that is accepted, if a larger one is refused."""
    found = LIMITED_FIELDS["gateway.provider-limit.how"].search_below(target, document)
    return replace(found, changes={"n_over_provider_limit": "refuse", **found.changes}) if found.changes else found


def explain_edit_fields(target: Target, document: Json) -> Refinement:
    """Return why a mask or input_fidelity without an image was refused: for that, or for the form of the mask."""
    mask = document.get("mask")
    part = {"type": "image_url", "image_url": {"url": mask}}
    if mask and target.generate({**document, "quality": "low", "mask": part}).accepted:
        return Refinement("a mask as an object is accepted", {"mask_shape": "object"}, "gateway.field.mask-shape")
    return Refinement(changes={"edit_fields_without_images": "refuse"})


# Further calls after 422, which is the only refusal that they can explain.
SEARCHES: Mapping[str, Callable[[Target, Json], Refinement]] = {
    **{rule: limited.search_below for rule, limited in LIMITED_FIELDS.items()},
    "gateway.provider-limit.how": search_number,
    "gateway.field.edit-fields": explain_edit_fields,
}


def valid_requests() -> Iterator[Probe]:
    """Yield a probe for each shipped example of a valid request to this model."""
    for name, document in read_examples("valid", "request--"):
        rule = next(rule for prefix, rule, _ in RULES_BY_PREFIX if name.startswith(prefix))
        price = assumed_price(document.get("quality", "auto"), document.get("size", "auto"))
        n = int(document.get("n", 1))
        yield Probe(name, run_accepted(name, document), documented=is_documented(rule), price=price * n, images=n)


SUCCESSES = tuple(valid_requests())
