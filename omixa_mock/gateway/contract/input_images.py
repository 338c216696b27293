"""Input images and the mask: what JSON Schema cannot say about a data URL.

Each check here is a rule of `x-omixa-beyond` in the request schema; the schema
has the rule's reason and provenance, this module only how to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pybase64
from msgspec import Struct

from omixa_mock.gateway.http import decode_base64

from .image_files import ImageReading, InputImage, media_type_of, read_dimensions
from .rules import Provenance, resolve
from .settings import Settings
from .violation_messages import Violation, pointer

__all__ = ["read_input_images"]

Json = Any
Path = tuple[str | int, ...]
ACCEPTED = ("image/png", "image/jpeg", "image/webp")
PLACEHOLDER = "<base64-reference>"
# One pixel, to be pasted where the documentation's sample has its placeholder.
TINY_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)
HEAD = re.compile(r"data:(image/(?:png|jpe?g|webp));base64(?:,|\Z)")


class Flaw(Struct, frozen=True):
    """A broken rule, by the name that the schema gives it, and the sentence that repairs it."""

    rule: str
    message: str


def read_input_images(document: Mapping[str, Any], schema: Json, settings: Settings) -> ImageReading:
    """Read every image of a payload that keeps its schema."""
    if "input_images" not in document and "mask" not in document:
        return NO_IMAGES
    images: list[InputImage] = []
    flaws: list[tuple[Path, Flaw]] = []
    mask: InputImage | None = None
    for path, url in image_urls(document):
        image = read_image(url, settings)
        if isinstance(image, Flaw):
            flaws.append((path, image))
        elif path[0] == "mask":
            mask = image
        else:
            images.append(image)
    if settings.image_checks != "ignore" and mask and images and (flaw := compare_mask(mask, images[0])):
        flaws.append((("mask",), flaw))
    return ImageReading(tuple(images), mask, tuple(violation(path, flaw, schema) for path, flaw in flaws))


NO_IMAGES = ImageReading()


def image_urls(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Where the payload has an image's URL, and the URL; parts of another shape are the schema's to refuse."""
    parts = document.get("input_images")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if (url := url_of(part)) is not None:
            yield ("input_images", index, "image_url", "url"), url
    mask = document.get("mask")
    if isinstance(mask, str):
        yield ("mask",), mask
    elif (url := url_of(mask)) is not None:
        yield ("mask", "image_url", "url"), url


def url_of(part: Any) -> str | None:
    """The URL in an image part, if it has one."""
    inner = part.get("image_url") if isinstance(part, dict) else None
    url = inner.get("url") if isinstance(inner, dict) else None
    return url if isinstance(url, str) else None


def read_image(url: str, settings: Settings) -> InputImage | Flaw:
    """The image that a URL holds, or the first rule that it breaks."""
    declared = HEAD.match(url)
    if declared is None:
        # The schema refuses it, or `remote_images = "accept"` takes it as it is; it is never fetched.
        return InputImage.remote(url)
    data = decode(url, declared.end())
    if not isinstance(data, Flaw):
        return check_header(declared[1], data, settings)
    return DOCUMENTATIONS_SAMPLE if PLACEHOLDER in url else data


DOCUMENTATIONS_SAMPLE = Flaw(
    "placeholder",
    f"the documentation's placeholder {PLACEHOLDER} was sent as it stands; "
    f"put an image's base64 in its place. A tiny one that works: {TINY_PNG}",
)


def decode(text: str, begin: int = 0) -> bytes | Flaw:
    """Decode the canonical base64 that a text is from one of its characters on."""
    data = decode_base64(text, begin)
    if data is None:
        return Flaw("base64", describe_bad_base64(text[begin:]))
    tail = text[-4:]
    # RFC 4648 §3.5: unused bits are zero.
    if data and pybase64.b64encode(data[-(3 - tail.count("=")) :]).decode() != tail:
        return Flaw("base64", "the base64 ends in a character whose unused bits are not zero. Encode the file again.")
    return data


URLSAFE = frozenset("-_")
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def describe_bad_base64(text: str) -> str:
    """Why text is not base64, and how to make it so."""
    strangers = text.rstrip("=").encode(errors="replace").translate(None, ALPHABET)
    if strangers and set(strangers.decode(errors="replace")) <= URLSAFE:
        return 'the base64 is of the URL-safe kind (- and _); accepted: the standard alphabet. Use "+" and "/".'
    if strangers.strip() == b"" and strangers:
        return "the base64 is wrapped or has spaces in it; accepted: one run of characters. Remove the white space."
    if strangers:
        return f"the base64 holds {strangers[:1]!r}, which is outside the alphabet; accepted: A-Z a-z 0-9 + / ="
    return f"the base64 has {len(text):,} characters: padding is missing or misplaced; accepted: multiples of four."


def check_header(declared: str, data: bytes, settings: Settings) -> InputImage | Flaw:
    """Compare the declared type with the first bytes, and read the size."""
    declared = declared.replace("image/jpg", "image/jpeg")
    if settings.image_checks == "ignore":
        return InputImage.from_bytes(declared, read_dimensions(data) or (0, 0), data)
    actual = media_type_of(data)
    if actual not in ACCEPTED:
        came = f"the bytes are {actual}" if actual else f"the bytes are no image (they begin with {data[:8]!r})"
        return Flaw("media-type", f"{came}, declared as {declared}; accepted: {', '.join(ACCEPTED)}.")
    if actual != declared:
        return Flaw("media-type", f"declared as {declared}, but the bytes are {actual}. Write data:{actual};base64,…")
    size = read_dimensions(data)
    if size is None:
        kind = actual.removeprefix("image/")
        return Flaw(
            "header", f"this {kind} file of {len(data):,} bytes says no width and height: it is cut off or damaged."
        )
    return InputImage.from_bytes(actual, size, data)


def compare_mask(mask: InputImage, image: InputImage) -> Flaw | None:
    """A mask must have the size of the first input image; of what is remote, no size is known."""
    wanted = (image.width, image.height)
    if (mask.width, mask.height) == wanted or not (mask.length and image.length):
        return None
    return Flaw(
        "dimensions",
        f"the mask is {mask.width}x{mask.height} and the first input image {wanted[0]}x{wanted[1]}. "
        f"Send a mask of {wanted[0]}x{wanted[1]} pixels.",
    )


def violation(path: Path, flaw: Flaw, schema: Json) -> Violation:
    """A flaw as a violation of the rule that the schema declares at this place."""
    node = schema
    names = ["item" if isinstance(step, int) else step for step in path]
    for name in names:
        node = resolve(
            schema, resolve(schema, node)["items"] if name == "item" else resolve(schema, node)["properties"][name]
        )
    entry = node["x-omixa-beyond"][flaw.rule]
    return Violation(pointer(path), ".".join(["request", *names, flaw.rule]), flaw.message, Provenance.read(entry))
