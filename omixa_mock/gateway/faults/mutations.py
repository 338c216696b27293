"""Response mutations for the faults that break a successful response.

Each mutation is a small change of the correct response, so that a failing test
points to the client's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any

import orjson
import pybase64

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.contract import ImageRequest, draw_image
from omixa_mock.gateway.http import Response
from omixa_mock.gateway.money import EXACT

from .catalogue import OK, Fault
from .gzip_file import gzip
from .own_response import OwnResponse

__all__ = ["MUTATIONS", "mutate_response"]

Json = Any
# RFC 2606 §2: a name under .invalid never exists, so no client can fetch from it.
IMAGE_HOST = "https://pictures.omixa.invalid"
PAGE = b"""<!DOCTYPE html>
<html><head><title>%(title)s</title></head>
<body><center><h1>%(title)s</h1></center><hr><center>proxy</center></body></html>
"""


def mutate_response(fault: Fault, response: Response, call: Call) -> Response:
    """Return a response as mutated by a fault, marked by `X-Omixa-Mock-Fault`."""
    if fault == OK:
        return response
    change = fault.replace if isinstance(fault, OwnResponse) else MUTATIONS.get(fault.name)
    changed = change(response, call) if change else response
    headers = [pair for pair in changed.headers if pair[0] != "x-omixa-mock-fault"]
    return Response(changed.status, (*headers, ("x-omixa-mock-fault", str(fault))), changed.body)


Change = Callable[[Response, Call], Response]
# Draws an image anew, with arguments of `draw_image` changed.
Draw = Callable[..., bytes]


def on_document(change: Callable[[Json, Call], object]) -> Change:
    """Return a mutation that changes the response's JSON in place."""

    def changed(response: Response, call: Call) -> Response:
        document = orjson.loads(response.body)
        change(document, call)
        return Response(response.status, response.headers, orjson.dumps(document))

    return changed


def on_text(change: Callable[[str], str]) -> Change:
    """Return a mutation that changes the base64 of every image."""

    def changed(document: Json, _: Call) -> None:
        for item in document["data"]:
            item["b64_json"] = change(item["b64_json"])

    return on_document(changed)


def on_images(change: Callable[[Draw, ImageRequest], bytes]) -> Change:
    """Return a mutation that draws every image anew."""

    def changed(document: Json, call: Call) -> None:
        if call.image_request is not None:
            marks = marks_of(document, call)
            for number, (item, mark) in enumerate(zip(document["data"], marks, strict=True), 1):
                draw = partial(draw_image, call.image_request, bytes.fromhex(mark), number, len(marks))
                item["b64_json"] = encode(change(draw, call.image_request))

    return on_document(changed)


def marks_of(document: Json, call: Call) -> Sequence[str]:
    """Return the fingerprints of a response's images; substitutes if it is replayed, and the call made none."""
    return call.fingerprints or [sha256(item["b64_json"].encode()).hexdigest()[:24] for item in document["data"]]


def on_bytes(change: Callable[[bytes], bytes], **headers: str) -> Change:
    """Return a mutation that changes the body's bytes, and headers."""

    def changed(response: Response, _: Call) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = [pair for pair in response.headers if pair[0] not in named]
        return Response(response.status, (*kept, *named.items()), change(response.body))

    return changed


def encode(data: bytes) -> str:
    """Encode bytes as base64, as the gateway does."""
    return pybase64.b64encode(data).decode()


def with_url(**item: Json) -> Change:
    """Return a mutation that replaces the items by a URL and the given fields."""

    def changed(document: Json, call: Call) -> None:
        extension = call.image_request.output_format if call.image_request else "png"
        document["data"] = [{**item, "url": f"{IMAGE_HOST}/{mark}.{extension}"} for mark in marks_of(document, call)]

    return on_document(changed)


def add_prefix(document: Json, call: Call) -> None:
    """Replace base64 by whole data URLs."""
    media_type = call.image_request.output_format if call.image_request else "png"
    for item in document["data"]:
        item["b64_json"] = f"data:image/{media_type};base64,{item['b64_json']}"


def draw_until(suits: Callable[[str], bool]) -> Callable[[Draw, ImageRequest], bytes]:
    """Return a function that draws an image whose base64 suits; if necessary, the file is made a little longer."""

    def drawn(draw: Draw, _: ImageRequest) -> bytes:
        size = len(draw())
        files = (draw(weight=weight) for weight in (0, *range(size + 1, size + 1000)))
        return next(data for data in files if suits(encode(data)))

    return drawn


def draw_other_format(draw: Draw, image_request: ImageRequest) -> bytes:
    """Draw the image as a JPEG; as a PNG if a JPEG was requested."""
    return draw(output_format="png" if image_request.output_format == "jpeg" else "jpeg", transparent=False)


