"""Tests that the probes detect gateways with one defect each."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pybase64
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omixa_mock.gateway.images import draw

pytestmark = pytest.mark.acceptance  # each runs all probes against a gateway
RUNNER = import_module("omixa_mock.contract_tests.runner")
GENERATE = "/api/v1/images/generations"
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


def clamp_n(document: dict[str, Any]) -> None:
    if type(document["n"]) is int and document["n"] > 10:
        document["n"] = 10


def raise_n(document: dict[str, Any]) -> None:
    if type(document["n"]) is int and document["n"] < 1:
        document["n"] = 1


def to_string(document: Any) -> None:
    document["created"] = str(document["created"])


def to_number(document: Any) -> None:
    document["usage"]["billed_amount"] = float(document["usage"]["billed_amount"])


def small_images(document: Any) -> None:
    small = draw(bytes(12), width=512, height=512, output_format="png")
    for item in document["data"]:
        item["b64_json"] = pybase64.b64encode(small).decode()


def cut_images(document: Any) -> None:
    for item in document["data"]:
        data = pybase64.b64decode(item["b64_json"])
        item["b64_json"] = pybase64.b64encode(data[: len(data) // 2]).decode()


def same_price(document: Any) -> None:
    document["usage"]["billed_amount"] = "0.039000"


def replace_text(name: str, value: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that replaces any text of a field by `value`."""

    def change(document: dict[str, Any]) -> None:
        if isinstance(document.get(name), str):
            document[name] = value

    return change


def any_case(document: dict[str, Any]) -> None:
    document["model"] = document["model"].strip().lower()


def default_model(document: dict[str, Any]) -> None:
    document.setdefault("model", "gpt-image-1.5")


def open_envelope(_: Scope, status: int, document: Any) -> tuple[int, Any]:
    return status, document["error"] if status >= 400 else document


def nameless(_: Scope, status: int, document: Any) -> tuple[int, Any]:
    if status >= 400:
        del document["error"]["code"]
    return status, document


def without_keys(app: ASGIApp) -> ASGIApp:
    """Return a gateway that requires no key."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        await app({**scope, "headers": [*headers, (b"authorization", b"Bearer omx_live_examined")]}, receive, send)

    return changed


def edits_too(app: ASGIApp) -> ASGIApp:
    """Return a gateway with a separate endpoint for edits."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": scope["path"].replace("images/edits", "images/generations")}, receive, send)

    return changed


MUTANTS: dict[str, tuple[Wrap, str]] = {
    "400 for 422": (on_status(422, 400), "request.required"),
    "403 for 401": (on_status(401, 403), "gateway.key.bearer"),
    "202 for 200": (on_status(200, 202), "gateway.endpoint.success-status"),
    "200 for n=11": (on_request(clamp_n), "request.n.maximum"),
    "200 for n=0": (on_request(raise_n), "request.n.minimum"),
    "any size is one": (on_request(replace_text("size", "1024x1024")), "request.size.enum"),
    "any quality is one": (on_request(replace_text("quality", "high")), "request.quality.enum"),
    "format is ignored": (on_request(replace_text("output_format", "png")), "request.output_format.enum"),
    "prompt may be missing": (on_request(lambda document: document.setdefault("prompt", "x")), "request.required"),
    "created is text": (on_success(to_string), "response.created.type"),
    "no created": (on_success(lambda document: document.pop("created")), "response.required"),
    "no usage": (on_success(lambda document: document.pop("usage")), "response.required"),
    "bill is a number": (on_success(to_number), "response.usage.billed_amount.type"),
    "no url": (on_success(lambda document: document["data"][0].pop("url")), "response.data.item.required"),
    "url instead": (
        on_success(lambda document: document["data"][0].update(b64_json=None, url="https://x.invalid")),
        "response.data.item.b64_json.type",
    ),
    "field too many": (on_success(lambda document: document.update(id="x")), "response.additionalProperties"),
    "no images": (on_success(lambda document: document.update(data=[])), "response.data.minItems"),
    "image too many": (
        on_success(lambda document: document["data"].append(document["data"][0])),
        "gateway.provider-limit",
    ),
    "small images": (on_success(small_images), "request.size.enum"),
    "data URLs": (
        on_success(
            lambda document: document["data"][0].update(
                b64_json=f"data:image/png;base64,{document['data'][0]['b64_json']}"
            )
        ),
        "response.data.item.b64_json.base64",
    ),
    "truncated images": (on_success(cut_images), "response.data.item.b64_json.header"),
    "HTML for a success": (on_body(lambda _: b"<html>ok</html>"), "response.type"),
    "success without a body": (on_body(lambda _: b""), "response.type"),
    "success that is cut off": (on_body(lambda body: body[:-20]), "response.type"),
    "model in any case": (on_request(any_case), "request.model.const"),
    "model by default": (on_request(default_model), "request.required"),
    "one price for all": (on_success(same_price), "gateway.wallet.quality"),
    "no envelope": (on_response(open_envelope), "error.required"),
    "errors without a code": (on_response(nameless), "error.error.required"),
    "no key is asked for": (without_keys, "gateway.key.bearer"),
    "edits have an address": (edits_too, "gateway.endpoint.single"),
}


# The rules above that the documentation states: a violation is a failure, not a finding.
DOCUMENTED = {
    "gateway.endpoint.single",
    "gateway.key.bearer",
    "gateway.provider-limit",
    "gateway.wallet.quality",
    "request.model.const",
    "request.n.maximum",
    "request.n.minimum",
    "request.output_format.enum",
    "request.quality.enum",
    "request.required",
    "request.size.enum",
    "response.created.type",
    "response.data.item.b64_json.type",
    "response.type",
    "response.usage.billed_amount.type",
}


@pytest.mark.parametrize(("wrap", "rule"), MUTANTS.values(), ids=MUTANTS)
def test_a_defect_violates_its_rule(wrap: Wrap, rule: str, probe_mock: Any) -> None:
    observations = probe_mock(wrap=wrap).observations
    violations = [item for item in observations if item.rule == rule and not item.satisfied]

    assert violations
    assert {RUNNER.is_failure(violation) for violation in violations} == {rule in DOCUMENTED}
