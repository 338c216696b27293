"""Probes of what a gateway refuses: keys, paths, bodies, and every field of the model's table."""

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
    broken,
    expect_status,
    judge_refusal,
    refuse_unseen,
    watch,
    worst_price,
)
from .target import GENERATE, MADE_UP_KEY, Answer, Exchange, Target

__all__ = ["REFUSALS", "examples", "refused"]

Json = Any
# By name: the folder is installed below omixa_mock under a mapping.
EXAMPLES = files("omixa_mock.schemas") / "examples"


def no_key(target: Target) -> Iterator[Observation]:
    """A call without a key. [docs/errors: 401]"""
    yield from unauthorized("gateway.key.bearer", target.generate(CAT, key=""))


def other_scheme(target: Target) -> Iterator[Observation]:
    """A call whose key comes in another scheme."""
    headers = {"Authorization": f"Basic {MADE_UP_KEY}"}
    yield from unauthorized("gateway.key.bearer", target.generate(CAT, key="", headers=headers))


def other_prefix(target: Target) -> Iterator[Observation]:
    """A key with another prefix. [docs/authentication]"""
    yield from unauthorized("gateway.key.bearer", target.generate(CAT, key="sk-omixa-mock-verify"))


def made_up_key(target: Target) -> Iterator[Observation]:
    """A well-formed key that nobody has."""
    answer = target.generate(CAT, key=MADE_UP_KEY)
    if answer.accepted:
        yield broken("gateway.key.known", "a made-up key was accepted; expected: 401", "keys = any")
    else:
        yield from unauthorized("gateway.key.known", answer)


def unauthorized(rule: str, answer: Answer) -> Iterator[Observation]:
    """A refusal with 401."""
    yield expect_status(rule, answer, 401)
    yield from judge_refusal(answer, 401, "invalid_key")


def unknown_path(target: Target) -> Iterator[Observation]:
    """A path that no page has."""
    answer = target.ask("/api/v1/omixa-mock-verify")
    yield expect_status("gateway.endpoint.unknown-path", answer, 404, alike=LIKE_STATUS % "not_found")
    yield from judge_refusal(answer, 404, "not_found")


def other_method(target: Target) -> Iterator[Observation]:
    """GET where POST is documented."""
    answer = target.ask(GENERATE)
    yield expect_status("gateway.endpoint.other-method", answer, 405, alike=LIKE_STATUS % "method_not_allowed")
    yield from judge_refusal(answer, 405, "method_not_allowed")


# The setting that gives an error the status that came.
LIKE_STATUS = 'errors = {"%s": {"status": <status>}}'


def no_edits_endpoint(target: Target) -> Iterator[Observation]:
    """An address of its own for edits, which the page does not have; no model is named."""
    fields = {"Content-Type": "application/json", "Authorization": f"Bearer {target.key}"}
    answer = target.send(Exchange("POST", "/api/v1/images/edits", fields, b"{}"))
    yield expect_status("gateway.endpoint.single", answer, 404, 405)


def no_model(target: Target) -> Iterator[Observation]:
    """An order that names no model. [docs/models/gpt-image-1.5: required]"""
    answer = target.generate({"prompt": "a cat"})
    yield expect_status("request.required", answer, 422)
    yield from judge_refusal(answer, 422, "invalid_request")


def unknown_model(target: Target) -> Iterator[Observation]:
    """A model that does not exist; 403 where the key is limited to certain models."""
    answer = target.generate({**CAT, "model": "omixa-mock-verify"})
    yield expect_status("gateway.order.unknown-model", answer, 422, 403)


def other_media_type(target: Target) -> Iterator[Observation]:
    """A body that is not announced as JSON; it names no model."""
    answer = target.generate({}, headers={"Content-Type": "text/plain"})
    yield expect_status("gateway.body.media-type", answer, 415, alike="content_type = ignore")
    yield from judge_refusal(answer, 415, "unsupported_media_type")


def malformed(target: Target) -> Iterator[Observation]:
    """A body that is not JSON; it names no model."""
    answer = target.generate(b'{"prompt": ')
    yield expect_status("gateway.body.malformed", answer, 422, alike="malformed_status = <status>")