def draw_other_size(draw: Draw, image_request: ImageRequest) -> bytes:
    """Draw the image at half its width and height."""
    return draw(width=image_request.width // 2, height=image_request.height // 2)


def strip_padding(text: str) -> str:
    """Remove the padding from base64."""
    return text.rstrip("=")


def make_urlsafe(text: str) -> str:
    """Write base64 in the alphabet of RFC 4648 §5."""
    return text.replace("+", "-").replace("/", "_")


def wrap(text: str) -> str:
    """Break base64 into lines of 76 characters, as in MIME (RFC 2045 §6.8)."""
    return "\n".join(text[start : start + 76] for start in range(0, len(text), 76))


def cut_last(document: Json, call: Call) -> None:
    """Truncate the last image in its middle; if it is padded, before the padding."""
    item = document["data"][-1]
    data = pybase64.b64decode(item["b64_json"])
    drawn = draw_image(call.image_request, bytes(12)) if call.image_request else data
    item["b64_json"] = encode(data[: min(len(data), len(drawn)) // 2])


def bill_as_number(document: Json, _: Call) -> None:
    """Write the billed amount as a JSON number."""
    document["usage"]["billed_amount"] = float(document["usage"]["billed_amount"])


def bill_with_exponent(document: Json, _: Call) -> None:
    """Write the billed amount as a string with an exponent."""
    document["usage"]["billed_amount"] = f"{EXACT.normalize(Decimal(document['usage']['billed_amount'])):e}"


def date_as_text(document: Json, _: Call) -> None:
    """Write `created` as an RFC 3339 date."""
    document["created"] = datetime.fromtimestamp(document["created"], UTC).isoformat().replace("+00:00", "Z")


def add_fields(document: Json, _: Call) -> None:
    """Add undocumented fields to every object."""
    document |= {"id": "img_1", "model": "gpt-image-1.5"}
    document["usage"]["total_tokens"] = 1056
    for item in document["data"]:
        item["revised_prompt"] = "a picture"


def without(name: str) -> Change:
    """Return a mutation that removes a field."""
    return on_document(lambda document, _: document.pop(name))


def redrawn(suits: Callable[[str], bool], change: Change) -> Change:
    """Return a mutation of base64, applied to images that it changes."""
    drawn = on_images(draw_until(suits))
    return lambda response, call: change(drawn(response, call), call)


def replace_with_error(document: Json, _: Call) -> None:
    """Replace the document by an error envelope."""
    document.clear()
    document["error"] = {"message": "The provider failed.", "type": "server_error", "code": "internal_error"}


def page(title: bytes) -> Callable[[bytes], bytes]:
    """Return a change that replaces the body by a web page."""
    return lambda _: PAGE % {b"title": title}


HTML = "text/html; charset=utf-8"
MUTATIONS: Mapping[str, Change] = {
    "bad_gateway_page": on_bytes(page(b"502 Bad Gateway"), content_type=HTML),
    "empty_data": on_document(lambda document, _: document.update(data=[])),
    "missing_data": without("data"),
    "fewer_images": on_document(lambda document, _: document["data"].pop()),
    "null_image": on_document(lambda document, _: [item.update(b64_json=None) for item in document["data"]]),
    "url_instead_of_b64": with_url(),
    "url_and_null_b64": with_url(b64_json=None),
    "url_and_empty_b64": with_url(b64_json=""),
    "data_url_prefix": on_document(add_prefix),
    "unpadded_base64": redrawn(lambda text: text.endswith("="), on_text(strip_padding)),
    "urlsafe_base64": redrawn(lambda text: "+" in text or "/" in text, on_text(make_urlsafe)),
    "wrapped_base64": on_text(wrap),
    "other_format": on_images(draw_other_format),
    "other_size": on_images(draw_other_size),
    "corrupt_image": on_document(cut_last),
    "billed_as_number": on_document(bill_as_number),
    "billed_with_exponent": on_document(bill_with_exponent),
    "missing_usage": without("usage"),
    "created_in_ms": on_document(lambda document, _: document.update(created=document["created"] * 1000)),
    "created_as_text": on_document(date_as_text),
    "missing_created": without("created"),
    "extra_fields": on_document(add_fields),
    "invalid_json": on_bytes(lambda body: body[:-1] + b",}"),
    "byte_order_mark": on_bytes(lambda body: b"\xef\xbb\xbf" + body),
    "empty_body": on_bytes(lambda _: b""),
    "html_page": on_bytes(page(b"Welcome"), content_type=HTML),
    "wrong_content_type": on_bytes(lambda body: body, content_type=HTML),
    "error_with_200": on_document(replace_with_error),
    "gzip_not_applied": on_bytes(lambda body: body, content_encoding="gzip"),
    "gzip_not_announced": on_bytes(gzip),
}
