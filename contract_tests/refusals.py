"""Probes of refusals that need no valid request: keys, paths, methods, bodies."""

from __future__ import annotations

from collections.abc import Iterator

from .limits import describe_limit, find_limit
from .observation import Observation, expect, expect_refusal, violated
from .prices import assumed_price
from .probe import CAT, MODEL, Probe, raise_if_inconclusive
from .target import GENERATE, MADE_UP_KEY, Request, Response, Target

__all__ = ["REFUSALS"]

KIB = 1024
BODY_PROBED = 8 * KIB  # in KiB: the size of a few input images


def no_key(target: Target) -> Iterator[Observation]:
    """Probe a call without a key. [docs/errors: 401]"""
    yield from expect_refusal(target.generate(CAT, key=""), "gateway.key.bearer", "invalid_key")


def other_scheme(target: Target) -> Iterator[Observation]:
    """Probe a key in another authentication scheme."""
    headers = {"Authorization": f"Basic {MADE_UP_KEY}"}
    yield from expect_refusal(target.generate(CAT, key="", headers=headers), "gateway.key.bearer", "invalid_key")


def other_prefix(target: Target) -> Iterator[Observation]:
    """Probe a key with another prefix. [docs/authentication]"""
    yield from expect_refusal(target.generate(CAT, key="sk-omixa-mock-verify"), "gateway.key.bearer", "invalid_key")


def made_up_key(target: Target) -> Iterator[Observation]:
    """Probe a well-formed key that was never issued."""
    response = target.generate(CAT, key=MADE_UP_KEY)
    yield from expect_refusal(response, "gateway.key.known", "invalid_key", lenient={"keys": ["any"]})


def unknown_path(target: Target) -> Iterator[Observation]:
    """Probe an undocumented path."""
    yield from expect_refusal(target.call("/api/v1/omixa-mock-verify"), "gateway.endpoint.unknown-path", "not_found")


def other_method(target: Target) -> Iterator[Observation]:
    """Probe GET on an endpoint for POST."""
    yield from expect_refusal(target.call(GENERATE), "gateway.endpoint.other-method", "method_not_allowed")


def no_edits_endpoint(target: Target) -> Iterator[Observation]:
    """Probe an undocumented endpoint for edits, without a model."""
    fields = {"Content-Type": "application/json", "Authorization": f"Bearer {target.key}"}
    response = target.send(Request("POST", "/api/v1/images/edits", fields, b"{}"))
    is_read = response.accepted or response.status in {400, 415, 422}
    message = f"{response.status} came, as if a body were read; expected: 404 or 405, since no page has this endpoint"
    yield expect("gateway.endpoint.single", not is_read, message, "status")


def no_fields(target: Target) -> Iterator[Observation]:
    """Probe a request without any field. [docs/models/gpt-image-1.5: required]"""
    yield from expect_refusal(target.generate({}), "request.required", "invalid_request")


def no_model(target: Target) -> Iterator[Observation]:
    """Probe a request without a model. [docs/models/gpt-image-1.5: required]"""
    yield from expect_refusal(target.generate({"prompt": "a cat"}), "request.required", "invalid_request")


def unknown_model(target: Target) -> Iterator[Observation]:
    """Probe an unknown model; 403 if the key is limited to certain models."""
    response = target.generate({**CAT, "model": "omixa-mock-verify"})
    yield from expect_refusal(response, "gateway.order.unknown-model", "invalid_request", statuses=(422, 403))


def other_media_type(target: Target) -> Iterator[Observation]:
    """Probe a body with another Content-Type than JSON, without a model."""
    response = target.generate({}, headers={"Content-Type": "text/plain"})
    if response.status == 422:
        yield violated("gateway.body.media-type", "422 came; expected: 415", "status", content_type="ignore")
        return
    yield from expect_refusal(response, "gateway.body.media-type", "unsupported_media_type")


def malformed(target: Target) -> Iterator[Observation]:
    """Probe a body that is not JSON, without a model."""
    response = target.generate(b'{"prompt": ')
    if response.status == 400:
        yield violated("gateway.body.malformed", "400 came; expected: 422", "status", malformed_status=400)
        return
    yield from expect_refusal(response, "gateway.body.malformed", "invalid_request")


def large_body(target: Target) -> Iterator[Observation]:
    """Probe a body of 8 MiB, without a model; if it is too large, find the size that is not."""
    response = send_kibibytes(target, BODY_PROBED)
    message = "a body of 8 MiB is too large; assumed: 64 MiB are taken"
    if response.status != 413:
        yield expect("gateway.body.size", True, message)  # noqa: FBT003  # a condition that holds
        return
    yield from expect_refusal(response, "gateway.body.size", "payload_too_large")
    limit = find_limit(lambda size: send_kibibytes(target, size).status != 413, 1, BODY_PROBED)
    yield violated("gateway.body.size", f"{message}; {describe_limit(limit, 'KiB')}", "status", body_max=limit * KIB)


def send_kibibytes(target: Target, size: int) -> Response:
    """Send a body of so many KiB that names no model."""
    head, tail = b'{"padding": "', b'"}'
    return target.generate(head + b"x" * (size * KIB - len(head) - len(tail)) + tail)


def duplicate_name(target: Target) -> Iterator[Observation]:
    """Probe a request with a duplicate name, which JSON does not forbid."""
    body = b'{"model": "%s", "prompt": "a cat", "prompt": "a dog"}' % MODEL.encode()
    yield from expect_refusal(
        target.generate(body), "gateway.body.duplicate-names", "invalid_request", statuses=(422, 400)
    )


def fault_header(target: Target) -> Iterator[Observation]:
    """Probe the header that injects a fault into the mock, which no gateway should obey."""
    response = target.generate({**CAT, "quality": "low"}, headers={"X-Omixa-Mock-Fault": "no_route"})
    obeyed = response.headers.get("x-omixa-mock-fault") is not None
    if not obeyed:
        raise_if_inconclusive(response, 403)
    message = "the header X-Omixa-Mock-Fault let a call fail"
    yield expect("gateway.fault.header", not obeyed, message, "status", fault_header="obey")


REFUSALS = (
    Probe("no key", no_key, needs_key=False, documented=True),
    Probe("key in another scheme", other_scheme, needs_key=False, documented=True),
    Probe("key with another prefix", other_prefix, needs_key=False, documented=True),
    Probe("made-up key", made_up_key, needs_key=False),
    Probe("unknown path", unknown_path),
    Probe("other method", other_method),
    Probe("no endpoint for edits", no_edits_endpoint, documented=True),
    Probe("no fields", no_fields, documented=True),
    Probe("no model", no_model, documented=True),
    Probe("unknown model", unknown_model),
    Probe("other media type", other_media_type),
    Probe("malformed JSON", malformed),
    Probe("body of 8 MiB", large_body),
    Probe("name given twice", duplicate_name),
    Probe("fault header", fault_header, price=assumed_price("low", "auto")),
)
