"""Response mutations for the faults that break a successful response.

Each mutation is a small change of the correct response, so that a failing test
points to the client's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import orjson
import pybase64

from omixa_mock.gateway.calls import Call
from omixa_mock.gateway.contract import ImageRequest
from omixa_mock.gateway.http import Response
from omixa_mock.gateway.images import draw
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


def on_images(change: Callable[[ImageRequest, bytes], bytes]) -> Change:
    """Return a mutation that draws every image anew."""

    def changed(document: Json, call: Call) -> None:
        if call.image_request is not None:
            for item, mark in zip(document["data"], marks_of(document, call), strict=True):
                item["b64_json"] = encode(change(call.image_request, bytes.fromhex(mark)))

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


def draw_unpadded(image_request: ImageRequest, mark: bytes) -> bytes:
    """Draw an image whose base64 needs padding, as its length is not a multiple of three."""
    for weight in range(64):
        data = draw_as(image_request, mark, weight=weight and len(draw_as(image_request, mark)) + weight)
        if len(data) % 3:
            return data
    raise AssertionError("64 sizes in sequence are not all multiples of three")


def draw_as(image_request: ImageRequest, mark: bytes, **changes: Any) -> bytes:
    """Draw a requested image, with changes."""
    options = {
        "width": image_request.width,
        "height": image_request.height,
        "output_format": image_request.output_format,
        "transparent": image_request.transparent,
    } | changes
    return draw(mark, **options)


def draw_other_format(image_request: ImageRequest, mark: bytes) -> bytes:
    """Draw the image as a JPEG; as a PNG if a JPEG was requested."""
    return draw_as(
        image_request, mark, output_format="png" if image_request.output_format == "jpeg" else "jpeg", transparent=False
    )


def draw_other_size(image_request: ImageRequest, mark: bytes) -> bytes:
    """Draw the image at half its width and height."""
    return draw_as(image_request, mark, width=image_request.width // 2, height=image_request.height // 2)


def strip_padding(text: str) -> str:
    """Remove the padding from base64."""
    return text.rstrip("=")


def wrap(text: str) -> str:
    """Break base64 into lines of 76 characters, as in MIME (RFC 2045 §6.8)."""
    return "\n".join(text[start : start + 76] for start in range(0, len(text), 76))


def cut_last(document: Json, call: Call) -> None:
    """Truncate the last image in its middle; if it is padded, before the padding."""
    item = document["data"][-1]
    data = pybase64.b64decode(item["b64_json"])
    drawn = draw_as(call.image_request, bytes(12)) if call.image_request else data
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


def keep_padded(change: Change) -> Change:
    """Return a mutation of base64 padding, applied to images that need padding."""
    drawn = on_images(draw_unpadded)
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
    "unpadded_base64": keep_padded(on_text(strip_padding)),
    "urlsafe_base64": on_text(lambda text: text.replace("+", "-").replace("/", "_")),
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
