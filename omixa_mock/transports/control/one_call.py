"""One call of a journal in the control routes: its record, its images, its exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from omixa_mock.gateway import Call, Problem, Response
from omixa_mock.gateway.calls import write_call
from omixa_mock.gateway.common import STAMP
from omixa_mock.gateway.contract import BytesDropped
from omixa_mock.gateway.http import redact, without_images
from omixa_mock.kit.exports import NotExportable, write_curl, write_har, write_test

__all__ = ["describe_one", "export_call", "find_call", "send_image"]

Json = Any
# The longest base64 text that is shown whole.
SHOWN_MAX = 40
SIGNATURES = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))
TEXT = ("content-type", "text/plain; charset=utf-8")
# A browser must neither guess a type nor run anything in a file that a client sent.
INERT = (("x-content-type-options", "nosniff"), ("content-security-policy", "default-src 'none'"))


def find_call(calls: Iterable[Call], number: str) -> Call:
    """Return the call with a number.

    Raises:
        Problem: `not_found`, with the numbers that there are.
    """
    kept = list(calls)
    found = next((call for call in kept if str(call.number) == number), None)
    if found is None:
        numbers = f"{kept[0].number} to {kept[-1].number}" if kept else "none: no call has ended under this key"
        raise Problem("not_found", f"There is no call {number[:20]!r} in this journal; it has {numbers}.")
    return found


def describe_one(call: Call, *, full: bool) -> Json:
    """Return the record of a call as JSON, with its output images and its response described; complete with `full`."""
    if full:
        return write_call(call)
    return {**call.as_json(), "images": describe_images(call), "response": describe_response(call.sent)}


def describe_images(call: Call) -> Json:
    """Return type and size of each image in the response; None if the journal has dropped them."""
    try:
        return [{"media_type": media_type_of(image), "bytes": len(image)} for image in call.images]
    except BytesDropped:
        return None


def describe_response(response: Response | None) -> Json:
    """Return a response as JSON, with its base64 cut."""
    if response is None:
        return None
    try:
        body = cut_base64(orjson.loads(response.body))
    except orjson.JSONDecodeError:
        body = redact(response.body[:1000].decode("utf-8", "replace"))
    return {"status": response.status, "headers": dict(response.headers), "body": body}


def cut_base64(value: Json) -> Json:
    """Return a copy of a response's JSON with the base64 of its images cut, and its other texts bounded."""
    if isinstance(value, Mapping):
        return {
            name: f"{child[:SHOWN_MAX]}… ({len(child):,} characters)"
            if name == "b64_json" and isinstance(child, str) and len(child) > SHOWN_MAX
            else cut_base64(child)
            for name, child in value.items()
        }
    return [cut_base64(child) for child in value] if isinstance(value, list) else without_images(value)


def send_image(call: Call, kind: str, index: str) -> Response:
    """Return a response with the bytes of an image.

    Args:
        call: The call.
        kind: `images`, `input_images` or `mask`.
        index: 1 for the first.

    Raises:
        Problem: `not_found`: there is no such image, or the journal has dropped it.
    """
    if kind not in KINDS:
        raise Problem("not_found", f"A call has no {kind[:20]!r}; it has {', '.join(KINDS)}, each with a number.")
    try:
        files = KINDS[kind](call)
    except BytesDropped as error:
        raise Problem("not_found", f"{error}.") from None
    if index not in {str(number) for number, data in enumerate(files, 1) if data}:
        raise Problem("not_found", f"Call #{call.number} has no {kind} {index[:20]!r}; it has {len(files)} of them.")
    data = files[int(index) - 1]
    return Response(200, (("content-type", media_type_of(data)), *INERT, STAMP), data)


# Remote images have no bytes.
KINDS: Mapping[str, Callable[[Call], Sequence[bytes]]] = {
    "images": lambda call: call.images,
    "input_images": lambda call: [image.data for image in call.input_images],
    "mask": lambda call: [call.mask.data] if call.mask else [],
}


def media_type_of(data: bytes) -> str:
    """Return the media type of an image file by its signature; other bytes have none that a browser shows."""
    return next((name for begin, name in SIGNATURES if data.startswith(begin)), "application/octet-stream")


def export_call(call: Call, form: str, url: str, key: str, settings: Mapping[str, Any]) -> Response | Json:
    """Return a call as `curl`, `pytest` or `har`.

    Args:
        call: The call.
        form: The form.
        url: The URL of the fake, without a path.
        key: The API key of the workspace.
        settings: The settings that differ from their defaults, as JSON.

    Raises:
        Problem: `not_found`: there is no such form, or the journal does not have the request.
    """
    try:
        match form:
            case "curl":
                return Response(200, (TEXT, *INERT, STAMP), f"{write_curl(call, url, key)}\n".encode())
            case "pytest":
                return Response(200, (TEXT, *INERT, STAMP), write_test(call, settings).encode())
            case "har":
                return write_har([call], url)
    except NotExportable as error:
        raise Problem("not_found", str(error)) from None
    raise Problem(
        "not_found",
        f"A call has no part {form[:40]!r}; it has images/1, input_images/1, mask/1, curl, pytest and har.",
    )
