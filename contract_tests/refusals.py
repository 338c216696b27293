"""Probes of refusals that need no valid request: keys, paths, methods, bodies."""

from __future__ import annotations

from collections.abc import Iterator

from .limits import describe_limit, find_limit, refine
from .observation import Observation, expect, expect_refusal, satisfied, violated
from .prices import assumed_price
from .probe import CAT, MODEL, Inconclusive, Probe
from .target import GENERATE, MADE_UP_KEY, Request, Response, Target

__all__ = ["REFUSALS"]

KIB = 1024
BODY_PROBED = 8 * KIB  # in KiB: the size of a few input images


def no_key(target: Target) -> Iterator[Observation]:
    """Probe a call without a key. [docs/errors: 401]"""
    yield from expect_refusal(send_as(target, ""), "gateway.key.bearer", "invalid_key")


def other_scheme(target: Target) -> Iterator[Observation]:
    """Probe a key in another authentication scheme."""
    response = send_as(target, "", Authorization=f"Basic {MADE_UP_KEY}")
    yield from expect_refusal(response, "gateway.key.bearer", "invalid_key")


def other_prefix(target: Target) -> Iterator[Observation]:
    """Probe a key with another prefix. [docs/authentication]"""
    yield from expect_refusal(send_as(target, "sk-omixa-mock-verify"), "gateway.key.bearer", "invalid_key")


def made_up_key(target: Target) -> Iterator[Observation]:
    """Probe a well-formed key that was never issued: it must be refused as no key is."""
    response = target.generate({}, key=MADE_UP_KEY)
    if response.status == 422 and target.generate({}, key="").status == 401:
        message = "a made-up key got 422, and no key 401; expected: 401 for both"
        yield violated("gateway.key.known", message, "status", keys=["any"])
        return
    response = response if response.status != 422 else target.generate(CAT, key=MADE_UP_KEY)
    yield from expect_refusal(response, "gateway.key.known", "invalid_key", lenient={"keys": ["any"]})


def send_as(target: Target, key: str, **headers: str) -> Response:
    """Send a request that no gateway can charge for; if its body is validated before the key, one that is valid."""
    response = target.generate({}, key=key, headers=headers)
    return target.generate(CAT, key=key, headers=headers) if response.status == 422 else response


def unknown_path(target: Target) -> Iterator[Observation]:
    """Probe an undocumented path."""
    yield from expect_refusal(target.call("/api/v1/omixa-mock-verify"), "gateway.endpoint.unknown-path", "not_found")


def other_method(target: Target) -> Iterator[Observation]:
    """Probe GET on an endpoint for POST."""
    yield from expect_refusal(target.call(GENERATE), "gateway.endpoint.other-method", "method_not_allowed")


def no_edits_endpoint(target: Target) -> Iterator[Observation]:
    """Probe an undocumented endpoint for edits, without a model: it must be answered as any unknown path is."""
    unknown, edits = (post_nothing(target, path) for path in ("omixa-mock-verify", "images/edits"))
    is_read = edits.accepted or edits.status in {400, 415, 422}
    message = f"{edits.status} came, and {unknown.status} at an unknown path; expected: no other endpoint makes images"
    yield expect("gateway.endpoint.single", not is_read or edits.status == unknown.status, message, "status")


def post_nothing(target: Target, path: str) -> Response:
    """Send an empty request to a path of the API."""
    fields = {"Content-Type": "application/json", "Authorization": f"Bearer {target.key}"}
    return target.send(Request("POST", f"/api/v1/{path}", fields, b"{}"))


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
    """Probe a body of 8 MiB, without a model; if it is too large, find the size that is not.

    Raises:
        Inconclusive: The response is neither about the size nor about the fields.
    """
    response = send_kibibytes(target, BODY_PROBED)
    message = "a body of 8 MiB is too large; assumed: 64 MiB are taken"
    if response.status != 413:
        if response.accepted or response.status not in {400, 415, 422}:
            raise Inconclusive(f"See `no fields`: a body of 8 MiB got {response.status}.")
        yield satisfied("gateway.body.size")
        return
    yield from expect_refusal(response, "gateway.body.size", "payload_too_large")

    def is_accepted(size: int) -> bool:
        return send_kibibytes(target, size).status != 413

    yield from refine(
        violated("gateway.body.size", message, "status"),
        lambda: describe_limit(find_limit(is_accepted, 1, BODY_PROBED), "KiB", "body_max", KIB),
    )


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
    if not (obeyed or response.accepted):
        raise Inconclusive(f"See `request--minimal`: a request with another header got {response.status}.")
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
