"""Probes of refusals: keys, paths, bodies, and every field of the model's table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from omixa_mock import Settings, shipped_contract

from .probe import (
    CAT,
    MODEL,
    Observation,
    Probe,
    Run,
    expect,
    expect_status,
    raise_if_inconclusive,
    validate_refusal,
    violated,
    worst_price,
)
from .target import GENERATE, MADE_UP_KEY, Request, Response, Target

__all__ = ["REFUSALS", "examples", "refused"]

Json = Any
# By name: the folder is installed below omixa_mock under a mapping.
EXAMPLES = files("omixa_mock.schemas") / "examples"


def no_key(target: Target) -> Iterator[Observation]:
    """Probe a call without a key. [docs/errors: 401]"""
    yield from expect_unauthorized("gateway.key.bearer", target.generate(CAT, key=""))


def other_scheme(target: Target) -> Iterator[Observation]:
    """Probe a key in another authentication scheme."""
    headers = {"Authorization": f"Basic {MADE_UP_KEY}"}
    yield from expect_unauthorized("gateway.key.bearer", target.generate(CAT, key="", headers=headers))


def other_prefix(target: Target) -> Iterator[Observation]:
    """Probe a key with another prefix. [docs/authentication]"""
    yield from expect_unauthorized("gateway.key.bearer", target.generate(CAT, key="sk-omixa-mock-verify"))


def made_up_key(target: Target) -> Iterator[Observation]:
    """Probe a well-formed key that was never issued."""
    response = target.generate(CAT, key=MADE_UP_KEY)
    if response.accepted:
        yield violated("gateway.key.known", "a made-up key was accepted; expected: 401", "keys = any")
    else:
        yield from expect_unauthorized("gateway.key.known", response)


def expect_unauthorized(rule: str, response: Response) -> Iterator[Observation]:
    """Yield the observations about a refusal with 401."""
    yield expect_status(rule, response, 401)
    yield from validate_refusal(response, 401, "invalid_key")


def unknown_path(target: Target) -> Iterator[Observation]:
    """Probe an undocumented path."""
    response = target.call("/api/v1/omixa-mock-verify")
    yield expect_status("gateway.endpoint.unknown-path", response, 404, setting=STATUS_SETTING % "not_found")
    yield from validate_refusal(response, 404, "not_found")


def other_method(target: Target) -> Iterator[Observation]:
    """Probe GET on an endpoint for POST."""
    response = target.call(GENERATE)
    yield expect_status("gateway.endpoint.other-method", response, 405, setting=STATUS_SETTING % "method_not_allowed")
    yield from validate_refusal(response, 405, "method_not_allowed")


# The setting that gives an error the actual status.
STATUS_SETTING = 'errors = {"%s": {"status": <status>}}'


def no_edits_endpoint(target: Target) -> Iterator[Observation]:
    """Probe an undocumented endpoint for edits, without a model."""
    fields = {"Content-Type": "application/json", "Authorization": f"Bearer {target.key}"}
    response = target.send(Request("POST", "/api/v1/images/edits", fields, b"{}"))
    yield expect_status("gateway.endpoint.single", response, 404, 405)


def no_model(target: Target) -> Iterator[Observation]:
    """Probe a request without a model. [docs/models/gpt-image-1.5: required]"""
    response = target.generate({"prompt": "a cat"})
    yield expect_status("request.required", response, 422)
    yield from validate_refusal(response, 422, "invalid_request")


def unknown_model(target: Target) -> Iterator[Observation]:
    """Probe an unknown model; 403 if the key is limited to certain models."""
    response = target.generate({**CAT, "model": "omixa-mock-verify"})
    yield expect_status("gateway.order.unknown-model", response, 422, 403)


def other_media_type(target: Target) -> Iterator[Observation]:
    """Probe a body with another Content-Type than JSON, without a model."""
    response = target.generate({}, headers={"Content-Type": "text/plain"})
    yield expect_status("gateway.body.media-type", response, 415, setting="content_type = ignore")
    yield from validate_refusal(response, 415, "unsupported_media_type")


def malformed(target: Target) -> Iterator[Observation]:
    """Probe a body that is not JSON, without a model."""
    response = target.generate(b'{"prompt": ')
    yield expect_status("gateway.body.malformed", response, 422, setting="malformed_status = <status>")


def large_body(target: Target) -> Iterator[Observation]:
    """Probe a body of 8 MiB, the size of a few input images, without a model."""
    response = target.generate(b'{"prompt": "%s"}' % (b"x" * 2**23))
    message = "a body of 8 MiB is too large; assumed: 64 MiB are taken"
    yield expect("gateway.body.size", response.status != 413, message, "body_max = less than 8MiB")


def duplicate_name(target: Target) -> Iterator[Observation]:
    """Probe a request with a duplicate name, which JSON does not forbid."""
    body = b'{"model": "%s", "prompt": "a cat", "prompt": "a dog"}' % MODEL.encode()
    yield from refused(target, "gateway.body.duplicate-names", body, 422, 400)


def fault_header(target: Target) -> Iterator[Observation]:
    """Probe the header that injects a fault into the mock, which no gateway should obey."""
    response = target.generate(CAT, headers={"X-Omixa-Mock-Fault": "no_route"})
    obeyed = response.headers.get("x-omixa-mock-fault") is not None
    if not obeyed:
        raise_if_inconclusive(response, 403)
    message = "the header X-Omixa-Mock-Fault let a call fail"
    yield expect("gateway.fault.header", not obeyed, message, "fault_header = obey")


def refused(target: Target, rule: str, document: Json, *statuses: int) -> Iterator[Observation]:
    """Probe a request that violates one rule; if it is accepted, the guard counts the bill."""
    response = target.generate(document)
    yield expect_status(rule, response, *(statuses or (422,)))
    yield from validate_refusal(response, 422, "invalid_request")


# The value of each setting under which the mock accepts a request that it refuses by default.
LENIENT_VALUES = {
    "unknown_fields": "ignore",
    "empty_prompt": "allow",
    "remote_images": "accept",
    "image_checks": "ignore",
    "transparent_jpeg": "opaque",
    "content_type": "ignore",
    # The mock refuses the request under any value.
    "malformed_status": "",
}


def lenient_setting(rule: str) -> str:
    """Return the setting under which the mock accepts a violation of a rule; empty if there is none."""
    settings = (known.provenance.setting for known in shipped_contract().rules() if known.id == rule)
    name = next(settings, "")
    value = LENIENT_VALUES.get(name, "more")
    return f"{name} = {value}" if name and value else ""


def examples(folder: str, prefix: str) -> Iterator[tuple[str, Json]]:
    """Yield name and document of the shipped examples in a folder."""
    paths: list[Traversable] = sorted((EXAMPLES / folder).iterdir(), key=lambda path: path.name)
    for path in paths:
        if path.name.startswith(prefix) and path.name.endswith(".json"):
            yield path.name.removesuffix(".json"), json.loads(path.read_bytes())


def example_probes() -> Iterator[Probe]:
    """Yield a probe for each shipped example of an invalid request to this model."""
    for folder in ("invalid", "invalid-beyond-schema"):
        for name, document in examples(folder, "request."):
            model = model_of(document)
            if model in shipped_contract().requests and model not in Settings().models:
                continue
            rule = name.partition("--")[0]
            yield refusal(name, run_refused(rule, document), rule, price_of_violation(document))


def model_of(document: Json) -> Json:
    """Return the model that a request names; None if there is none."""
    return document.get("model") if isinstance(document, dict) else None


def run_refused(rule: str, document: Json) -> Run:
    """Return the run of a probe with a request that violates a rule."""
    return lambda target: refused(target, rule, document)


def price_of_violation(document: Json) -> Decimal:
    """Return the maximum price of an invalid request; 0 only if it names no existing model.

    A gateway may accept more than it documents: the model in another case, or a request inside a list.
    """
    models = {name.casefold() for name in shipped_contract().requests}
    if not any(text.strip().casefold() in models for text in strings_in(document)):
        return Decimal(0)
    n = document.get("n", 1) if isinstance(document, dict) else 0
    return worst_price(n if type(n) is int and 1 <= n <= 20 else 10)


def strings_in(value: Json) -> Iterator[str]:
    """Yield every string of a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from strings_in(member)
    elif isinstance(value, list):
        for element in value:
            yield from strings_in(element)


def refusal(name: str, run: Run, rule: str, price: Decimal = Decimal(0)) -> Probe:
    """Return a probe with the real key that must be refused: a success violates `rule` and costs money."""
    return Probe(name, run, price, refusal_rule=rule, setting=lenient_setting(rule))


REFUSALS = (
    Probe("no key", no_key, needs_key=False),
    Probe("key in another scheme", other_scheme, needs_key=False),
    Probe("key with another prefix", other_prefix, needs_key=False),
    Probe("made-up key", made_up_key, needs_key=False),
    Probe("unknown path", unknown_path),
    Probe("other method", other_method),
    refusal("no endpoint for edits", no_edits_endpoint, "gateway.endpoint.single"),
    refusal("no model", no_model, "request.required"),
    refusal("unknown model", unknown_model, "gateway.order.unknown-model"),
    refusal("other media type", other_media_type, "gateway.body.media-type"),
    refusal("malformed JSON", malformed, "gateway.body.malformed"),
    # A success would not violate a rule about sizes, but the request names no model.
    refusal("body of 8 MiB", large_body, "request.required"),
    refusal("name given twice", duplicate_name, "gateway.body.duplicate-names", worst_price()),
    Probe("fault header", fault_header, worst_price()),
    *example_probes(),
)
