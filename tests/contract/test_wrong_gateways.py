"""Tests that the probes detect gateways with one defect each, by the right rule in the right class."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pybase64
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omixa_mock.gateway.images import draw
from omixa_mock.kit.image_files import read_image

GENERATE = "/api/v1/images/generations"
MODEL = "gpt-image-1.5"
Wrap = Callable[[ASGIApp], ASGIApp]


def on_bytes(change: Callable[[Scope, int, bytes], tuple[int, bytes]]) -> Wrap:
    """Return a wrapper that changes status and body of responses."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            await app(scope, receive, keep)
            status, body = change(
                scope, messages[0]["status"], b"".join(message.get("body", b"") for message in messages)
            )
            headers = [(name, value) for name, value in messages[0]["headers"] if name != b"content-length"]
            length = (b"content-length", b"%d" % len(body))
            await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
            await send({"type": "http.response.body", "body": body})

        return changed

    return wrap


def on_response(change: Callable[[Scope, int, Any], tuple[int, Any]]) -> Wrap:
    """Return a wrapper that changes status and document of responses."""

    def changed(scope: Scope, status: int, body: bytes) -> tuple[int, bytes]:
        changed_status, document = change(scope, status, json.loads(body))
        return changed_status, json.dumps(document).encode()

    return on_bytes(changed)


def on_body(change: Callable[[bytes], bytes]) -> Wrap:
    """Return a wrapper that changes the body of successful image requests."""
    return on_bytes(
        lambda scope, status, body: (status, change(body) if (scope["path"], status) == (GENERATE, 200) else body)
    )


def on_success(change: Callable[[Any], object]) -> Wrap:
    """Return a wrapper that changes the document of successful image requests in place."""

    def changed(scope: Scope, status: int, document: Any) -> tuple[int, Any]:
        if scope["path"] == GENERATE and status == 200:
            change(document)
        return status, document

    return on_response(changed)


def on_status(before: int, after: int) -> Wrap:
    """Return a wrapper that replaces a status."""
    return on_response(lambda _, status, document: (after if status == before else status, document))


def on_request(change: Callable[[dict[str, Any]], object]) -> Wrap:
    """Return a wrapper that changes the document of requests in place."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            try:
                document = json.loads(body)
                change(document)
                if document != json.loads(body):
                    body = json.dumps(document).encode()
            except (ValueError, AttributeError, TypeError, KeyError):
                pass  # Not an image request that the change applies to.
            headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
            headers.append((b"content-length", b"%d" % len(body)))
            messages = [{"type": "http.request", "body": body}]

            async def receive_changed() -> Message:
                return messages.pop() if messages else await receive()

            await app({**scope, "headers": headers}, receive_changed, send)

        return changed

    return wrap


def on_headers(change: Callable[[int, bytes, dict[bytes, bytes]], tuple[bytes, dict[bytes, bytes]]]) -> Wrap:
    """Return a wrapper that changes body and headers of responses, by their status."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            await app(scope, receive, keep)
            body = b"".join(message.get("body", b"") for message in messages)
            body, headers = change(messages[0]["status"], body, dict(messages[0]["headers"]))
            headers[b"content-length"] = b"%d" % len(body)
            await send({**messages[0], "headers": [*headers.items()]})
            await send({"type": "http.response.body", "body": body})

        return changed

    return wrap


def with_header(name: bytes, value: bytes, only: int = 200) -> Wrap:
    """Return a wrapper that sets a header of responses with one status."""
    return on_headers(
        lambda status, body, headers: (body, {**headers, name: value} if status == only else headers),
    )


def coded(encode: Callable[[bytes], bytes], coding: bytes = b"gzip") -> Wrap:
    """Return a wrapper that declares a coding of every body, and encodes it in its own way."""
    return on_headers(lambda _, body, headers: (encode(body), {**headers, b"content-encoding": coding}))


def clamp(name: str, low: int, high: int) -> Callable[[dict[str, Any]], None]:
    """Return a change that moves a number into a range."""

    def change(document: dict[str, Any]) -> None:
        if type(document[name]) is int:
            document[name] = max(low, min(high, document[name]))

    return change