def large_body(target: Target) -> Iterator[Observation]:
    """A body of 8 MiB, as a few input images make it; it names no model."""
    answer = target.generate(b'{"prompt": "%s"}' % (b"x" * 2**23))
    told = "a body of 8 MiB is too large; assumed: 64 MiB are taken"
    yield watch("gateway.body.size", answer.status != 413, told, "body_max = less than 8MiB")


def twice(target: Target) -> Iterator[Observation]:
    """An order that names one field twice, which JSON leaves open."""
    body = b'{"model": "%s", "prompt": "a cat", "prompt": "a dog"}' % MODEL.encode()
    yield from refused(target, "gateway.body.duplicate-names", body, 422, 400)


def fault_header(target: Target) -> Iterator[Observation]:
    """A header that asks a fake to fail, which no gateway should obey."""
    answer = target.generate(CAT, headers={"X-Omixa-Mock-Fault": "no_route"})
    obeyed = answer.headers.get("x-omixa-mock-fault") is not None
    if not obeyed:
        refuse_unseen(answer, 403)
    told = "the header X-Omixa-Mock-Fault let a call fail"
    yield watch("gateway.fault.header", not obeyed, told, "fault_header = obey")


def refused(target: Target, rule: str, document: Json, *statuses: int) -> Iterator[Observation]:
    """An order that breaks one rule; where it is accepted all the same, the guard tells what it cost."""
    answer = target.generate(document)
    yield expect_status(rule, answer, *(statuses or (422,)))
    yield from judge_refusal(answer, 422, "invalid_request")


# The value of each setting under which what the default refuses is accepted.
LOOSE = {
    "unknown_fields": "ignore",
    "empty_prompt": "allow",
    "remote_images": "accept",
    "image_checks": "ignore",
    "transparent_jpeg": "opaque",
    "content_type": "ignore",
    # Whatever its value, the fake refuses.
    "malformed_status": "",
}


def loosened(rule: str) -> str:
    """The setting under which the fake would accept what breaks a rule."""
    found = next((each.provenance.setting for each in shipped_contract().rules() if each.id == rule), "")
    value = LOOSE.get(found, "more")
    return f"{found} = {value}" if found and value else ""


def examples(folder: str, prefix: str) -> Iterator[tuple[str, Json]]:
    """The shipped examples of a folder: name without ending, and the instance."""
    found: list[Traversable] = sorted((EXAMPLES / folder).iterdir(), key=lambda path: path.name)
    for path in found:
        if path.name.startswith(prefix) and path.name.endswith(".json"):
            yield path.name.removesuffix(".json"), json.loads(path.read_bytes())


def example_probes() -> Iterator[Probe]:
    """One probe for each shipped example of a request that breaks a rule, where it is one for this model."""
    for folder in ("invalid", "invalid-beyond-schema"):
        for name, document in examples(folder, "request."):
            model = model_of(document)
            if model in shipped_contract().requests and model not in Settings().models:
                continue
            rule = name.partition("--")[0]
            yield refusal(name, breaking(rule, document), rule, price_of_breach(document))


def model_of(document: Json) -> Json:
    """The model that an order names, whatever else it is."""
    return document.get("model") if isinstance(document, dict) else None


def breaking(rule: str, document: Json) -> Run:
    """A probe's run: an order that breaks a rule."""
    return lambda target: refused(target, rule, document)


def price_of_breach(document: Json) -> Decimal:
    """What an order that should be refused costs where it is not: nothing only where no model that exists is named.

    A gateway may read more than it documents: the model in another case, or an order inside a list.
    """
    models = {name.casefold() for name in shipped_contract().requests}
    if not any(text.strip().casefold() in models for text in texts_in(document)):
        return Decimal(0)
    n = document.get("n", 1) if isinstance(document, dict) else 0
    return worst_price(n if type(n) is int and 1 <= n <= 20 else 10)


def texts_in(value: Json) -> Iterator[str]:
    """Every string of a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from texts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part)


def refusal(name: str, run: Run, rule: str, price: Decimal = Decimal(0)) -> Probe:
    """A probe that goes out with the real key and must be refused: a success would break `rule`, and cost money."""
    return Probe(name, run, price, breaks=rule, alike=loosened(rule))


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
    # It is no rule of sizes that a success would break: no model is named.
    refusal("body of 8 MiB", large_body, "request.required"),
    refusal("name given twice", twice, "gateway.body.duplicate-names", worst_price()),
    Probe("fault header", fault_header, worst_price()),
    *example_probes(),
)