def coerce(name: str, kind: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    """Return a change that coerces a field of another type, as lax frameworks do."""

    def change(document: dict[str, Any]) -> None:
        document[name] = kind(document[name])

    return change


def set_in(name: str, kind: Callable[[Any], Any], *path: str) -> Callable[[Any], None]:
    """Return a change of a member of a response."""

    def change(document: Any) -> None:
        for step in path:
            document = document[step]
        document[name] = kind(document[name])

    return change


def on_images(change: Callable[[bytes], bytes]) -> Wrap:
    """Return a wrapper that changes the files of images."""

    def changed(document: Any) -> None:
        for item in document["data"]:
            data = change(pybase64.b64decode(item["b64_json"]))
            item["b64_json"] = pybase64.b64encode(data).decode()

    return on_success(changed)


def in_format(signature: bytes, change: Callable[[bytes], bytes]) -> Wrap:
    """Return a wrapper that changes the files of one format."""
    return on_images(lambda data: change(data) if data.startswith(signature) else data)


def opaque(data: bytes) -> bytes:
    """Return a file of the same format and size without an alpha channel."""
    image = read_image(data)
    return draw(bytes(12), width=image.width, height=image.height, output_format=image.format)  # type: ignore[arg-type]


def wrong_checksum(data: bytes) -> bytes:
    """Return a PNG whose pixels have another checksum."""
    at = data.index(b"IDAT") + 8
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def small_images(_: bytes) -> bytes:
    return draw(bytes(12), width=512, height=512, output_format="png")


def longer(data: bytes) -> bytes:
    """Return a WebP whose header counts two bytes too many."""
    return data[:4] + (int.from_bytes(data[4:8], "little") + 2).to_bytes(4, "little") + data[8:]


def equal_images(document: Any) -> None:
    document["data"] = document["data"][:1] * len(document["data"])


def replace_text(name: str, value: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that replaces any text of a field by `value`."""

    def change(document: dict[str, Any]) -> None:
        if isinstance(document.get(name), str):
            document[name] = value

    return change


def known_model(document: dict[str, Any]) -> None:
    """Serve an unknown model by the known one."""
    if isinstance(document.get("model"), str):
        document["model"] = MODEL


def any_case(document: dict[str, Any]) -> None:
    document["model"] = document["model"].strip().lower()


def bare_base64(document: dict[str, Any]) -> None:
    """Accept an input image without the head of a data URL."""
    for part in document["input_images"]:
        url = part["image_url"]["url"]
        if url.startswith("iVBOR"):
            part["image_url"]["url"] = f"data:image/png;base64,{url}"


def at_path(path: str, status: int, body: bytes, media_type: bytes = b"application/json") -> Wrap:
    """Return a wrapper that answers one path by itself."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            if not scope["path"].endswith(path):
                await app(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", media_type)]})
            await send({"type": "http.response.body", "body": body})

        return changed

    return wrap


def get_is_a_page(app: ASGIApp) -> ASGIApp:
    """Return a gateway that shows a page at the endpoint for POST."""
    page = at_path("images/generations", 200, b"<html>", b"text/html")(app)

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        await (page if scope["method"] == "GET" else app)(scope, receive, send)

    return changed


def on_error(change: Callable[[dict[str, Any]], object]) -> Wrap:
    """Return a wrapper that changes the envelope of refusals in place."""

    def changed(_: Scope, status: int, document: Any) -> tuple[int, Any]:
        if status >= 400:
            change(document)
        return status, document

    return on_response(changed)


def open_envelope(_: Scope, status: int, document: Any) -> tuple[int, Any]:
    return status, document["error"] if status >= 400 else document


def html_for(refusal: int) -> Wrap:
    """Return a wrapper that answers with a page in place of refusals with one status."""
    page = {b"content-type": b"text/html"}
    return on_headers(lambda status, body, headers: (b"<h1>No</h1>", page) if status == refusal else (body, headers))


def without_keys(app: ASGIApp) -> ASGIApp:
    """Return a gateway that requires no key: a call without an issued one is somebody else's."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if headers.get(b"authorization") != b"Bearer omx_live_examined":
            headers[b"authorization"] = b"Bearer omx_live_somebody_else"
        await app({**scope, "headers": [*headers.items()]}, receive, send)

    return changed


def forbids_unknown_keys(app: ASGIApp) -> ASGIApp:
    """Return a gateway with 403 for a key that it does not know, and 401 for none."""
    forbidding = on_status(401, 403)(app)

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        has_key = any(value.startswith(b"Bearer omx_live_") for _, value in scope["headers"])
        await (forbidding if has_key else app)(scope, receive, send)

    return changed


def edits_too(app: ASGIApp) -> ASGIApp:
    """Return a gateway with a separate endpoint for edits."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": scope["path"].replace("images/edits", "images/generations")}, receive, send)

    return changed


FAILURES: dict[str, tuple[Wrap, str]] = {
    "400 for 422": (on_status(422, 400), "gateway.error.documented"),
    "403 for 401": (on_status(401, 403), "gateway.error.documented"),
    "403 for an unknown key": (forbids_unknown_keys, "gateway.error.documented"),
    "no key is asked for": (without_keys, "gateway.key.bearer"),
    "edits have an address": (edits_too, "gateway.endpoint.single"),
    "n over 10 is capped": (on_request(clamp("n", -9, 10)), "request.n.maximum"),
    "n below 1 is raised": (on_request(clamp("n", 1, 99)), "request.n.minimum"),
    "n may be text": (on_request(coerce("n", int)), "request.n.type"),
    "any size is one": (on_request(replace_text("size", "1024x1024")), "request.size.enum"),
    "any quality is one": (on_request(replace_text("quality", "high")), "request.quality.enum"),
    "any format is PNG": (on_request(replace_text("output_format", "png")), "request.output_format.enum"),
    "any background is one": (on_request(replace_text("background", "auto")), "request.background.enum"),
    "any moderation is one": (on_request(replace_text("moderation", "auto")), "request.moderation.enum"),
    "any fidelity is one": (on_request(replace_text("input_fidelity", "low")), "request.input_fidelity.enum"),
    "prompt may be missing": (on_request(lambda document: document.setdefault("prompt", "x")), "request.required"),
    "prompt may be a number": (on_request(coerce("prompt", str)), "request.prompt.type"),
    "model by default": (on_request(lambda document: document.setdefault("model", MODEL)), "request.required"),
    "model in any case": (on_request(any_case), "request.model.const"),
    "unknown model is served": (on_request(known_model), "request.model.const"),
    "small images": (on_images(small_images), "request.size.enum"),
    "image too many": (
        on_success(lambda document: document["data"].append(document["data"][0])),
        "gateway.provider-limit",
    ),
    "one price for all": (
        on_success(set_in("billed_amount", lambda _: "0.039000", "usage")),
        "gateway.wallet.quality",
    ),
    "bill is a number": (on_success(set_in("billed_amount", float, "usage")), "response.usage.billed_amount.type"),
    "created is text": (on_success(set_in("created", str)), "response.created.type"),
    "url instead": (
        on_success(lambda document: document["data"][0].update(b64_json=None, url="https://x.invalid")),
        "response.data.item.b64_json.type",
    ),
    "HTML for a success": (on_body(lambda _: b"<html>ok</html>"), "response.type"),
    "success without a body": (on_body(lambda _: b""), "response.type"),
    "success that is cut off": (on_body(lambda body: body[:-20]), "response.type"),
    "HTML for a 422": (html_for(422), "error.type"),
    "message is a list": (on_error(set_in("message", lambda text: [text], "error")), "error.error.message.type"),
    "no list of models": (at_path("/models", 404, b"{}"), "gateway.endpoint.models"),
    "no usage records": (at_path("/usage/requests", 404, b"{}"), "gateway.endpoint.usage"),
}
FINDINGS: dict[str, tuple[Wrap, str]] = {
    "202 for 200": (on_status(200, 202), "gateway.endpoint.success-status"),
    "HTML for an unknown path": (html_for(404), "gateway.endpoint.unknown-path"),
    "HTML for another method": (html_for(405), "gateway.endpoint.other-method"),
    "page for a GET": (get_is_a_page, "gateway.endpoint.other-method"),
    "bare base64 is read": (on_request(bare_base64), "request.input_images.item.image_url.url.pattern"),
    "no envelope": (on_response(open_envelope), "error.required"),
    "errors without a code": (on_error(lambda document: document["error"].pop("code")), "error.error.required"),
    "errors with a param": (
        on_error(lambda document: document["error"].update(param=None)),
        "error.error.additionalProperties",
    ),
    "errors of another type": (on_error(set_in("type", lambda _: "x", "error")), "gateway.error.names"),
    "text/plain": (with_header(b"content-type", b"text/plain"), "gateway.response.media-type"),
    "no Content-Type": (with_header(b"content-type", b""), "gateway.response.media-type"),
    "gzip that is none": (coded(lambda body: body), "gateway.response.content-encoding"),
    "gzip that breaks off": (coded(lambda body: gzip.compress(body)[:-4]), "gateway.response.content-encoding"),
    "deflate": (coded(zlib.compress, b"deflate"), "gateway.response.content-encoding"),
    "two Content-Types": (with_header(b"content-type", b"application/json, text/html"), "gateway.response.media-type"),
    "field too many": (on_success(lambda document: document.update(id="x")), "response.additionalProperties"),
    "no created": (on_success(lambda document: document.pop("created")), "response.required"),
    "created in milliseconds": (on_success(set_in("created", lambda time: time * 1000)), "response.created.maximum"),
    "no usage": (on_success(lambda document: document.pop("usage")), "response.required"),
    "three decimals": (
        on_success(set_in("billed_amount", lambda bill: bill[:-3], "usage")),
        "response.usage.billed_amount.pattern",
    ),
    "no url": (on_success(lambda document: document["data"][0].pop("url")), "response.data.item.required"),
    "url beside the image": (
        on_success(lambda document: document["data"][0].update(url="https://x.invalid")),
        "response.data.item.url.type",
    ),
    "no images": (on_success(lambda document: document.update(data=[])), "response.data.minItems"),
    "one image for many": (
        on_success(lambda document: document.update(data=document["data"][:1])),
        "gateway.provider-limit.number",
    ),
    "equal images": (on_success(equal_images), "gateway.response.different-images"),
    "data URLs": (
        on_success(
            lambda document: document["data"][0].update(
                b64_json=f"data:image/png;base64,{document['data'][0]['b64_json']}"
            )
        ),
        "response.data.item.b64_json.base64",
    ),
    "images cut in half": (on_images(lambda data: data[: len(data) // 2]), "response.data.item.b64_json.header"),
    "PNG with a wrong checksum": (in_format(b"\x89PNG", wrong_checksum), "response.data.item.b64_json.header"),
    "JPEG without its end": (in_format(b"\xff\xd8", lambda data: data[:-2]), "response.data.item.b64_json.header"),
    "WebP of another length": (in_format(b"RIFF", longer), "response.data.item.b64_json.header"),
    "transparent is opaque": (on_images(opaque), "gateway.response.transparent"),
    "other body of the models": (at_path("/models", 200, b"[]"), "gateway.endpoint.models-body"),
    "other body of the usage": (at_path("/usage/requests", 200, b"[]"), "gateway.endpoint.usage-bodies"),
}


def charges_and(status: int, body: bytes) -> Wrap:
    """Return a wrapper that makes and charges images, and answers with something else."""
    return on_bytes(
        lambda scope, actual, given: (status, body) if (scope["path"], actual) == (GENERATE, 200) else (actual, given)
    )


def default_fields(document: dict[str, Any]) -> None:
    """Make an image of any request."""
    document.setdefault("model", MODEL)
    document.setdefault("prompt", "x")


# Gateways that charge without saying so.
SECRETIVE: dict[str, Wrap] = {
    "504 after the charge": charges_and(504, b"<html>"),
    "500 after the charge": charges_and(500, b"{}"),
    "success without a body": charges_and(200, b""),
    "bill of nothing": on_success(set_in("billed_amount", lambda _: "0.000000", "usage")),
    "twenty images": on_success(lambda document: document.update(data=document["data"][:1] * 20)),
}


def found(findings: list[Any]) -> set[str]:
    """Return the rules of findings."""
    return {rule for finding in findings for rule in finding.rules}


GATEWAYS = {name: (*row, "failure") for name, row in FAILURES.items()} | {
    name: (*row, "finding") for name, row in FINDINGS.items()
}


@pytest.fixture(scope="module", params=GATEWAYS)
def examined(request: pytest.FixtureRequest, examine: Any) -> Any:
    """Return the name of a wrong gateway, the report on it, and what it charged."""
    return request.param, *examine(GATEWAYS[request.param][0], "4")


def class_of(rule: str, report: Any) -> str:
    """Return in which class a report tells a rule; a finding only if nothing is told as a failure."""
    failures = found(report.failures)
    if rule in failures:
        return "failure"
    return "finding" if rule in found(report.other_findings) and not failures else f"neither; failures: {failures}"


@pytest.mark.acceptance  # each gateway is asked all probes
def test_breach_has_its_rule_and_its_class(examined: Any) -> None:
    name, report, _ = examined
    _, rule, expected = GATEWAYS[name]
    assert class_of(rule, report) == expected


@pytest.mark.acceptance  # each gateway is asked all probes
def test_wrong_gateway_costs_no_more_than_the_limit(examined: Any) -> None:
    assert examined[-1] <= 4


@pytest.mark.parametrize("wrap", SECRETIVE.values(), ids=SECRETIVE)
@pytest.mark.parametrize("limit", ["0", "0.40", "1"])
def test_secretive_gateway_costs_no_more_than_the_limit(wrap: Wrap, limit: str, examine: Any) -> None:
    assert examine(wrap, limit)[-1] <= Decimal(limit)


@pytest.mark.acceptance  # each runs all probes
@pytest.mark.parametrize("name", GATEWAYS)
@pytest.mark.parametrize("limit", ["0", "0.40"])
def test_wrong_gateway_costs_no_more_than_a_low_limit(name: str, limit: str, examine: Any) -> None:
    assert examine(GATEWAYS[name][0], limit)[-1] <= Decimal(limit)


def test_gateway_that_makes_images_of_nothing_costs_one_of_them_at_most(examine: Any) -> None:
    assert examine(on_request(default_fields), "0")[-1] <= Decimal("0.039")


def charge_every_record(scope: Scope, status: int, document: Any) -> tuple[int, Any]:
    """Let the usage records of refused calls have a cost."""
    if scope["path"].endswith("/usage/requests"):
        for row in document["data"]:
            row["cost"] = "0.039000"
    return status, document


def test_refusal_that_is_charged_is_a_failure(probe_mock: Any, report_of: Any) -> None:
    report = report_of(probe_mock(wrap=on_response(charge_every_record)))
    assert "gateway.wallet.release" in found(report.failures)
